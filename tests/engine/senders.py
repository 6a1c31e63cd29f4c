"""Senders at a core, and seats of issuers that sign when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hub.engine.embedded.core import Core
from hub.ledger.records import FaultRecord, Submission, Verdict, Work
from tests.ledger.book import SqliteBook, charge, message, payment, sign


@dataclass(eq=False)
class Seat:
    """An issuer that signs when told to."""

    capacity: int = 4
    busy: set[str] = field(default_factory=set)
    held: list[Work] = field(default_factory=list)

    def hand(self, work: list[Work]) -> None:
        self.held += work


@dataclass
class Senders:
    """Senders at a core; what each was answered, in order."""

    core: Core
    book: SqliteBook
    answers: list[tuple[str, Verdict | FaultRecord]] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    """how many messages lay in the file when each answer came"""
    settled: list[str] = field(default_factory=list)

    def send(self, name: str, *submissions: Submission, watch: bool = False) -> None:
        def answer(verdicts: Sequence[Verdict], fault: FaultRecord | None) -> None:
            self.answers += [(name, fault)] if fault else [(name, verdict) for verdict in verdicts]
            self.stored.append(self.book.one("SELECT COUNT(*) FROM message"))

        self.core.submit(list(submissions), answer, (lambda: self.settled.append(name)) if watch else None)

    def pay(self, name: str, *, watch: bool = False) -> None:
        self.send(name, message(name, charge(name), payment(name, trade=name)), watch=watch)

    def sign(self, seat: Seat, count: int = 100) -> None:
        done, seat.held = seat.held[:count], seat.held[count:]
        self.core.signed(seat, [sign(work, self.book.now) for work in done], [])

    async def issue(self, name: str) -> Seat:
        """One bill from its payment to its signature; the seat it was signed on."""
        seat = Seat()
        self.core.sit(seat)
        self.pay(name)
        await until(lambda: len(seat.held) == 1)
        self.sign(seat)
        await until(lambda: self.book.statuses() == ["issued"])
        return seat


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)
