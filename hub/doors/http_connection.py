"""One HTTP connection: answers in the order of the requests, one in flight, time-outs, refusals and their slow close.

Messages under /in/ go straight to the handler, with no framework between; every other path is run as an ASGI exchange.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from hub.adapter import Answer, Delivery
from hub.doors import faults
from hub.doors.asgi import App, Exchange
from hub.doors.handler import ENDS, Refuser
from hub.doors.http_answer import CONTINUE, answer_for, render
from hub.doors.http_buffer import AHEAD, Share, ahead
from hub.doors.http_reader import RequestReader
from hub.doors.http_request import Request
from hub.doors.http_target import Place
from hub.doors.server import NEVER, log
from hub.errors import Fault, describe

if TYPE_CHECKING:
    from hub.doors.http import HttpServer

_HELD_LIMIT = 256 * 1024


class HttpConnection(asyncio.Protocol):
    """What the event loop calls for one accepted socket."""

    def __init__(self, server: HttpServer) -> None:
        self.server = server
        self.limits = server.limits
        self.transport: asyncio.Transport
        self.deadline = NEVER
        self._reader = RequestReader(server.limits, server.loop.time)
        self._queue = self._reader.queue
        self._exchange: Exchange | None = None
        self._held = b""
        self._share = Share(server.budget)
        self._idle_until = 0.0
        self._drained: asyncio.Future[None] | None = None
        self._write_until = NEVER
        self._reading = True
        self._half_closed = False
        self._ending = False
        self._lost = False
        self._thrown = 0
        self._task: asyncio.Task[None] | None = None

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts the connection, and turns it away when there are too many."""
        self.transport = cast("asyncio.Transport", transport)
        server = self.server
        server.connections.add(self)
        self._idle_until = server.loop.time() + self.limits.head_seconds
        self.deadline = self._idle_until
        if len(server.connections) > self.limits.max_connections:
            if len(server.connections) > 2 * self.limits.max_connections:
                self.abort()
                return
            self._reader.refuse(faults.TOO_MANY(retry_after=2))
            self.go_on()

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        if self._ending:
            self._thrown += len(data)
            if self._thrown > 4 * self.limits.max_body:
                self.abort()
            return
        if self._held:
            self._held += data
        else:
            self._held = self._reader.feed(data)
        queue = self._queue
        if not self._share.fits(queue, len(self._held)) and queue and not queue[-1].complete:
            self._turn_away(queue[-1])
        if self._held or len(queue) > 1:
            self._pause(len(self._held) > _HELD_LIMIT or ahead(queue) > AHEAD)
        self.go_on()

    def eof_received(self) -> bool:
        """The peer sends no more: what is whole is still answered, what is half is dropped."""
        if self._ending or self._exchange is not None:
            return False
        self._half_closed = True
        if not self._held:
            if self._queue and not self._queue[-1].complete:
                self._queue.pop()
            self._reader.head_since = None
        self.go_on()
        return bool(self._queue)

    def pause_writing(self) -> None:
        """The peer reads too slowly; it has `write_seconds` to catch up."""
        self._drained = self.server.loop.create_future()
        self._write_until = self.server.loop.time() + self.limits.write_seconds
        self._arm()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._write_until = NEVER
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None
        if not self._lost:
            self.go_on()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The socket is gone; a message already handed over is still finished by its task."""
        self._lost = self._ending = True
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None
        if self._exchange is not None:
            self._exchange.disconnect()
        self._reader.close()
        self._queue.clear()
        self._held = b""
        self._share.release()
        self.server.left(self)

    # What the server calls.

    def expire(self) -> None:
        """The deadline has passed: 408 for a half request, silence for an idle connection."""
        if self._ending or self._drained is not None:
            self.abort()
        elif self._reader.head_since is not None or (self._queue and not self._queue[-1].complete):
            self._reader.refuse(faults.TOO_SLOW())
            self.go_on()
        else:
            self._end(linger=False)

    def drain(self) -> None:
        """Ends an idle connection now; the answer in flight will be the last one."""
        if not self._queue and self._reader.head_since is None:
            self._end(linger=False)
        elif self._exchange is not None:
            self._exchange.drain()

    def abort(self) -> None:
        """Cuts the connection."""
        if not self._lost:
            self.transport.abort()

    # What an exchange calls.

    @property
    def lost(self) -> bool:
        """Whether nothing can be written any more."""
        return self._lost

    def write(self, data: bytes) -> None:
        """Sends bytes, unless the connection is gone."""
        if not self._lost:
            self.transport.write(data)

    async def drained(self) -> None:
        """Waits while the peer reads too slowly."""
        if self._drained is not None:
            await self._drained

    def keeps(self, request: Request) -> bool:
        """Whether the connection goes on after this request's answer."""
        last = self._half_closed and len(self._queue) <= 1 and not self._held
        return request.keep and request.complete and not self.server.draining and not last

    def body_taken(self) -> None:
        """An exchange has taken its body so far: reading may go on."""
        self._pause(False)
        self._arm()

    def finished(self, keep: bool) -> None:
        """The first request has been answered: on to the next, or the end."""
        if self._lost:
            return
        self._exchange = None
        request = self._queue.popleft()
        if not keep:
            self._end(linger=not request.complete or request.fatal or bool(self._queue or self._held))
            return
        moment = self.server.loop.time()
        self._idle_until = moment + self.limits.idle_seconds
        # What was read ahead may have been held up by us: its time begins with its turn.
        if self._queue:
            self._queue[0].body_since = moment
        elif self._reader.head_since is not None:
            self._reader.head_since = moment
        if self._held:
            held, self._held = self._held, b""
            self._held = self._reader.feed(held)
        self._share.fits(self._queue, len(self._held))
        self._pause(bool(self._held))

    # The order of answers.

    def go_on(self) -> None:
        """Starts what comes next, and sets the deadline."""
        queue = self._queue
        while queue and not self._ending and self._drained is None:
            request = queue[0]
            if request.started:
                break
            if request.complete and request.fault is not None:
                if request.place is not None and self.server.refuse is not None:
                    request.started = True
                    self.server.start(self._refuse(request, request.place, request.fault, self.server.refuse))
                    break
                self._write(request, answer_for(request.fault), self.keeps(request) and not request.fatal)
                continue
            if request.fault is None:
                if request.place is None:
                    if self.server.app is None:
                        self._write(request, Answer(b"not found\n", 404), self.keeps(request))
                        continue
                    request.started = True
                    self._run_app(request, self.server.app)
                    break
                if request.complete:
                    request.started = True
                    self._task = task = self.server.loop.create_task(self._serve(request))
                    self.server.tasks.add(task)
                    break
                if request.expects:
                    request.expects = False
                    if not request.size:
                        self.write(CONTINUE)
            break
        if not self._ending:
            self._arm()

    def _arm(self) -> None:
        queue = self._queue
        if self._ending:
            return
        if self._drained is not None:
            self.deadline = self._write_until
        elif queue:
            first = queue[0]
            waiting = first.complete or not self._reading
            self.deadline = NEVER if waiting else first.body_since + self.limits.body_seconds
        elif self._reader.head_since is not None:
            self.deadline = self._reader.head_since + self.limits.head_seconds
        else:
            self.deadline = self._idle_until
        if self._exchange is not None and queue and queue[0].buffered > AHEAD:
            self._pause(True)

    async def _serve(self, request: Request) -> None:
        place = request.place
        task = self._task
        assert place is not None
        assert task is not None
        server = self.server
        delivery = Delivery(
            request.take(), server.clock(), "http", request.method.decode(), place.rest,
            request.query.decode("ascii"), request.fields,
        )  # fmt: skip
        try:
            try:
                answer = await server.handler(place.source, delivery)
                keep = self.keeps(request) and not answer.close
                data = render(answer, keep=keep)
            except Fault as fault:
                keep = self.keeps(request)
                data = render(answer_for(fault), keep=keep)
            except BaseException as error:  # the last line of defence: a sender never sees a stack trace
                if isinstance(error, ENDS):  # anything else, a Rust library's panic too, is no Exception but an answer
                    raise
                log.error("%s: %s %s", place.source, faults.INTERNAL.code, describe(error))
                keep = self.keeps(request)
                data = render(answer_for(faults.INTERNAL()), keep=keep)
        finally:
            # Not by a done-callback: it would cost another turn of the loop for every message.
            server.tasks.discard(task)
        if not self._lost:
            self.transport.write(data)
            self.finished(keep)
            if self._queue:
                self.go_on()
            else:
                self._arm()
        elif server.draining:
            server.left(self)

    async def _refuse(self, request: Request, place: Place, fault: Fault, refuse: Refuser) -> None:
        """Has what was read of a refused message kept, then answers in HTTP's own words."""
        delivery = Delivery(
            request.take(), self.server.clock(), "http", request.method.decode(), place.rest, "", request.fields
        )
        try:
            await refuse(place.source, delivery, fault)
        except Fault as other:
            fault = other if other.code is faults.NO_SUCH_SOURCE else fault
        except Exception as error:  # noqa: BLE001  (the sender is answered, kept or not)
            log.error("%s: %s %s", place.source, faults.INTERNAL.code, describe(error))
        if not self._lost:
            self._write(request, answer_for(fault), keep=False)

    def _turn_away(self, request: Request) -> None:
        """The door holds too much: the body that is still coming is not read on, and what there is of it is dropped."""
        self._reader.refuse(faults.TOO_MANY(retry_after=2))
        request.place = None  # nothing is wrong with it, so it is not kept among the refused
        request.take()
        self._share.fits(self._queue, 0)

    def _write(self, request: Request, answer: Answer, keep: bool) -> None:
        self.write(render(answer, keep=keep, head_only=request.method == b"HEAD"))
        self.finished(keep)

    def _run_app(self, request: Request, app: App) -> None:
        self._exchange = exchange = Exchange(self, request, self.server.scope_state)
        request.wake = exchange.wake
        self.server.start(exchange.run(app))

    def _pause(self, pause: bool) -> None:
        if pause and self._reading and not self._ending:
            self._reading = False
            self.transport.pause_reading()
        elif not pause and not self._reading and not self._lost:
            self._reading = True
            self.transport.resume_reading()

    def _end(self, *, linger: bool) -> None:
        """Closes after what is written; with `linger`, throws away for a while what the peer is still sending.

        A close with unread bytes makes the kernel reset the connection, and the peer never sees the answer.
        """
        if self._ending:
            return
        self._ending = True
        self._queue.clear()
        self._held = b""
        self._reader.over = True
        if linger and not self._half_closed:
            self._pause(False)
            self.transport.write_eof()
            self.deadline = self.server.loop.time() + self.limits.linger_seconds
        else:
            self.deadline = self.server.loop.time() + self.limits.write_seconds
            self.transport.close()
