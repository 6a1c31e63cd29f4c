"""What all open pages share: one look at the database a second, however many there are, and none while there are none.

Counters, ages and the last bills are read at every look. What has to read every row (whether the books balance, what is
parked) is read at longer intervals that grow with its cost, and at once when a counter says that it changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from hub.config import UnitConfig
from hub.engine.embedded.home import Home
from hub.ledger.glance import Seen
from hub.ledger.lock import holder
from hub.ledger.reader import Reader
from hub.security.masking import mask_bill

LOOK_SECONDS: Final = 1.0
"""How old the figures of an open page may be."""
BALANCE_SECONDS: Final = 5.0
"""How old the verdict on the books may be, at least; a large ledger's is asked for more seldom."""
SHARE: Final = 20
"""A slow question rests this many times as long as it took."""
ROWS: Final = 12


Answer = TypeVar("Answer")


@dataclass(slots=True)
class Rested(Generic[Answer]):
    """A question that rests after each answer, longer the more it cost; a cheap one is asked when a hint changes."""

    ask: Callable[[], Answer]
    least: float
    _answers: list[Answer] = field(default_factory=list)
    _hint: object = None
    _cost: float = 0.0
    _due: float = 0.0

    def answer(self, hint: object = None) -> Answer:
        """The last answer, or a new one."""
        now = time.monotonic()
        cheap = self._cost * SHARE < LOOK_SECONDS
        if not self._answers or now >= self._due or (cheap and hint != self._hint):
            self._answers = [self.ask()]
            self._cost = time.monotonic() - now
            self._due = now + max(self.least, self._cost * SHARE)
            self._hint = hint
        return self._answers[0]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one look saw; language comes later. Persons are masked."""

    at: datetime
    running: bool
    balanced: bool
    glance: dict[str, Any]
    bills: list[dict[str, Any]]
    parked: list[dict[str, Any]]
    parked_count: int
    alarms: list[dict[str, Any]]


class Board:
    """The looks of one process."""

    def __init__(self, reader: Reader, home: Home, units: Sequence[UnitConfig]) -> None:
        self.units = units
        self.looks = 0
        """how often the database was looked at"""
        self._reader = reader
        self._home = home
        self._seen = Seen()
        self._last: Snapshot | None = None
        self._looked = 0.0
        self._looking = asyncio.Lock()
        self._balanced = Rested(lambda: bool(reader.books()["balanced"]), BALANCE_SECONDS)
        self._held = Rested(self._ask_held, LOOK_SECONDS)

    async def latest(self) -> Snapshot:
        """The last look, or a new one where that is too old; callers at the same time share it."""
        async with self._looking:
            if self._last is None or time.monotonic() - self._looked >= LOOK_SECONDS:
                self._last = await asyncio.to_thread(self.look)
                self._looked = time.monotonic()
            return self._last

    def look(self) -> Snapshot:
        """One look."""
        self.looks += 1
        glance = self._reader.glance([unit.unit.id for unit in self.units], self._seen)
        hint = glance["bills"], glance["parked_cases"], [book["parked"] for book in glance["sources"].values()]
        parked, parked_count, alarms = self._held.answer(hint)
        return Snapshot(
            at=datetime.now(UTC),
            running=holder(self._home.folder) is not None,
            balanced=self._balanced.answer(),
            glance=glance,
            bills=[mask_bill(bill) for bill in self._reader.find(limit=ROWS)],
            parked=parked,
            parked_count=parked_count,
            alarms=alarms,
        )

    def _ask_held(self) -> tuple[list[dict[str, Any]], int, list[dict[str, Any]]]:
        return self._reader.parked(limit=ROWS), self._reader.parked_count(), self._reader.alarms()
