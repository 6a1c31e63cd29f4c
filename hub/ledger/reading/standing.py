"""How a ledger stands: its books, its numbers, what is paused, what keeps bills from being issued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.ledger import books
from hub.ledger.accounting import account_tree
from hub.ledger.area import Area
from hub.ledger.glance import Seen, glance
from hub.ledger.reading.opened import Opened


class Standing(Opened):
    """Counts and accounts, no bill among them."""

    def books(self, area: Area | None = None) -> dict[str, Any]:
        """The books, in the outer shape; of an area, or of everything."""
        with self._look() as look:
            return books.books(look, area)

    def numbers_tree(self, above: Mapping[str, str]) -> list[dict[str, Any]]:
        """Numbers by region and unit, each with what is below it: see `hub.ledger.accounting.account_tree`."""
        with self._look() as look:
            return account_tree(look, above)

    def units(self) -> list[str]:
        """Units that have numbers, or have sent something."""
        with self._look() as look:
            return books.units(look)

    def pauses(self) -> list[dict[str, Any]]:
        """Paused units: {unit, at, actor, reason, doors}."""
        with self._look() as look:
            return books.pauses(look)

    def alarms(self) -> list[dict[str, Any]]:
        """What keeps bills due, issued bills unconfirmed, payments unknown: {unit, what, count, fault}."""
        with self._look() as look:
            return books.alarms(look)

    def glance(self, units: list[str], seen: Seen) -> dict[str, Any]:
        """Live figures at little cost; see `hub.ledger.glance.glance`."""
        with self._look() as look:
            return glance(look, units, seen)
