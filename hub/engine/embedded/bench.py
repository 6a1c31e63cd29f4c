"""The issuers that sit with the core: what each has in hand, and how work is shared among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hub.ledger.records import Issued, Work


class IssuerSeat(Protocol):
    """Somebody who signs: a process behind a link, or a thread."""

    capacity: int
    busy: set[str]

    def hand(self, work: list[Work]) -> None:
        """Takes bills to sign; they come back through `Core.signed`."""

    def stored(self, bills: list[str]) -> None:
        """Hears that bills it asked about are in the database."""


@dataclass(slots=True)
class Bench:
    """All seats."""

    _seats: list[IssuerSeat] = field(default_factory=list)
    _asked: dict[str, IssuerSeat] = field(default_factory=dict)
    """bill → who wants to hear when it is stored"""

    def sit(self, seat: IssuerSeat) -> None:
        """A new issuer is ready."""
        self._seats.append(seat)

    def leave(self, seat: IssuerSeat) -> None:
        """An issuer is gone."""
        if seat in self._seats:
            self._seats.remove(seat)
        self._asked = {bill_id: asks for bill_id, asks in self._asked.items() if asks is not seat}

    def asks(self, seat: IssuerSeat, bills: Sequence[str]) -> None:
        """Wants to hear of these bills."""
        self._asked.update(dict.fromkeys(bills, seat))

    def over(self, bills: Sequence[Issued], stored: Sequence[str]) -> None:
        """These were signed, and those of them are in the database now."""
        heard: dict[IssuerSeat, list[str]] = {}
        there = set(stored)
        for bill in bills:
            seat = self._asked.pop(bill.bill_id, None)
            if seat is not None and bill.bill_id in there:
                heard.setdefault(seat, []).append(bill.bill_id)
        for seat, told in heard.items():
            seat.stored(told)

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
