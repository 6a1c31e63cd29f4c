"""Carries the outbox to the outside: reads what is due, calls, and hands the results to whoever owns the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, Protocol

from hub.adapter import Asker, Delivery, Message
from hub.delivery.ask import ask
from hub.delivery.confirm import Judge, countersign
from hub.delivery.faults import ADAPTER_FAILED
from hub.delivery.http import Caller
from hub.errors import Fault, Reject, Unknown, describe
from hub.ledger.reading.effects import Paper

log = logging.getLogger("billhub.relay")

TURN: Final = 200
"""Rows of the outbox taken in one turn."""
TURN_SECONDS: Final = timedelta(seconds=10)
"""How long a turn begins new calls to platforms: one that answers slowly holds up nobody for longer, and what is leased
is given back before the lease is over."""

IDLE_SECONDS: Final = 1.0
"""How long an idle relay waits for a poke before it looks by itself."""

REFUSED_AGAIN: Final = timedelta(minutes=5)
AWAY_SECONDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""How long a unit's platform is left alone after its n-th failure in a row."""

Kind = Literal["ask", "confirm"]


class Outbox(Protocol):
    """What the relay reads."""

    def outbox(self, kind: Kind, now: datetime, limit: int, without: Collection[str] = ()) -> list[dict[str, Any]]:
        """Rows due now, oldest first, of no unit `without`."""

    def papers(self, bill_ids: Sequence[str]) -> Mapping[str, Paper]:
        """What goes to the platform, by bill; what is not there yet is left out."""


class Results(Protocol):
    """Where results go."""

    def confirmed(self, unit: str, bill_id: str, xml: bytes | None, fault: Fault | None) -> None:
        """A bill is countersigned, or refused."""

    def told(self, unit: str, source: str, delivery: Delivery, messages: tuple[Message, ...], row: int) -> None:
        """A channel answered; the row is done with it."""

    def later(self, kind: Kind, row: int, at: datetime, fault: Fault | None) -> None:
        """A row that was tried, to try again."""

    async def flush(self) -> None:
        """Returns when the results are durable, so that the next turn does not see the same rows."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A unit's fiscal platform."""

    url: str
    judge: Judge
    lanes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """what may be under way to it at once, of all its units"""
    at_once: int = 1


@dataclass(slots=True)
class Relay:
    """One turn after the other; a platform that is away holds up its own units only.

    Of a unit, bills are begun in the order they were issued, as many at once as its platform takes; a red bill after
    the one it reverses has the platform's signature.
    """

    outbox: Outbox
    results: Results
    platforms: Mapping[str, Platform]
    asker: Callable[[str, str], Asker | None]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    waits: Callable[[Paper], bool] = lambda _paper: False
    """whether a bill is not to go to the platform yet: it is not archived"""
    ending: Callable[[], bool] = lambda: False
    """whether nothing new is to be begun"""
    poked: asyncio.Event = field(default_factory=asyncio.Event)
    _away: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    async def run(self) -> None:
        """Runs until cancelled."""
        async with Caller() as caller:
            while True:
                self.poked.clear()
                busy = await self.turn(caller)
                if not busy:
                    try:
                        async with asyncio.timeout(IDLE_SECONDS):
                            await self.poked.wait()
                    except TimeoutError:
                        continue

    def left_alone(self) -> set[str]:
        """Units whose platform is not called for now."""
        now = self.clock()
        return {unit for unit, (_, until) in self._away.items() if until > now}

    async def turn(self, caller: Caller) -> bool:
        """One turn; returns whether anything was tried."""
        now = self.clock()
        questions = self.outbox.outbox("ask", now, TURN)
        bills: dict[str, list[dict[str, Any]]] = {}
        for row in self.outbox.outbox("confirm", now, TURN, self.left_alone()):
            bills.setdefault(row["unit"], []).append(row)
        tried = await asyncio.gather(
            *(self._ask(caller, row) for row in questions),
            *(self._confirm(caller, unit, rows, now + TURN_SECONDS) for unit, rows in bills.items()),
        )
        if any(tried):
            await self.results.flush()
        return any(tried)

    async def _confirm(self, caller: Caller, unit: str, rows: list[dict[str, Any]], until: datetime) -> bool:
        """A unit's bills, as many at once as its platform takes; returns whether one was tried."""
        platform = self.platforms.get(unit)
        if platform is None:
            self._away[unit] = (0, self.clock() + timedelta(seconds=AWAY_SECONDS[-1]))
            return False
        papers = self.outbox.papers([row["subject"] for row in rows])
        ready = [(row, paper) for row in rows if (paper := papers.get(row["subject"])) is not None]
        line = iter([(row, paper) for row, paper in ready if not paper.early and not self.waits(paper)])
        lanes = [self._lane(caller, unit, platform, line, until) for _ in range(min(platform.at_once, len(ready)))]
        return any(await asyncio.gather(*lanes))

    async def _lane(
        self,
        caller: Caller,
        unit: str,
        platform: Platform,
        line: Iterator[tuple[dict[str, Any], Paper]],
        until: datetime,
    ) -> bool:
        tried = False
        while True:
            async with platform.lanes:
                if unit in self.left_alone() or self.clock() >= until or self.ending():
                    return tried
                if (found := next(line, None)) is None:
                    return tried
                tried = True
                await self._submit(caller, unit, platform, *found)

    async def _submit(self, caller: Caller, unit: str, platform: Platform, row: dict[str, Any], paper: Paper) -> None:
        bill_id, again = row["subject"], row["attempts"] > 0
        try:
            signed = await countersign(
                caller, platform.url, paper.xml, paper.code, paper.number, platform.judge, again=again
            )
        except Reject as fault:
            self.results.confirmed(unit, bill_id, None, fault)
            self.results.later("confirm", row["id"], self.clock() + REFUSED_AGAIN, fault)
        except Fault as fault:
            self._leave_alone(unit, fault)
            if isinstance(fault, Unknown):
                self.results.later("confirm", row["id"], self.clock(), fault)
        else:
            if unit not in self.left_alone():  # an answer to what was sent before it went away says nothing new
                self._away.pop(unit, None)
            self.results.confirmed(unit, bill_id, signed, None)

    def _leave_alone(self, unit: str, fault: Fault) -> None:
        """Once for all that was under way."""
        if unit in self.left_alone():
            return
        failures = self._away.get(unit, (0, self.clock()))[0]
        wait = AWAY_SECONDS[min(failures, len(AWAY_SECONDS) - 1)]
        self._away[unit] = (failures + 1, self.clock() + timedelta(seconds=wait))
        log.warning("%s: the fiscal platform is left alone for %s s: %s", unit, wait, fault)

    async def _ask(self, caller: Caller, row: dict[str, Any]) -> bool:
        unit, source = row["unit"], row["source"]
        asker = self.asker(unit, source)
        now = self.clock()
        if asker is None:
            self.results.later("ask", row["id"], now + timedelta(minutes=1), None)
            return True
        try:
            asked = await ask(caller, asker, row, now)
        except (ValueError, KeyError, TypeError) as error:
            log.error("%s/%s: the adapter failed while asking: %s", unit, source, describe(error))  # noqa: TRY400
            again = now + timedelta(minutes=5)
            self.results.later("ask", row["id"], again, ADAPTER_FAILED(found=type(error).__name__))
            return True
        if asked.messages:
            delivery = Delivery(b"", now)
            self.results.told(unit, source, delivery, asked.messages, row["id"])
        else:
            self.results.later("ask", row["id"], asked.again_at or now + timedelta(minutes=1), asked.fault)
        return True
