"""An ASGI 3 application run on one request: scope, receive, send, streams, disconnect.

The connection keeps the order of answers; an exchange only ever writes while it is the first in the queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Protocol

from hub.doors import faults
from hub.doors.http_answer import CONTINUE, answer_for, bodiless, date_line, header_line, render, status_line
from hub.doors.http_request import Request
from hub.doors.http_target import decode_path
from hub.doors.server import log
from hub.errors import Fault, describe

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Port(Protocol):
    """What an exchange needs of its connection."""

    transport: asyncio.Transport

    @property
    def lost(self) -> bool: ...  # noqa: D102
    def write(self, data: bytes) -> None: ...  # noqa: D102
    async def drained(self) -> None: ...  # noqa: D102
    def keeps(self, request: Request) -> bool: ...  # noqa: D102
    def body_taken(self) -> None: ...  # noqa: D102
    def finished(self, keep: bool) -> None: ...  # noqa: D102
    def go_on(self) -> None: ...  # noqa: D102
    def abort(self) -> None: ...  # noqa: D102


class Exchange:
    """One request and its response."""

    def __init__(self, port: Port, request: Request, state: dict[str, Any]) -> None:
        self._port = port
        self._request = request
        self._state = state
        self._wake = asyncio.Event()
        self._gone = False
        self._body_given = False
        self._started = False
        self._done = False
        self._chunked = False
        self._silent = False
        self._left = 0
        self._keep = False
        self._stream = False

    def wake(self) -> None:
        """Body bytes have come, or the body has ended, or it was refused."""
        self._wake.set()

    def disconnect(self) -> None:
        """The peer is gone: nothing is written any more, the application is told."""
        self._gone = True
        self._wake.set()

    def drain(self) -> None:
        """The server closes: an event stream, which would never end by itself, is told that its reader has left."""
        if self._stream:
            self._gone = True
            self._wake.set()

    async def run(self, app: App) -> None:
        """Runs the application and makes sure that the request is answered, or the connection cut."""
        try:
            await app(self._scope(), self.receive, self.send)
            broken = not self._done and not self._gone
            if broken and self._request.fault is None:
                log.error("application returned without finishing its response")
        except asyncio.CancelledError:
            self._port.abort()
            raise
        except Exception as error:  # noqa: BLE001  (the last line of defence: a caller never sees a stack trace)
            broken = not self._done
            if not self._gone and self._request.fault is None:
                log.error("application: %s %s", faults.INTERNAL.code, describe(error))
        if self._done or self._port.lost:
            return
        if self._started or not broken:
            self._port.abort()
            return
        self._refuse(self._request.fault or faults.INTERNAL())

    async def receive(self) -> Event:
        """The next part of the body; after it, waits for the peer to leave."""
        request = self._request
        while True:
            if self._gone or self._done or request.fault is not None:
                return {"type": "http.disconnect"}
            if not self._body_given and (request.parts or request.complete):
                body = request.take()
                self._body_given = request.complete
                self._port.body_taken()
                return {"type": "http.request", "body": body, "more_body": not request.complete}
            if request.expects and not request.complete:
                request.expects = False
                self._port.write(CONTINUE)
            self._wake.clear()
            await self._wake.wait()

    async def send(self, message: Event) -> None:
        """A part of the response."""
        await self._port.drained()
        if self._gone or self._port.lost:
            return
        if self._request.fault is not None and not self._started:
            return  # the refusal of a body that turned bad goes before whatever the application makes of it
        kind = message["type"]
        if not self._started and kind == "http.response.start":
            self._start(int(message["status"]), message.get("headers", ()))
        elif self._started and not self._done and kind == "http.response.body":
            self._body(bytes(message.get("body", b"")), more=bool(message.get("more_body", False)))
        else:
            raise RuntimeError(f"{kind} is out of order")

    def _start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        request = self._request
        if not 200 <= status <= 599:
            raise ValueError("not a final status")
        self._keep = self._port.keeps(request)
        no_body = bodiless(status)
        length: int | None = None
        lines = [status_line(status)]
        dated = False
        for raw_name, value in headers:
            name = bytes(raw_name).lower()
            if name == b"content-length":
                length = int(value)
            elif name == b"connection":
                self._keep = self._keep and b"close" not in value.lower()
                continue
            elif name in (b"transfer-encoding", b"keep-alive", b"upgrade"):
                continue
            dated = dated or name == b"date"
            self._stream = self._stream or (name == b"content-type" and value.startswith(b"text/event-stream"))
            if name != b"content-length" or not no_body:
                lines.append(header_line(name, bytes(value)))
        if not dated:
            lines.append(date_line())
        self._silent = no_body or request.method == b"HEAD"
        if not self._silent and length is None:
            if request.version == "1.1":
                self._chunked = True
                lines.append(b"transfer-encoding: chunked\r\n")
            else:
                self._keep = False
        self._left = -1 if length is None or self._silent else length
        if not self._keep:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        self._started = True
        self._port.write(b"".join(lines))

    def _body(self, body: bytes, *, more: bool) -> None:
        if not self._silent:
            if self._left >= 0:
                self._left -= len(body)
                if self._left < 0 or (self._left and not more):
                    raise RuntimeError("the body does not have the length its header says")
            if self._chunked:
                framed = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
                self._port.write(framed if more else framed + b"0\r\n\r\n")
            elif body:
                self._port.write(body)
        if not more:
            self._finish(self._keep)

    def _refuse(self, fault: Fault) -> None:
        head_only = self._request.method == b"HEAD"
        self._started = True
        self._port.write(render(answer_for(fault), keep=False, head_only=head_only))
        self._finish(False)

    def _finish(self, keep: bool) -> None:
        self._done = True
        self._wake.set()
        self._request.wake = None
        self._port.finished(keep and self._request.complete)
        self._port.go_on()

    def _scope(self) -> Scope:
        request = self._request
        server = self._port.transport.get_extra_info("sockname") or ("", 0)
        client = self._port.transport.get_extra_info("peername") or ("", 0)
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": request.version,
            "method": request.method.decode("ascii"),
            "scheme": "http",
            "path": decode_path(request.path),
            "raw_path": request.path,
            "query_string": request.query,
            "root_path": "",
            "headers": request.headers,
            "server": tuple(server[:2]),
            "client": tuple(client[:2]),
            "state": dict(self._state),
        }
