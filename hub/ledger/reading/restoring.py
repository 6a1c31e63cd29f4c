"""What a restore asks of a ledger, and what the archive that it reads back is made of; see `hub.ledger.epochs`."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from hub.ledger.epochs.copies import Page, gather
from hub.ledger.epochs.found import FOUND_AAD, due_work, finds, unknown_numbers
from hub.ledger.epochs.opening import history
from hub.ledger.reading.opened import Opened
from hub.ledger.records import Work


class Restoring(Opened):
    """Epochs, copies for the archive, and what the fiscal platform knows better."""

    def copies(self, after: int, limit: int, known: Container[str]) -> Page | None:
        """What the archive gets next: bills changed behind `after`, with the messages not in `known`."""
        with self._look() as look:
            return gather(look, after, limit, known)

    def epochs(self) -> list[dict[str, Any]]:
        """Every epoch but the first, the newest first; see `hub.ledger.epochs.opening`."""
        with self._look() as look:
            return history(look)

    def quarantined(self) -> list[tuple[str, str, int, int]]:
        """(unit, code, first, last) of numbers that a restore keeps back."""
        with self._look() as look:
            return unknown_numbers(look)

    def finds(self) -> list[tuple[str, str, str, bytes]]:
        """(unit, code, number, XML) of bills the platform has and no case here."""
        with self._look() as look:
            found = finds(look)
        return [(unit, code, number, self._vault.open(unit, FOUND_AAD, sealed)) for unit, code, number, sealed in found]

    def due_work(self, charges: Iterable[str]) -> list[Work]:
        """What is behind each bill of these charges that was not issued, as an issuer gets it; none has a number."""
        with self._look() as look:
            return due_work(look, charges)
