"""The HTTP door: /in/{unit}/{source} straight to the handler, every other path to an ASGI application.

Bare `asyncio.Protocol` on httptools: faster than raw ASGI on uvicorn, and
at least as strict, which the tests prove with uvicorn as the judge.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from hub.doors.asgi import App
from hub.doors.handler import Clock, Handler, Refuser, now
from hub.doors.http_buffer import Budget
from hub.doors.http_connection import HttpConnection
from hub.doors.http_limits import HttpLimits
from hub.doors.lifespan import Lifespan
from hub.doors.server import SocketServer, sweep_every


class HttpServer(SocketServer):
    """A running HTTP door."""

    def __init__(
        self, handler: Handler, app: App | None, limits: HttpLimits, clock: Clock, refuse: Refuser | None = None
    ) -> None:
        super().__init__(
            "http",
            sweep_every(
                limits.head_seconds,
                limits.body_seconds,
                limits.idle_seconds,
                limits.write_seconds,
                limits.linger_seconds,
            ),
        )
        self.handler = handler
        self.app = app
        self.limits = limits
        self.clock = clock
        self.refuse = refuse
        self.budget = Budget(limits.max_buffered)
        self.scope_state: dict[str, Any] = {}
        self.lifespan = Lifespan(app) if app is not None else None

    async def close(self, grace_seconds: float = 8.0) -> None:
        """Drains as any door does, then lets the application shut down."""
        await super().close(grace_seconds)
        if self.lifespan is not None:
            await self.lifespan.stop()


async def serve_http(
    sock: socket.socket,
    handler: Handler,
    app: App | None = None,
    limits: HttpLimits | None = None,
    *,
    refuse: Refuser | None = None,
    clock: Clock = now,
) -> HttpServer:
    """Opens the door on a bound, listening socket (see `bind`); returns once it accepts.

    `refuse` gets what was read of a message over the limit, to keep it; the answer is HTTP's own 413.

    Raises:
        Config: the application's start-up failed.
    """
    limits = limits or HttpLimits()
    server = HttpServer(handler, app, limits, clock, refuse)
    if server.lifespan is not None:
        await server.lifespan.start()
        server.scope_state = server.lifespan.state

    def protocol() -> asyncio.Protocol:
        return HttpConnection(server)

    await server.listen(sock, protocol, limits.backlog)
    return server
