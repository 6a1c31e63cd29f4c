"""The pages and APIs beside the message doors, loaded when first asked for: the hub is ready before they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class LazyApp:
    """An ASGI application that imports the real one on its first request."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._app: Any = None
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if self._app is None:
            async with self._loading:
                if self._app is None:
                    self._app = await asyncio.to_thread(self._load)
        await self._app(scope, receive, send)

    def forget(self) -> None:
        """The units have changed: the next request gets an application that knows them."""
        self._app = None

    def _load(self) -> Any:
        """Beside the loop: the imports take a while, and message doors must not wait for pages."""
        return self._make()


def embedded_app(home: Any) -> LazyApp:
    """The application over a data folder."""

    def make() -> Any:
        from hub.processes.app import make_app

        return make_app(home)

    return LazyApp(make)
