"""Where a delivery is received, handed to the ledger, and answered when its source says so. Shared by both engines."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol

from hub.adapter import Answer, Delivery, Server
from hub.bill.bill import Bill
from hub.engine.faults import QUEUE_FULL
from hub.engine.intake import Bound, Intake, Taken, outcomes
from hub.engine.quota import Gate
from hub.engine.served import ServedBills
from hub.errors import Fault, Retry
from hub.ledger.records import Submission, Verdict
from hub.metrics.catalogue import DELIVERIES, DELIVERY_SECONDS
from hub.tracing.spans import TRACES

if TYPE_CHECKING:
    from hub.ledger.reader import Reader

log = logging.getLogger("billhub.desk")

LARGE: Final = 64 * 1024
"""A body beyond this is read beside the loop, so that other senders do not wait for a fee table."""
PORTION: Final = 200
"""Messages of one delivery that go to the ledger together; other senders' come in between."""


class Counter(Protocol):
    """The way to the ledger."""

    async def submit(
        self, submissions: Sequence[Submission], watch: bool
    ) -> tuple[list[Verdict], asyncio.Future[None] | None]:
        """The verdicts, after the commit; with `watch`, also a future that is done when no bill of them is due.

        Raises:
            Retry: not taken; nothing was kept.
        """


class Desk:
    """The handler that the doors call."""

    def __init__(
        self,
        intake: Intake,
        counter: Counter,
        look: Callable[[], Reader],
        most_in_flight: int = 4096,
        *,
        aside: bool = False,
        gate: Gate | None = None,
    ) -> None:
        """`gate` lets each unit's deliveries in; without one, all pass.

        `aside`: looks from a thread beside the loop, where a reader waits for a server rather than for a file.
        """
        self._intake = intake
        self._counter = counter
        self._look = look
        self._most = most_in_flight
        self._aside = aside
        self._in_flight = 0
        self.gate = gate or Gate(time.monotonic)

    async def __call__(self, source: str, delivery: Delivery) -> Answer:
        """The answer in the sender's protocol.

        Raises:
            Reject: no such source.
            Retry: the hub is too busy to take anything, or the unit sends too much; the door says so in its protocol.
        """
        bound = self._intake.bound(source)
        server = self._intake.question(bound, delivery)
        if server is not None:
            if self._aside:
                return await asyncio.to_thread(self._serve, server, bound, delivery)
            return self._serve(server, bound, delivery)
        if self._in_flight >= self._most:
            DELIVERIES.add(1, "busy")
            raise QUEUE_FULL()
        began = perf_counter()
        how = "failed"
        try:
            with self.gate.passing(bound.unit) as holds:
                answer = await self._passed(bound, delivery, holds)
            how = "taken"
        except Retry:
            how = "busy"
            raise
        finally:
            DELIVERIES.add(1, how)
        DELIVERY_SECONDS.observe(perf_counter() - began)
        return answer

    async def _passed(self, bound: Bound, delivery: Delivery, holds: Callable[[int], None]) -> Answer:
        self._in_flight += 1
        try:
            return await self._take(bound, delivery, holds)
        finally:
            self._in_flight -= 1

    def change(self, intake: Intake) -> None:
        """Deliveries that come from now on are read by the new configuration; those in flight end by the old one."""
        self._intake = intake

    async def refuse(self, source: str, delivery: Delivery, fault: Fault) -> Answer:
        """Words a door's own refusal in the sender's protocol, and keeps what came."""
        bound = self._intake.bound(source)
        await self._judged([self._intake.refused(bound, delivery, delivery.body, fault)], False)
        return bound.source.answer(delivery, (), fault)

    async def _take(self, bound: Bound, delivery: Delivery, holds: Callable[[int], None]) -> Answer:
        if len(delivery.body) > LARGE:
            taken = await asyncio.to_thread(self._intake.take, bound, delivery)
        else:
            taken = self._intake.take(bound, delivery)
        holds(len(taken.submissions))
        watch = bound.answer == "issued" and taken.fault is None
        verdicts, settled = await self._submit(taken.submissions, watch)
        if settled:
            try:
                async with asyncio.timeout(bound.answer_seconds):
                    await asyncio.gather(*settled)
            except TimeoutError:
                log.info("%s/%s: the bill is not issued within %s s", bound.unit, bound.name, bound.answer_seconds)
        if taken.fault is not None:
            return bound.source.answer(delivery, (), taken.fault)
        if self._aside and bound.answer == "issued":
            return await asyncio.to_thread(self._worded, bound, delivery, taken, verdicts)
        return self._worded(bound, delivery, taken, verdicts)

    def _worded(self, bound: Bound, delivery: Delivery, taken: Taken, verdicts: Sequence[Verdict]) -> Answer:
        return bound.source.answer(delivery, outcomes(taken, verdicts, self._bills))

    def _serve(self, server: Server, bound: Bound, delivery: Delivery) -> Answer:
        return server.serve(delivery, ServedBills(self._look(), bound.unit))

    async def _submit(
        self, submissions: Sequence[Submission], watch: bool
    ) -> tuple[list[Verdict], list[asyncio.Future[None]]]:
        """All verdicts of a delivery. Where a later portion is not taken the sender comes again, and repeats it all."""
        verdicts: list[Verdict] = []
        watched: list[asyncio.Future[None]] = []
        for start in range(0, max(1, len(submissions)), PORTION):
            told, settled = await self._judged(submissions[start : start + PORTION], watch)
            verdicts += told
            if settled is not None:
                watched.append(settled)
        return verdicts, watched

    async def _judged(
        self, submissions: Sequence[Submission], watch: bool
    ) -> tuple[list[Verdict], asyncio.Future[None] | None]:
        if not TRACES.on:
            return await self._counter.submit(submissions, watch)
        began = time.time_ns()
        told, settled = await self._counter.submit(submissions, watch)
        TRACES.answered(submissions, told, began)
        return told, settled

    def _bills(self, ids: Sequence[str]) -> Mapping[str, Bill]:
        return self._look().by_id(ids)
