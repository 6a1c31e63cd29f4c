"""Lanes: one for each partition. What arrives while a message of a lane is under way is packed into its next one.

So a quiet hub sends every submission at once, and a busy one sends few large messages, without a timer. A lane's order
is kept. Whoever stopped waiting is left out of what was not sent yet.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from hub.engine.cluster.records import OVERHEAD, pack
from hub.ledger.turns import Turns
from hub.metrics.catalogue import PRODUCE_FAILURES, PRODUCE_PACKED, PRODUCE_SECONDS
from hub.tracing.contexts import Context, Headers
from hub.tracing.spans import TRACES

log = logging.getLogger("billhub.kafka")

MOST_PACKED: Final = 500
"""Submissions of one message; a worker takes whole messages."""
PACKED_BYTES: Final = 768 * 1024
"""How large a message of several submissions may grow: below every broker's default."""
PAUSE: Final = 0.05
"""Between a failure and the next try, so that a broker that refuses everything is not flooded."""


class Sender(Protocol):
    """Who carries messages; see `hub.engine.cluster.producer`."""

    async def send(self, topic: str, partition: int, value: bytes, headers: Headers = ()) -> None:
        """Returns after the acknowledgement, or raises KafkaError."""


@dataclass(slots=True, eq=False)
class Parcel:
    """One submission on its way. `done` is called once: with "" when it is acknowledged, "large" or "left"."""

    data: bytes
    done: Callable[[str], None]
    wanted: Callable[[], bool]
    """whether somebody still waits for it"""
    unit: str = ""
    trace: Context | None = None
    """where it is traced"""


@dataclass(slots=True)
class Lane:
    """The way to one partition."""

    sender: Sender
    topic: str
    partition: int
    waiting: Turns[Parcel] = field(default_factory=Turns)
    """units in turn: while the broker is slow, one unit's many do not delay another's few"""
    task: asyncio.Task[None] | None = None

    def put(self, parcel: Parcel) -> None:
        """Takes a parcel; it leaves with all that come in this turn of the loop."""
        self.waiting.add(parcel.unit, parcel)
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        try:
            while parcels := self._next():
                await self._carry(parcels)
        finally:
            self.task = None

    def _next(self) -> list[Parcel]:
        taken: list[Parcel] = []
        size = OVERHEAD
        while (turn := self.waiting.peek()) and len(taken) < MOST_PACKED:
            parcel = turn[1]
            if not parcel.wanted():
                self.waiting.take(0)
                parcel.done("left")
                continue
            if taken and size + len(parcel.data) > PACKED_BYTES:
                break
            self.waiting.take()
            taken.append(parcel)
            size += len(parcel.data)
        return taken

    async def _carry(self, parcels: list[Parcel]) -> None:
        """Sends until it is acknowledged, or nobody waits any more."""
        while parcels:
            try:
                with PRODUCE_SECONDS.timed():
                    await self._send(parcels)
            except MessageSizeTooLargeError:
                if len(parcels) == 1:
                    parcels[0].done("large")
                    return
                for parcel in parcels:  # the topic takes less than it should: one by one
                    await self._carry([parcel])
                return
            except KafkaError as error:
                PRODUCE_FAILURES.add()
                log.warning("%s-%s: %s; it is sent again", self.topic, self.partition, type(error).__name__)
                await asyncio.sleep(PAUSE)
                for parcel in parcels:
                    if not parcel.wanted():
                        parcel.done("left")
                parcels = [parcel for parcel in parcels if parcel.wanted()]
            else:
                PRODUCE_PACKED.observe(len(parcels))
                for parcel in parcels:
                    parcel.done("")
                return

    async def _send(self, parcels: list[Parcel]) -> None:
        record = pack([parcel.data for parcel in parcels])
        traced: list[tuple[int, Context]] = []
        if TRACES.on:
            traced = [(place, parcel.trace) for place, parcel in enumerate(parcels) if parcel.trace is not None]
        if not traced:
            await self.sender.send(self.topic, self.partition, record)
            return
        began = time.time_ns()
        span, headers = TRACES.produced(traced)
        await self.sender.send(self.topic, self.partition, record, headers)
        TRACES.acknowledged(span, self.topic, self.partition, traced, len(parcels), began)
