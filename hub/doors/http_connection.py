"""One HTTP connection: answers in the order of the requests, one in flight, time-outs, refusals and their slow close.

Messages under /in/ go straight to the handler, with no framework between; every other path is run as an ASGI exchange.
"""

from __future__ import annotations

import asyncio
from typing import cast

from hub.adapter import Answer
from hub.doors import faults
from hub.doors.asgi import App, Exchange
from hub.doors.handler import Refuser
from hub.doors.http_answer import CONTINUE, answer_for, render
from hub.doors.http_buffer import AHEAD
from hub.doors.http_incoming import Incoming
from hub.doors.http_patience import Patience
from hub.doors.http_request import Request
from hub.doors.http_server import HttpServer
from hub.doors.http_serving import refused, served
from hub.doors.http_target import Place
from hub.doors.pressure import Pressure
from hub.doors.server import NEVER
from hub.errors import Fault


class HttpConnection(asyncio.Protocol):
    """What the event loop calls for one accepted socket."""

    def __init__(self, server: HttpServer) -> None:
        self.server = server
        self.limits = server.limits
        self.transport: asyncio.Transport
        self.deadline = NEVER
        self._pressure: Pressure
        self._patience = Patience(server.limits, server.loop.time())
        self._incoming = Incoming(server.limits, server.loop.time, server.budget)
        self._reader = self._incoming.reader
        self._queue = self._incoming.queue
        self._exchange: Exchange | None = None
        self._half_closed = False
        self._ending = False
        self._lost = False
        self._thrown = 0
        self._task: asyncio.Task[None] | None = None

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts the connection, and turns it away when there are too many."""
        self.transport = cast("asyncio.Transport", transport)
        self._pressure = Pressure(self.transport)
        server = self.server
        server.connections.add(self)
        self._arm()
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
        incoming = self._incoming
        incoming.feed(data)
        if incoming.held or len(self._queue) > 1:
            self._pause(incoming.far_ahead)
        self.go_on()

    def eof_received(self) -> bool:
        """The peer sends no more: what is whole is still answered, what is half is dropped."""
        if self._ending or self._exchange is not None:
            return False
        self._half_closed = True
        self._incoming.ended()
        self.go_on()
        return bool(self._queue)

    def pause_writing(self) -> None:
        """The peer reads too slowly; it has `write_seconds` to catch up."""
        self._pressure.fill(self.server.loop)
        self._patience.filled(self.server.loop.time())
        self._arm()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._pressure.ease()
        if not self._lost:
            self.go_on()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The socket is gone; a message already handed over is still finished by its task."""
        self._lost = self._ending = True
        self._pressure.ease()
        if self._exchange is not None:
            self._exchange.disconnect()
        self._incoming.close()
        self.server.left(self)

    # What the server calls.

    def expire(self) -> None:
        """The deadline has passed: 408 for a half request, silence for an idle connection."""
        if self._ending or self._pressure.full:
            self.abort()
        elif self._reader.head_since is not None or self._incoming.half:
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
        await self._pressure.eased()

    def keeps(self, request: Request) -> bool:
        """Whether the connection goes on after this request's answer."""
        last = self._half_closed and len(self._queue) <= 1 and not self._incoming.held
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
            self._end(linger=not request.complete or request.fatal or bool(self._queue or self._incoming.held))
            return
        moment = self.server.loop.time()
        self._patience.answered(moment)
        self._incoming.go_on(moment)
        self._pause(bool(self._incoming.held))

    # The order of answers.

    def go_on(self) -> None:
        """Starts what comes next, and sets the deadline."""
        queue = self._queue
        while queue and not self._ending and not self._pressure.full:
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
                    self._task = task = self.server.loop.create_task(self._serve(request, request.place))
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
        if self._ending:
            return
        self.deadline = self._patience.until(self._incoming, self._pressure)
        if self._exchange is not None and self._queue and self._queue[0].buffered > AHEAD:
            self._pause(True)

    async def _serve(self, request: Request, place: Place) -> None:
        server = self.server
        task = self._task
        assert task is not None
        try:
            data, keep = await served(server, request, place, self.keeps)
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
        answer = await refused(self.server, request, place, fault, refuse)
        if not self._lost:
            self._write(request, answer, keep=False)

    def _write(self, request: Request, answer: Answer, keep: bool) -> None:
        self.write(render(answer, keep=keep, head_only=request.method == b"HEAD"))
        self.finished(keep)

    def _run_app(self, request: Request, app: App) -> None:
        self._exchange = exchange = Exchange(self, request, self.server.scope_state)
        request.wake = exchange.wake
        self.server.start(exchange.run(app))

    def _pause(self, pause: bool) -> None:
        if pause and not self._ending:
            self._pressure.stop_reading()
        elif not pause and not self._lost:
            self._pressure.read_on()

    def _end(self, *, linger: bool) -> None:
        """Closes after what is written; with `linger`, throws away for a while what the peer is still sending.

        A close with unread bytes makes the kernel reset the connection, and the peer never sees the answer.
        """
        if self._ending:
            return
        self._ending = True
        self._incoming.stop()
        if linger and not self._half_closed:
            self._pause(False)
            self.transport.write_eof()
            self.deadline = self.server.loop.time() + self.limits.linger_seconds
        else:
            self.deadline = self.server.loop.time() + self.limits.write_seconds
            self.transport.close()
