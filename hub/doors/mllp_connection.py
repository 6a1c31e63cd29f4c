"""One MLLP connection: the order of messages and answers, time-outs, back-pressure, the half-closed end."""

from __future__ import annotations

import asyncio
from typing import Final, cast

from hub.adapter import Answer, Delivery
from hub.doors import faults
from hub.doors.mllp_frames import Frames
from hub.doors.mllp_server import MllpServer
from hub.doors.pressure import Pressure
from hub.doors.server import NEVER, log
from hub.errors import Fault, Retry, describe

_NAK: Final = Answer(b"\x15", close=True)
_HEAD: Final = 4096
"""Bytes of a refused frame that the refuser is shown."""
_AHEAD: Final = 256 * 1024
"""Bytes read ahead while a message is in flight."""


class MllpConnection(asyncio.Protocol):
    """What the event loop calls for one accepted socket."""

    def __init__(self, server: MllpServer) -> None:
        self.server = server
        self.transport: asyncio.Transport
        self.deadline = NEVER
        self._frames = Frames()
        self._task: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._pressure: Pressure
        self._since: float | None = None
        self._eof = False
        self._over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts the connection; one too many is closed at once, which every MLLP sender understands as "later"."""
        self.transport = cast("asyncio.Transport", transport)
        self._pressure = Pressure(self.transport)
        server = self.server
        server.connections.add(self)
        if len(server.connections) > server.limits.max_connections or server.draining:
            log.warning("%s: %s", server.source, faults.TOO_MANY.code)
            self._end()
        else:
            self.deadline = server.loop.time() + server.limits.idle_seconds

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        if self._over:
            return
        self._frames.feed(data)
        if self._task is None:
            self.go_on()
        elif self._frames.size > _AHEAD:
            self._pressure.stop_reading()

    def eof_received(self) -> bool:
        """The peer sends no more: what is whole is still answered."""
        if self._over:
            return False
        self._eof = True
        if self._task is None:
            self.go_on()
        return not self._over

    def pause_writing(self) -> None:
        """The peer does not read its answers."""
        self._pressure.fill(self.server.loop)
        self.deadline = self.server.loop.time() + self.server.limits.write_seconds

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._pressure.ease()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The socket is gone; a message handed over is finished by its task, one that still waits is dropped."""
        if not self._over and self._frames.rest == "half":
            self.server.half_frames += 1
            log.warning("%s: half a message dropped, the sender closed", self.server.source)
        self._over = True
        self._count()
        self._pressure.ease()
        if self._waiting is not None:
            self._waiting.cancel()
        self.server.left(self)

    def go_on(self) -> None:
        """Takes the next message, or sets the deadline for it."""
        frames, limits = self._frames, self.server.limits
        message = frames.next()
        if message is None and self._eof:
            message = frames.take_ended()
        if message is not None and len(message) <= limits.max_frame:
            self._since = None
            self.deadline = NEVER
            self._start(message, None)
            return
        rest = frames.rest
        if message is not None or (frames.size > limits.max_frame and rest in ("half", "ended")):
            head = frames.head(_HEAD) if message is None else message[:_HEAD]
            self._start(head, faults.FRAME_LARGE(limit=limits.max_frame))
        elif rest == "junk" and (frames.size > limits.max_junk or self._eof):
            self._start(frames.head(_HEAD), faults.UNFRAMED())
        elif self._eof:
            if rest == "half":
                self.server.half_frames += 1
                log.warning("%s: half a message dropped, the sender closed", self.server.source)
            self._end()
        else:
            self._wait(rest)

    def expire(self) -> None:
        """The deadline has passed."""
        frames = self._frames
        if self._over or self._pressure.full:
            self.abort()
        elif (ended := frames.take_ended()) is not None:
            self._since = None
            self.deadline = NEVER
            self._start(ended, None)
        elif frames.rest == "half":
            self._start(frames.head(_HEAD), faults.FRAME_SLOW())
        elif frames.rest == "junk":
            self._start(frames.head(_HEAD), faults.UNFRAMED())
        else:
            self._end()

    def drain(self) -> None:
        """Ends an idle connection; a message in flight is answered, one the hub has not taken yet is not."""
        if self._waiting is not None:
            self._waiting.cancel()
        if self._task is None:
            self._end()

    def abort(self) -> None:
        """Cuts the connection."""
        self._over = True
        self.transport.abort()

    def _wait(self, rest: str) -> None:
        moment = self.server.loop.time()
        limits = self.server.limits
        if rest == "nothing":
            self._since = None
            self.deadline = moment + limits.idle_seconds
            return
        if self._since is None:
            self._since = moment
        self.deadline = self._since + limits.frame_seconds
        if rest == "ended":
            self.deadline = min(self.deadline, moment + limits.tail_seconds)
        elif rest == "junk":
            self.deadline = min(self.deadline, moment + limits.junk_seconds)

    def _start(self, message: bytes, fault: Fault | None) -> None:
        self.deadline = NEVER
        self._task = self.server.loop.create_task(self._serve(message, fault))
        self.server.tasks.add(self._task)

    async def _serve(self, message: bytes, fault: Fault | None) -> None:
        """Answers one message, and those that were already waiting behind it."""
        task = self._task
        assert task is not None
        server = self.server
        try:
            delivery = Delivery(message, server.clock(), "mllp")
            answer = await (self._offer(delivery) if fault is None else self._refuse(delivery, fault))
        except asyncio.CancelledError:
            if not self._over:
                self._end()
            return
        finally:
            self._task = None
            server.tasks.discard(task)
            if self._over and server.draining:
                server.left(self)
        if self._over:
            return
        if answer.body:  # a sender in enhanced mode may want none
            # One write, so that a commit and its application answer leave in one segment.
            self.transport.write(b"\x0b%b\x1c\r" % answer.body)
        if answer.close or server.draining:
            self._end(linger=fault is not None or not self._pressure.reading)
            return
        await self._pressure.eased()
        self._pressure.read_on()
        if not self._over:
            self.go_on()

    async def _offer(self, delivery: Delivery) -> Answer:
        server = self.server
        wait = server.limits.retry_seconds
        while True:
            try:
                server.messages += 1
                return await server.handler(server.source, delivery)
            except Retry:
                server.messages -= 1
                if server.draining or self._over:
                    raise asyncio.CancelledError from None
                await self._pause(wait)
                wait = min(wait * 2, server.limits.retry_most_seconds)
            except Fault as fault:
                return await self._refuse(delivery, fault, close=False)
            except Exception as error:  # noqa: BLE001  (the last line of defence: a sender always gets an answer)
                log.error("%s: %s %s", server.source, faults.INTERNAL.code, describe(error))
                return await self._refuse(delivery, faults.INTERNAL(), close=False)

    async def _pause(self, seconds: float) -> None:
        if not self._over:
            self._pressure.stop_reading()
        self._waiting = self.server.loop.create_task(asyncio.sleep(seconds))
        try:
            await self._waiting
        finally:
            self._waiting = None

    async def _refuse(self, delivery: Delivery, fault: Fault, *, close: bool = True) -> Answer:
        server = self.server
        server.refused += 1
        log.warning("%s: %s", server.source, fault.code.code)
        answer = _NAK
        if server.refuse is not None:
            try:
                answer = await server.refuse(server.source, delivery, fault)
            except Exception as error:  # noqa: BLE001  (the last line of defence: a sender always gets an answer)
                log.error("%s: %s %s", server.source, faults.INTERNAL.code, describe(error))
        return Answer(answer.body, close=close or answer.close)

    def _count(self) -> None:
        self.server.junk_bytes += self._frames.junk
        self.server.half_frames += self._frames.halves
        self._frames.junk = self._frames.halves = 0

    def _end(self, *, linger: bool = False) -> None:
        """Closes after what is written; with `linger` half-closes first, so that a peer still sending can read why."""
        self._over = True
        self.deadline = self.server.loop.time() + min(2.0, self.server.limits.write_seconds)
        if self._eof or not linger:
            self.transport.close()
            return
        self._pressure.read_on()
        self.transport.write_eof()
