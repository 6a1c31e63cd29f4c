"""A running MLLP door: what all its connections share, and what it counts."""

from __future__ import annotations

from hub.doors.handler import Clock, Handler, Refuser
from hub.doors.mllp_limits import MllpLimits
from hub.doors.server import SocketServer, sweep_every


class MllpServer(SocketServer):
    """`messages`, `junk_bytes`, `half_frames` and `refused` count since it opened."""

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
