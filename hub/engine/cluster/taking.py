"""A worker's one deed: Kafka messages into the ledger, whatever they hold and however the database behaves meanwhile.

It returns when everything is committed, or raises `LastingError`: then the process has to end, unacknowledged, and
whoever comes next gets the same messages again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.engine.cluster.poison import Place, as_garbage, set_aside, submissions_of
from hub.errors import Config, Retry, describe
from hub.ledger.port import SharedLedger
from hub.ledger.records import Batch, Submission
from hub.ledger.turns import Turns
from hub.metrics.catalogue import BATCH_MESSAGES, COMMIT_FAILURES, COMMIT_SECONDS, SET_ASIDE, TAKEN
from hub.security.vault import Vault
from hub.tracing.spans import TRACES

log = logging.getLogger("billhub.worker")

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0

DEFECT, DATABASE_AWAY, UNUSABLE = 70, 75, 3
"""Exit codes of a worker: a defect, a database that stays away, and one that can never do as things are."""


def in_turn(found: Iterable[Submission]) -> list[Submission]:
    """Submissions with units in turn: who sent few is in the first transactions. A unit's own keep their order."""
    turns: Turns[Submission] = Turns()
    for one in found:
        turns.add(one.unit, one)
    ordered: list[Submission] = []
    while turn := turns.peek():
        turns.take()
        ordered.append(turn[1])
    return ordered


class LastingError(Exception):
    """Trying again in this process is no use. `code` is what it exits with."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(slots=True)
class Progress:
    """What a worker has done, for its watchdog and for metrics."""

    messages: int = 0
    submissions: int = 0
    commits: int = 0
    set_aside: int = 0
    redelivered: int = 0
    """submissions that Kafka brought once more: each restart and rebalance brings some"""
    waiting_for_database: bool = False


class Taker:
    """See the module."""

    def __init__(
        self, ledger: SharedLedger, vault: Vault, clock: Callable[[], datetime], most: int, patience: float
    ) -> None:
        """`most` is the size of a transaction in submissions, `patience` how long the database may be away."""
        self._ledger = ledger
        self._vault = vault
        self._clock = clock
        self._most = most
        self._patience = patience
        self.progress = Progress()

    async def take(self, messages: Sequence[tuple[bytes | None, Place]]) -> None:
        """Takes Kafka messages in; after it they may be acknowledged.

        Raises:
            LastingError: they may not.
        """
        now = self._clock()
        came: list[Submission] = []
        for value, place in messages:
            held = submissions_of(value, place, self._vault, now)
            if TRACES.on and place.headers:
                TRACES.came(held, place.headers)
            came += held
        found = in_turn(came)
        times = math.ceil(len(found) / self._most)
        for turn in range(times):  # of about one size
            await self._commit(found[len(found) * turn // times : len(found) * (turn + 1) // times])
        self.progress.messages += len(messages)

    async def _commit(self, submissions: list[Submission]) -> None:
        """One transaction; where the program fails on it, one for each submission, so that only the bad one parks."""
        try:
            await self._patiently(submissions)
        except LastingError:
            raise
        except Exception as error:  # noqa: BLE001  (poison must cost its own message only)
            log.error("a batch of %s failed: %s", len(submissions), describe(error))  # noqa: TRY400  (may quote it)
            if len(submissions) > 1:
                for one in submissions:
                    await self._commit([one])
            else:
                await self._last_resorts(submissions[0], error)

    async def _last_resorts(self, submission: Submission, error: Exception) -> None:
        self.progress.set_aside += 1
        SET_ASIDE.add()
        for attempt in self._lesser(submission, error):
            try:
                await self._patiently([attempt])
            except LastingError:
                raise
            except Exception as again:  # noqa: BLE001
                log.error("a message set aside failed again: %s", describe(again))  # noqa: TRY400
            else:
                return
        raise LastingError(DEFECT, f"a message cannot even be set aside: {describe(error)}")

    def _lesser(self, submission: Submission, error: Exception) -> Iterable[Submission]:
        yield set_aside(submission, error)
        yield as_garbage(submission, self._vault, self._clock())

    async def _patiently(self, submissions: list[Submission]) -> None:
        """One transaction, tried again for as long as a database may be away."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        pause = FIRST_PAUSE
        while True:
            began = time.time_ns()
            try:
                with COMMIT_SECONDS.timed():
                    result = await self._ledger.apply(Batch(submissions), self._clock())
            except Retry as fault:
                COMMIT_FAILURES.add(1, fault.code.code)
                self.progress.waiting_for_database = True
                if loop.time() + pause > end:
                    raise LastingError(DATABASE_AWAY, str(fault)) from fault
                log.warning("%s; again in %.1f s", fault, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except Config as fault:
                raise LastingError(UNUSABLE, str(fault)) from fault
            else:
                self.progress.waiting_for_database = False
                self.progress.commits += 1
                self.progress.submissions += len(submissions)
                BATCH_MESSAGES.observe(len(submissions))
                for verdict in result.verdicts:
                    TAKEN.add(1, verdict.place)
                if TRACES.on:
                    TRACES.committed(zip(submissions, result.verdicts, strict=True), "postgresql", began)
                self.progress.redelivered += result.redelivered
                if result.redelivered:
                    log.info("%s messages came from Kafka once more and were counted before", result.redelivered)
                return
