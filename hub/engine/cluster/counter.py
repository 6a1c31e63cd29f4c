"""The cluster's way to the ledger: a delivery is durable when Kafka has acknowledged every submission of it.

A sender whose source asks for more (`applied`, `issued`) waits for the worker's verdict, too. Nothing is kept here: a
process that dies has answered nobody whose message is not on the broker.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import msgspec

from hub.engine.cluster.faults import BROKER_AWAY, NOBODY_JUDGES, TOO_LARGE, VERDICT_LATE
from hub.engine.cluster.lanes import Lane, Parcel, Sender
from hub.engine.cluster.records import OVERHEAD, encode, partition_of
from hub.engine.cluster.topics import Topics
from hub.engine.envelope import pack, unpack
from hub.engine.faults import QUEUE_FULL
from hub.engine.intake import KEPT_OF_REFUSED
from hub.ledger import aad
from hub.ledger.port import Listener
from hub.ledger.records import FaultRecord, Submission, Verdict, record
from hub.metrics.catalogue import PRODUCE_WAITING
from hub.security.vault import Vault
from hub.tracing.spans import TRACES

MOST_WAITING: Final = 20_000
"""Submissions not acknowledged yet; beyond, senders are told to come again."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Bytes of them."""


@dataclass(slots=True, eq=False)
class _Journey:
    """A delivery under way."""

    left: int
    done: asyncio.Future[None]
    verdicts: list[Verdict]

    def wanted(self) -> bool:
        return not self.done.done()


class KafkaCounter:
    """See `hub.engine.desk.Counter`.

    Without a `listener` (the database is away, or not found yet) only those are served who do not wait for a verdict.
    """

    def __init__(
        self, sender: Sender, topics: Topics, vault: Vault, listener: Listener | None, seconds: float = 10.0
    ) -> None:
        """`seconds` is how long a sender waits for the broker, and again for a verdict."""
        self.listener = listener
        self._topics = topics
        self._vault = vault
        self._seconds = seconds
        self._events = [Lane(sender, topics.events, number) for number in range(topics.partitions)]
        self._refused = Lane(sender, topics.refused, 0)
        self._waiting = 0
        self._bytes = 0

    @property
    def waiting(self) -> int:
        """Submissions not acknowledged yet."""
        return self._waiting

    async def submit(
        self, submissions: Sequence[Submission], watch: bool
    ) -> tuple[list[Verdict], asyncio.Future[None] | None]:
        """See `hub.engine.desk.Counter`; where nobody waits for the ledger, a verdict is the door's own judgement."""
        if self._waiting + len(submissions) > MOST_WAITING or self._bytes > MOST_BYTES:
            raise QUEUE_FULL()
        if not submissions:
            return [], None
        listener = self.listener
        expected: dict[int, asyncio.Future[Verdict]] = {}
        for index, one in enumerate(submissions):
            if one.answer != "durable" and one.place != "refused":
                if listener is None:
                    raise NOBODY_JUDGES()
                expected[index] = listener.expect(one.id, one.fingerprint)
        try:
            verdicts = await self._send(submissions)
            await self._hear(expected, verdicts)
        finally:
            for future in expected.values():
                future.cancel()
        if not watch or listener is None:
            return verdicts, None
        bills = list(itertools.chain.from_iterable(verdict.bills for verdict in verdicts))
        return verdicts, listener.expect_settled(bills) if bills else None

    async def close(self, seconds: float) -> None:
        """Waits until what was taken is acknowledged, or given up."""
        lanes = [*self._events, self._refused]
        if tasks := [lane.task for lane in lanes if lane.task is not None]:
            _, left = await asyncio.wait(tasks, timeout=seconds)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _send(self, submissions: Sequence[Submission]) -> list[Verdict]:
        """Returns when every submission is acknowledged."""
        verdicts = [Verdict(one.place, one.fault) for one in submissions]
        journey = _Journey(len(submissions), asyncio.get_running_loop().create_future(), verdicts)
        for index, one in enumerate(submissions):
            self._put(journey, index, one)
        try:
            async with asyncio.timeout(self._seconds):
                await journey.done
        except TimeoutError:
            raise BROKER_AWAY(seconds=int(self._seconds)) from None
        finally:
            journey.done.cancel()
        return verdicts

    async def _hear(self, expected: dict[int, asyncio.Future[Verdict]], verdicts: list[Verdict]) -> None:
        """Puts the ledger's verdicts in the place of the door's."""
        try:
            async with asyncio.timeout(self._seconds):
                for index, future in expected.items():
                    if verdicts[index].place != "refused":  # it was too large, and the ledger will not hear of it
                        verdicts[index] = await future
        except TimeoutError:
            raise VERDICT_LATE(seconds=int(self._seconds)) from None

    def _put(self, journey: _Journey, index: int, submission: Submission) -> None:
        data = encode(submission)
        if len(data) + OVERHEAD > self._topics.largest:
            submission = self._cut(journey, index, submission, len(data))
            data = encode(submission)
        self._waiting += 1
        PRODUCE_WAITING.set(self._waiting)
        self._bytes += len(data)
        refused = submission.place == "refused"
        topics = self._topics
        lane = self._refused if refused else self._events[partition_of(submission, topics.partitions, topics.spread)]
        done = partial(self._arrived, journey, index, submission, len(data))
        trace = TRACES.context(submission) if TRACES.on else None
        lane.put(Parcel(data, done, journey.wanted, submission.unit, trace))

    def _arrived(self, journey: _Journey, index: int, submission: Submission, size: int, how: str) -> None:
        self._waiting -= 1
        PRODUCE_WAITING.set(self._waiting)
        self._bytes -= size
        if how == "large" and submission.place != "refused":
            self._put(journey, index, self._cut(journey, index, submission, size))
            return
        if how:  # nobody waits, or even its refusal is too large for the topic: not acknowledged
            return
        journey.left -= 1
        if journey.left == 0 and not journey.done.done():
            journey.done.set_result(None)

    def _cut(self, journey: _Journey, index: int, submission: Submission, size: int) -> Submission:
        """The refusal of a submission that no record can hold: the beginning of its message, and the reason."""
        fault = record(TOO_LARGE(f"{submission.unit}/{submission.source}", size=size, most=self._topics.largest))
        journey.verdicts[index] = Verdict("refused", fault)
        return cut(submission, self._vault, fault)


def cut(submission: Submission, vault: Vault, fault: FaultRecord) -> Submission:
    """The refusal of a submission: the beginning of its message, sealed as the refused are."""
    unit = submission.unit
    bound = aad.REFUSED if submission.place == "refused" else aad.message_aad(submission.fingerprint)
    came = unpack(vault.open(unit, bound, submission.body))
    short = replace(came, body=came.body[:KEPT_OF_REFUSED], query="", name=came.name[:200])
    body = vault.seal(unit, aad.REFUSED, pack(short, short.body))
    return msgspec.structs.replace(
        submission, body=body, events=[], question=None, place="refused", fault=fault, identity="", revision=""
    )
