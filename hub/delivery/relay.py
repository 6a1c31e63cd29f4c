"""Carries the outbox to the outside: reads what is due, calls, and hands the results to whoever owns the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from hub.adapter import Asker, Delivery, Message
from hub.delivery.ask import ask
from hub.delivery.confirm import Judge, countersign
from hub.delivery.faults import ADAPTER_FAILED
from hub.delivery.http import Caller
from hub.errors import Fault, Reject, describe

log = logging.getLogger("billhub.relay")

TURN: Final = 200
"""Rows of the outbox taken in one turn."""

IDLE_SECONDS: Final = 1.0
"""How long an idle relay waits for a poke before it looks by itself."""

REFUSED_AGAIN: Final = timedelta(minutes=5)
AWAY_SECONDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""How long a unit's platform is left alone after its n-th failure in a row."""


class Outbox(Protocol):
    """What the relay reads."""

    def outbox(self, kind: str, now: datetime, limit: int) -> list[dict[str, Any]]:
        """Rows due now."""

    def document(self, bill_id: str, form: str) -> bytes | None:
        """A bill's document."""

    def number_of(self, bill_id: str) -> tuple[str, str]:
        """Bill code and number."""


class Results(Protocol):
    """Where results go."""

    def confirmed(self, unit: str, bill_id: str, xml: bytes | None, fault: Fault | None) -> None:
        """A bill is countersigned, or refused."""

    def told(self, unit: str, source: str, delivery: Delivery, messages: tuple[Message, ...], row: int) -> None:
        """A channel answered; the row is done with it."""

    def later(self, row: int, at: datetime, fault: Fault | None) -> None:
        """A row to try again."""

    async def flush(self) -> None:
        """Returns when the results are durable, so that the next turn does not see the same rows."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A unit's fiscal platform."""

    url: str
    judge: Judge


@dataclass(slots=True)
class Relay:
    """One turn after the other; a platform that is away holds up its own unit only."""

    outbox: Outbox
    results: Results
    platforms: Mapping[str, Platform]
    asker: Callable[[str, str], Asker | None]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    waits: Callable[[str], bool] = lambda _bill_id: False
    """whether a bill is not to go to the platform yet: it is not archived"""
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

    async def turn(self, caller: Caller) -> bool:
        """One turn; returns whether there was anything to do."""
        now = self.clock()
        questions = self.outbox.outbox("ask", now, TURN)
        bills: dict[str, list[dict[str, Any]]] = {}
        for row in self.outbox.outbox("confirm", now, TURN):
            if self._away.get(row["unit"], (0, now))[1] <= now:
                bills.setdefault(row["unit"], []).append(row)
        await asyncio.gather(
            *(self._ask(caller, row) for row in questions),
            *(self._confirm(caller, unit, rows) for unit, rows in bills.items()),
        )
        if questions or bills:
            await self.results.flush()
        return bool(questions or bills)

    async def _confirm(self, caller: Caller, unit: str, rows: list[dict[str, Any]]) -> None:
        platform = self.platforms.get(unit)
        if platform is None:
            return
        for row in rows:
            bill_id = row["subject"]
            if self.waits(bill_id):
                continue
            xml = self.outbox.document(bill_id, "xml")
            if xml is None:
                continue
            code, number = self.outbox.number_of(bill_id)
            try:
                signed = await countersign(caller, platform.url, xml, code, number, platform.judge)
            except Reject as fault:
                self.results.confirmed(unit, bill_id, None, fault)
                self.results.later(row["id"], self.clock() + REFUSED_AGAIN, fault)
            except Fault as fault:
                self._leave_alone(unit, fault)
                return
            else:
                self._away.pop(unit, None)
                self.results.confirmed(unit, bill_id, signed, None)

    def _leave_alone(self, unit: str, fault: Fault) -> None:
        failures = self._away.get(unit, (0, self.clock()))[0]
        wait = AWAY_SECONDS[min(failures, len(AWAY_SECONDS) - 1)]
        self._away[unit] = (failures + 1, self.clock() + timedelta(seconds=wait))
        log.warning("%s: the fiscal platform is left alone for %s s: %s", unit, wait, fault)

    async def _ask(self, caller: Caller, row: dict[str, Any]) -> None:
        unit, source = row["unit"], row["source"]
        asker = self.asker(unit, source)
        now = self.clock()
        if asker is None:
            self.results.later(row["id"], now + timedelta(minutes=1), None)
            return
        try:
            asked = await ask(caller, asker, row, now)
        except (ValueError, KeyError, TypeError) as error:
            log.error("%s/%s: the adapter failed while asking: %s", unit, source, describe(error))  # noqa: TRY400
            self.results.later(row["id"], now + timedelta(minutes=5), ADAPTER_FAILED(found=type(error).__name__))
            return
        if asked.messages:
            delivery = Delivery(b"", now)
            self.results.told(unit, source, delivery, asked.messages, row["id"])
        else:
            self.results.later(row["id"], asked.again_at or now + timedelta(minutes=1), asked.fault)
