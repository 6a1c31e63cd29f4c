"""Who waits for bills: a sender that wants the bill in its answer is told when none of its bills is due any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Watch:
    pending: set[str]
    settled: Callable[[], None]


@dataclass(slots=True)
class Watches:
    """Open watches by bill."""

    _by_bill: dict[str, list[_Watch]] = field(default_factory=dict)

    def add(self, bills: set[str], settled: Callable[[], None]) -> None:
        """Calls `settled` once all of these due bills are settled; at once where there are none."""
        if not bills:
            settled()
            return
        watch = _Watch(bills, settled)
        for bill_id in bills:
            self._by_bill.setdefault(bill_id, []).append(watch)

    def settled(self, bill_id: str) -> None:
        """A bill is issued, or withdrawn."""
        for watch in self._by_bill.pop(bill_id, ()):
            watch.pending.discard(bill_id)
            if not watch.pending:
                watch.settled()
