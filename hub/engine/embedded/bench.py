"""The issuers that sit with the core: what each has in hand, and how work is shared among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from hub.ledger.records import Work


class IssuerSeat(Protocol):
    """Somebody who signs: a process behind a link, or a thread."""

    capacity: int
    busy: set[str]

    def hand(self, work: list[Work]) -> None:
        """Takes bills to sign; they come back through `Core.signed`."""


@dataclass(slots=True)
class Bench:
    """All seats."""

    _seats: list[IssuerSeat] = field(default_factory=list)

    def sit(self, seat: IssuerSeat) -> None:
        """A new issuer is ready."""
        self._seats.append(seat)

    def leave(self, seat: IssuerSeat) -> None:
        """An issuer is gone."""
        if seat in self._seats:
            self._seats.remove(seat)

    @property
    def room(self) -> int:
        """How many more bills can be taken in hand."""
        return sum(seat.capacity - len(seat.busy) for seat in self._seats)

    @property
    def busy(self) -> list[str]:
        """The bills in hand."""
        return [bill_id for seat in self._seats for bill_id in seat.busy]

    def hand_out(self, work: list[Work]) -> None:
        """Shares work for which there is room, the least busy seat first."""
        while work:
            seat = min(self._seats, key=lambda seat: len(seat.busy) / seat.capacity)
            share = max(1, min(seat.capacity - len(seat.busy), -(-len(work) // len(self._seats))))
            part, work = work[:share], work[share:]
            seat.busy.update(item.bill_id for item in part)
            seat.hand(part)
