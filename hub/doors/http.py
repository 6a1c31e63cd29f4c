"""The HTTP door: /in/{unit}/{source} straight to the handler, every other path to an ASGI application.

Bare `asyncio.Protocol` on httptools: faster than raw ASGI on uvicorn, and
at least as strict, which the tests prove with uvicorn as the judge.
"""

from __future__ import annotations

import asyncio
import socket

from hub.doors.asgi import App
from hub.doors.handler import Clock, Handler, Refuser, now
from hub.doors.http_connection import HttpConnection
from hub.doors.http_limits import HttpLimits
from hub.doors.http_server import HttpServer


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
