"""The MLLP door: one message in flight on a connection, answers in order, and always an answer.

A busy hub (`Retry`) is not an answer: the message is kept and offered again, and reading stops meanwhile, so that the
sender feels it as a late acknowledgement. What the door itself refuses is worded by the `refuse` hook; without one the
peer gets the transport's own negative acknowledgement (0x15, MLLP release 2) in a frame.
"""

from __future__ import annotations

import asyncio
import socket

from hub.doors.handler import Clock, Handler, Refuser, now
from hub.doors.mllp_connection import MllpConnection
from hub.doors.mllp_limits import MllpLimits
from hub.doors.mllp_server import MllpServer


async def serve_mllp(
    sock: socket.socket,
    source: str,
    handler: Handler,
    limits: MllpLimits | None = None,
    *,
    refuse: Refuser | None = None,
    clock: Clock = now,
) -> MllpServer:
    """Opens the door of one source on a bound, listening socket (see `bind`); returns once it accepts."""
    server = MllpServer(source, handler, limits or MllpLimits(), refuse, clock)

    def protocol() -> asyncio.Protocol:
        return MllpConnection(server)

    await server.listen(sock, protocol, server.limits.backlog)
    return server
