"""The MLLP door: one message in flight on a connection, answers in order, and always an answer.

A busy hub (`Retry`) is not an answer: the message is kept and offered again, and reading stops meanwhile, so that the
sender feels it as a late acknowledgement. What the door itself refuses is worded by the `refuse` hook; without one the
peer gets the transport's own negative acknowledgement (0x15, MLLP release 2) in a frame.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

from hub.doors.handler import Clock, Handler, Refuser, now
from hub.doors.mllp_connection import MllpConnection
from hub.doors.server import SocketServer, sweep_every


@dataclass(frozen=True, slots=True)
class MllpLimits:
    """What an MLLP sender may take of us: sizes in bytes, times in seconds."""

    max_frame: int = 4 * 1024 * 1024
    max_junk: int = 64 * 1024
    """Bytes outside any frame, at one time; more is refused and the connection closed."""
    frame_seconds: float = 30.0
    """From the first byte of a frame (or of junk) to its end."""
    tail_seconds: float = 0.5
    """Silence after a 0x1C without 0x0D that makes it an end."""
    junk_seconds: float = 2.0
    """Silence after bytes outside any frame that makes them a wrong sender's, and has them answered."""
    idle_seconds: float = 900.0
    write_seconds: float = 30.0
    retry_seconds: float = 0.05
    """First wait before a message is offered again to a busy hub; doubles up to `retry_most_seconds`."""
    retry_most_seconds: float = 2.0
    max_connections: int = 500
    backlog: int = 512


class MllpServer(SocketServer):
    """A running MLLP door. `messages`, `junk_bytes`, `half_frames` and `refused` count since it opened."""

    def __init__(self, source: str, handler: Handler, limits: MllpLimits, refuse: Refuser | None, clock: Clock) -> None:
        super().__init__(
            source,
            sweep_every(
                limits.frame_seconds,
                limits.tail_seconds,
                limits.junk_seconds,
                limits.idle_seconds,
                limits.write_seconds,
            ),
        )
        self.handler = handler
        self.limits = limits
        self.refuse = refuse
        self.clock = clock
        self.messages = 0
        self.junk_bytes = 0
        self.half_frames = 0
        self.refused = 0


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
