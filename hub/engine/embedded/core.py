"""The heart of the embedded hub: the one process that owns the database.

Whatever has gathered while the last transaction committed becomes the next batch; there is no timer. Every sender is
answered after its own commit. Bills with a reserved number go to issuers, and come back signed in a later batch.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter, time_ns
from typing import Final

import msgspec

from hub.crashpoints import reach
from hub.engine.embedded.bench import Bench, IssuerSeat
from hub.engine.embedded.brought import Brought
from hub.engine.embedded.idle import Idle
from hub.engine.embedded.queue import Delivery, Queue, Verdicts
from hub.engine.embedded.tally import Tally
from hub.engine.embedded.watches import Watches
from hub.engine.faults import BATCH_FAILED, QUEUE_FULL
from hub.errors import Config, Fault, Retry, describe
from hub.ledger.faults import DEFECT
from hub.ledger.records import Batch, Confirmed, Issued, NotIssued, Submission, record
from hub.ledger.sqlite import SqliteLedger
from hub.tracing.spans import TRACES

log = logging.getLogger("billhub.core")

RETRY_SECONDS: Final = 0.5
"""How long the core waits after the database refused a batch."""

ALARM_SECONDS: Final = 1.0
"""How long the core waits before it asks again whether bills can be numbered."""


@dataclass(slots=True)
class Core:
    """See the module. `fatal` is called once when the database is damaged: the hub must stop."""

    ledger: SqliteLedger
    clock: Callable[[], datetime]
    fatal: Callable[[Fault], None]
    poke: Callable[[], None] = lambda: None
    asleep: bool = False
    """a core without a loop, for a command that finds no running hub: nothing is issued"""
    keep_days: int = 90
    """how long a body is kept that is behind no bill"""
    tally: Tally = field(default_factory=Tally)
    trouble: Fault | None = None
    """why the database did not take the last batch"""
    _queue: Queue = field(default_factory=Queue)
    _brought: Brought = field(default_factory=Brought)
    _bench: Bench = field(default_factory=Bench)
    _watches: Watches = field(default_factory=Watches)
    _scheduled: bool = False
    _stopping: bool = False
    _idle: Idle = field(init=False)

    def __post_init__(self) -> None:
        self._idle = Idle(self.ledger, self.clock, self.keep_days, self._busy)

    def submit(
        self, submissions: list[Submission], answer: Verdicts, settled: Callable[[], None] | None = None
    ) -> None:
        """Takes in a delivery; `answer` is called after its commit, `settled` when its bills are no longer due."""
        if self._stopping or not self._queue.has_room(len(submissions)):
            answer([], record(QUEUE_FULL()))
            return
        self._queue.add(Delivery(submissions, answer, settled))
        self.wake()

    def signed(
        self, seat: IssuerSeat, issued: Sequence[Issued], not_issued: Sequence[NotIssued], traced: Sequence[str] = ()
    ) -> None:
        """An issuer's bills come back; of some it wants to hear when they are stored."""
        reach("brought")
        if traced:
            self._bench.asks(seat, traced)
        self._brought.add(issued, not_issued)
        seat.busy.difference_update(bill.bill_id for bill in issued)
        seat.busy.difference_update(bill.bill_id for bill in not_issued)
        self.wake()

    def confirmed(self, bills: Sequence[Confirmed]) -> None:
        """The supervisor's signatures come in."""
        self._brought.add(confirmed=bills)
        self.wake()

    def sit(self, seat: IssuerSeat) -> None:
        """A new issuer is ready."""
        self._bench.sit(seat)
        self.wake()

    def leave(self, seat: IssuerSeat) -> None:
        """An issuer is gone; what it held is handed out again, under the same numbers."""
        self._bench.leave(seat)
        self.ledger.hand_back(sorted(seat.busy))
        seat.busy.clear()
        self.wake()

    def wake(self) -> None:
        """Lets the next batch run in the next turn of the loop."""
        if not self._scheduled and not self.asleep:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._run)

    def after(self, callback: Callable[[], None]) -> None:
        """Calls back once everything that came before this is committed."""
        self._queue.add(Delivery([], lambda _verdicts, _fault: callback()))
        self.wake()

    @property
    def idle(self) -> bool:
        """Whether nothing is queued or being signed."""
        return not (self._queue or self._brought or self._bench.busy)

    def look(self) -> Fault | None:
        """What is wrong with the database; while something is, it is tried: messages may not come again till then."""
        if self.trouble is not None:
            try:
                self.ledger.ping()
            except Retry as fault:
                self.trouble = fault
            except Config as fault:
                self.fatal(fault)
            else:
                self.trouble = None
        return self.trouble

    def reread(self) -> None:
        """Something beside the core wrote, by this process's own doing: what it keeps in memory is read anew."""
        self.ledger.reread()
        self.ledger.keep_out([*self._bench.busy, *self._brought.signed])
        self.wake()

    def stop_taking(self) -> None:
        """New deliveries are told to come again; what is queued is finished."""
        self._stopping = True

    def _run(self) -> None:
        self._scheduled = False
        alone = self._queue.alone > 0
        brought = bool(self._brought)
        # a lone batch is either one delivery, or what issuers and the platform brought
        taken, submissions = self._queue.take(nothing=alone and brought)
        batch = self._brought.take(submissions)
        want = 0 if self._stopping or alone else self._bench.room
        if not (taken or brought or (want and self.ledger.ready())):
            self._idle.begin()
            return
        began, at_ns = perf_counter(), time_ns() if TRACES.on else 0
        try:
            result = self.ledger.apply(batch, self.clock(), want)
        except Retry as fault:
            self._refused(taken, batch, fault)
            return
        except Config as fault:
            self.fatal(fault)
            return
        except Exception as error:  # noqa: BLE001  (a defect must not leave every sender waiting for ever)
            self._failed(taken, batch, error, alone)
            return
        reach("committed")
        if result.work:
            reach("reserved")
        self.trouble = None
        self.tally.committed(batch, result, perf_counter() - began)
        at = 0
        for waiting in taken:
            verdicts = result.verdicts[at : at + len(waiting.submissions)]
            at += len(waiting.submissions)
            waiting.answer(verdicts, None)
            if waiting.settled is not None:
                bills = {bill for verdict in verdicts for bill in verdict.bills if self.ledger.is_due(bill)}
                self._watches.add(bills, waiting.settled)
        for bill_id in (*result.issued, *result.withdrawn):
            self._watches.settled(bill_id)
        if batch.not_issued:
            self._later([bill.bill_id for bill in batch.not_issued])
        if TRACES.on:
            TRACES.committed(zip(batch.submissions, result.verdicts, strict=True), "sqlite", at_ns)
            self._bench.over(batch.issued, result.issued)
        self._bench.hand_out(result.work)
        if result.outgoing:
            self.poke()
        if self._queue or self._brought or (result.work and self.ledger.ready()):
            self.wake()
        else:
            self._idle.begin()
            if want and self.ledger.ready():  # something keeps the ledger from numbering: the clock
                asyncio.get_running_loop().call_later(ALARM_SECONDS, self.wake)

    def _busy(self) -> bool:
        return bool(self._queue or self._brought or self._stopping)

    def _refused(self, taken: Sequence[Delivery], batch: Batch, fault: Fault) -> None:
        """The database did not take the batch: senders are told to come again, signed bills are kept for the next."""
        self.tally.refused(fault.code.code)
        self.trouble = fault
        log.error("%s", fault)
        self._queue.put_back([waiting for waiting in taken if not waiting.submissions])
        for waiting in taken:
            if waiting.submissions:
                waiting.answer([], record(fault))
        self._hold(batch)
        asyncio.get_running_loop().call_later(RETRY_SECONDS, self.wake)

    def _hold(self, batch: Batch) -> None:
        """Keeps what issuers and the platform made of a batch that was rolled back, for the next one."""
        self._brought.put_back(batch)
        self.ledger.keep_out([*self._bench.busy, *self._brought.signed])

    def _failed(self, taken: Sequence[Delivery], batch: Batch, error: Exception, alone: bool) -> None:
        """The program failed on a batch: its parts are tried one by one, so that only the bad one is parked."""
        parts = len(taken) + bool(batch.issued or batch.not_issued or batch.confirmed)
        log.error("a batch of %s failed: %s", parts, describe(error))
        self.tally.failed()
        if not parts:  # it failed while numbers were given out
            asyncio.get_running_loop().call_later(RETRY_SECONDS * 4, self.wake)
            self._hold(batch)
            return
        if not alone:
            self._queue.put_back(taken)
            self._queue.alone = parts
            self._hold(batch)
        elif taken and all(submission.fault is None for submission in batch.submissions):
            fault = record(DEFECT(found=type(error).__name__))
            taken[0].submissions = [
                msgspec.structs.replace(submission, place="parked", fault=fault, events=[], question=None)
                for submission in batch.submissions
            ]
            self._queue.put_back(taken)
            self._queue.alone += 1
            self._hold(batch)
        elif taken:
            taken[0].answer([], record(BATCH_FAILED()))
            self._hold(batch)
        else:
            self._hold(Batch())
            self._later([bill.bill_id for bill in batch.issued])
        self.wake()

    def _later(self, bill_ids: list[str]) -> None:
        """Bills that could not be signed try again after a while, behind the others."""

        def again() -> None:
            self.ledger.hand_back(bill_ids)
            self.wake()

        asyncio.get_running_loop().call_later(RETRY_SECONDS * 4, again)
