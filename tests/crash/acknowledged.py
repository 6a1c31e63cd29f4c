"""What the senders around a hub had acknowledged, and what bills must therefore be there. Amounts are fen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Number = tuple[str, str]
"""(bill code, bill number)"""


@dataclass
class Told:
    """One charge as its senders know it."""

    charge_no: str
    totals: list[int] = field(default_factory=list)
    """what it asks for, one version after the other"""
    with_it: int = 0
    """money the charge's own message told: cash, or what insurance bears"""
    paid: dict[str, int] = field(default_factory=dict)
    """trade number → fen"""
    back: dict[str, int] = field(default_factory=dict)
    """trade number → fen given back so far"""
    cancelled: bool = False
    answer: Number | None = None
    """the blue bill a sender was answered with"""
    red_answer: Number | None = None
    seen: int = 0
    """issued blue bills that became wrong after: each must have its red bill"""
    wrong: int = 0
    """blue bills that became wrong, issued or not: no more red bills than that"""

    @property
    def owed(self) -> int:
        return 0 if self.cancelled else self.totals[-1]

    @property
    def money(self) -> int:
        return self.with_it + sum(self.paid.values()) - sum(self.back.values())

    @property
    def living(self) -> int:
        """The total of the bill that must stand for it in the end, 0 where none may."""
        assert not self.owed or self.money in {0, self.owed}, f"{self} stopped halfway"
        return self.owed if self.money else 0

    @property
    def waits(self) -> bool:
        """Whether its money is all gone and nobody withdrew it: that is for the system that owns it to say."""
        return bool(self.owed) and not self.money

    def facts(self) -> Iterator[tuple[str, str, int]]:
        """(kind, number, fen) of the events that must be there."""
        for total in self.totals:
            yield "charge", self.charge_no, total
        for trade, fen in self.paid.items():
            yield "payment", trade, fen
        for trade, fen in self.back.items():
            yield "refund", trade, fen
        if self.cancelled and self.answer:
            yield "cancel", "-".join(self.answer), 0


@dataclass
class Acknowledged:
    """All of it. `count` goes up by one with each acknowledgement."""

    charges: dict[str, Told] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    """file a school dropped → its fiscal rows"""
    count: int = 0

    def of(self, charge_no: str) -> Told:
        return self.charges.setdefault(charge_no, Told(charge_no))

    @property
    def waiting(self) -> int:
        return sum(told.waits for told in self.charges.values())
