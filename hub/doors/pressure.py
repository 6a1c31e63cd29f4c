"""Back-pressure on one connection, both ways: when the peer is read, and when it has read what was written to it."""

from __future__ import annotations

import asyncio


class Pressure:
    """`reading` says whether the peer is read; `full` whether it reads too slowly for more to be written."""

    __slots__ = ("_eased", "_transport", "full", "reading")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._eased: asyncio.Future[None] | None = None
        self.reading = True
        self.full = False

    def stop_reading(self) -> None:
        """The peer has sent enough for now."""
        if self.reading:
            self.reading = False
            self._transport.pause_reading()

    def read_on(self) -> None:
        """The peer may send again."""
        if not self.reading:
            self.reading = True
            self._transport.resume_reading()

    def fill(self, loop: asyncio.AbstractEventLoop) -> None:
        """The peer reads too slowly."""
        self.full = True
        self._eased = loop.create_future()

    def ease(self) -> None:
        """The peer has caught up, or is gone: nobody waits for it any more."""
        self.full = False
        if self._eased is not None and not self._eased.done():
            self._eased.set_result(None)
        self._eased = None

    async def eased(self) -> None:
        """Waits while the peer reads too slowly."""
        if self._eased is not None:
            await self._eased
