"""The ASGI lifespan: an application's start-up before the first request, its shut-down after the last.

An application that does not know lifespan raises on it, which is allowed and means nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hub.doors.asgi import App, Event
from hub.doors.faults import APP_FAILED
from hub.doors.server import log
from hub.errors import describe


class Lifespan:
    """One application's life."""

    def __init__(self, app: App) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._failed = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Waits for the start-up.

        Raises:
            Config: the application says that it failed.
        """
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._inbox.put({"type": "lifespan.startup"})
        await self._up.wait()
        if self._failed:
            await self._task
            raise APP_FAILED("lifespan")

    async def stop(self, seconds: float = 5.0) -> None:
        """Tells the application, and waits a while for it."""
        if self._task is None or self._task.done():
            return
        await self._inbox.put({"type": "lifespan.shutdown"})
        try:
            async with asyncio.timeout(seconds):
                await self._down.wait()
        except TimeoutError:
            log.warning("application did not shut down in time")
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._inbox.get, self._send)
        except Exception as error:  # noqa: BLE001  (raising is how an application says that it knows no lifespan)
            log.debug("application without lifespan: %s", describe(error))
        finally:
            self._up.set()
            self._down.set()

    async def _send(self, message: Event) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.failed":
            self._failed = True
        if kind.startswith("lifespan.startup."):
            self._up.set()
        elif kind.startswith("lifespan.shutdown."):
            self._down.set()
