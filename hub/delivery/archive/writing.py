"""Writes the archive, behind the ledger: issuing never waits for it.

Any number may write one archive: of two that make the next segment, one is first, and the other looks again. One whose
ledger was restored elsewhere since finds a later epoch there, and stops.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Final

from hub.delivery.archive.faults import BROKEN, OLD_EPOCH
from hub.delivery.archive.segment import NOTHING, pack, unpack
from hub.delivery.archive.store import Store
from hub.errors import Fault, Retry
from hub.ledger.epochs.copies import Page
from hub.metrics.catalogue import ARCHIVE_FAILURES

log = logging.getLogger("billhub.archive")

PAGE: Final = 500
"""Bills in a segment at most."""
PAUSE_SECONDS: Final = 0.25
"""How long changes gather before a segment is made of them."""
AGAIN_SECONDS: Final = 2.0
KNOWN: Final = 50_000
"""Messages remembered as archived; one that is forgotten is archived once more with its case's next change."""

Copies = Callable[[int, int, Container[str]], Page | None]


@dataclass(slots=True)
class Archiver:
    """One writer. `cursor`: every change up to it is durable in the archive."""

    copies: Copies
    store: Store
    secret: bytes
    cursor: int = 0
    alarmed: bool = False
    _number: int = -1
    _checksum: bytes = NOTHING
    _epoch: int = 0
    _known: dict[str, None] = field(default_factory=dict)

    def open(self) -> None:
        """Reads how far the archive is.

        Raises:
            Retry: it is away.
            Config: its last segment is broken, or of another key.
        """
        last = self.store.last()
        if last == self._number:
            return
        if last == 0:
            self._number, self.cursor, self._checksum, self._epoch = 0, 0, NOTHING, 0
            return
        data = self.store.get(last)
        if data is None:
            raise BROKEN(segment=last)
        page, self._checksum = unpack(last, data, self.secret, None)
        self._number, self.cursor, self._epoch = last, page.last, page.epoch

    def turn(self) -> bool:
        """Writes one segment; returns whether there may be more.

        Raises:
            Retry: the archive or the ledger is away.
            Config: it may not be written by this hub.
        """
        self.open()
        page = self.copies(self.cursor, PAGE, self._known)
        if page is None:
            return False
        if page.epoch < self._epoch:
            raise OLD_EPOCH(found=self._epoch, ours=page.epoch)
        data, checksum = pack(page, self.secret, self._checksum)
        if not self.store.put(self._number + 1, data):
            return True
        self._number, self._checksum, self._epoch, self.cursor = self._number + 1, checksum, page.epoch, page.last
        self._known |= dict.fromkeys(message.id for message in page.messages)
        while len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]
        return len(page.bills) == PAGE

    async def run(self) -> None:
        """Until cancelled. What fails is tried again, and told once in the log until it is over."""
        while True:
            try:
                more = await asyncio.to_thread(self.turn)
            except Fault as fault:
                ARCHIVE_FAILURES.add(1, fault.code.code)
                if not self.alarmed:
                    log.error("alarm: %s", fault)  # noqa: TRY400  (a fault says all there is to say)
                self.alarmed = True
                await asyncio.sleep(AGAIN_SECONDS if isinstance(fault, Retry) else AGAIN_SECONDS * 5)
                continue
            if self.alarmed:
                log.warning("the archive is written again")
            self.alarmed = False
            if not more:
                await asyncio.sleep(PAUSE_SECONDS)
