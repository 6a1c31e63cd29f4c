"""A running HTTP door: what all its connections share, and the application behind it."""

from __future__ import annotations

from typing import Any

from hub.doors.asgi import App
from hub.doors.handler import Clock, Handler, Refuser
from hub.doors.http_buffer import Budget
from hub.doors.http_limits import HttpLimits
from hub.doors.lifespan import Lifespan
from hub.doors.server import SocketServer, sweep_every


class HttpServer(SocketServer):
    """`scope_state` is what the application left at its start; `budget` what all connections hold in memory."""

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
