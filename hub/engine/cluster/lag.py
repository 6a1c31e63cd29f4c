"""How far the workers are behind: what lies on the topics, less what is committed.

Asked of the broker itself, over connections of its own: a consumer that stalls does not notice what it does not fetch.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)

from hub.engine.cluster.faults import FEW_PARTITIONS, NO_TOPIC
from hub.engine.cluster.topics import Topics

log = logging.getLogger("billhub.kafka")

SECONDS: Final = 8.0
"""How long one look may take."""
MOST_AGED: Final = 64
"""Partitions whose oldest record is read at once."""
AGE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Lag:
    """At one moment, over some partitions."""

    waiting: int
    """Kafka messages not committed"""
    committed: int
    """sum of committed offsets: it grows with every commit"""
    topics: Mapping[str, int] = field(default_factory=dict)
    """topic → messages not committed"""
    oldest: float | None = None
    """when the oldest of them was written, seconds since the epoch; None where none waits, or nobody may look"""


class Unmeasured(Exception):  # noqa: N818  (it says what happened)
    """Brokers answer, but the login may not ask how far the group is."""


class LagMeter:
    """Measures the workers' group; connects when first asked, and anew after a broker was away."""

    def __init__(self, options: Mapping[str, Any], topics: Topics) -> None:
        self._options = options
        self._topics = topics
        self._clients: tuple[AIOKafkaConsumer, AIOKafkaAdminClient] | None = None

    async def look(self, owned: Collection[tuple[str, int]] = (), *, age: bool = False) -> Lag | None:
        """The lag of some partitions, of all where none is named; None where no broker says. `age` costs a fetch.

        Raises:
            Unmeasured: brokers answer, but the login has not the right to ask.
            Config: a topic is gone, or has fewer partitions than doors write to.
        """
        try:
            async with asyncio.timeout(SECONDS):
                if self._clients is None:
                    await self._connect()
                return await self._measure({(topic, partition) for topic, partition in owned}, age)
        except GroupAuthorizationFailedError:
            raise Unmeasured from None
        except (KafkaError, TimeoutError, OSError) as error:
            log.debug("the lag is not known: %s", type(error).__name__)
            await self.close()
            return None

    async def close(self) -> None:
        """Ends the connections."""
        clients, self._clients = self._clients, None
        if clients is None:
            return
        try:
            async with asyncio.timeout(SECONDS):
                await clients[0].stop()
                await clients[1].close()
        except (KafkaError, TimeoutError, OSError, RuntimeError) as error:
            log.debug("a lag meter ended with %s", type(error).__name__)

    async def _connect(self) -> None:
        reader = AIOKafkaConsumer(
            **self._options,
            client_id="billhub-lag",
            request_timeout_ms=5_000,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=1024,  # a broker gives a whole record, however little is asked for
        )
        admin = AIOKafkaAdminClient(**self._options, client_id="billhub-lag", request_timeout_ms=5_000)
        self._clients = reader, admin
        await reader.start()
        await admin.start()

    async def _measure(self, mine: Collection[tuple[str, int]], age: bool) -> Lag:
        assert self._clients is not None
        reader, admin = self._clients
        places = [place for place in await self._places(admin) if not mine or tuple(place) in mine]
        ends = await reader.end_offsets(places)
        done = await admin.list_consumer_group_offsets(self._topics.group)
        committed = 0
        topics = dict.fromkeys((self._topics.events, self._topics.refused), 0)
        behind: dict[TopicPartition, int] = {}
        for place in places:
            offset = max(0, done[place].offset) if place in done else 0
            committed += offset
            if ends[place] > offset:
                topics[place.topic] += ends[place] - offset
                behind[place] = offset
        oldest = await self._oldest(reader, behind) if age and behind else None
        return Lag(sum(topics.values()), committed, topics, oldest)

    async def _places(self, admin: AIOKafkaAdminClient) -> list[TopicPartition]:
        """The partitions there are now: somebody may delete a topic under a running hub, or add to it."""
        places: list[TopicPartition] = []
        for found in await admin.describe_topics([self._topics.events, self._topics.refused]):
            topic, error = found["topic"], for_code(found["error_code"])
            wanted = self._topics.partitions if topic == self._topics.events else 1
            if error is UnknownTopicOrPartitionError:
                raise NO_TOPIC(topic=topic, partitions=wanted)
            if found["error_code"]:
                raise error(topic)
            if len(found["partitions"]) < wanted:
                raise FEW_PARTITIONS(topic=topic, found=len(found["partitions"]), wanted=wanted)
            places += [TopicPartition(topic, place["partition"]) for place in found["partitions"]]
        return places

    async def _oldest(self, reader: AIOKafkaConsumer, behind: Mapping[TopicPartition, int]) -> float | None:
        """When the first record behind a committed offset was written: of those partitions that are most behind."""
        places = list(behind)[:MOST_AGED]
        found: dict[TopicPartition, int] = {}
        try:
            reader.assign(places)
            for place in places:
                reader.seek(place, behind[place])
            end = asyncio.get_running_loop().time() + AGE_SECONDS
            while len(found) < len(places) and asyncio.get_running_loop().time() < end:
                missing = [place for place in places if place not in found]
                for place, records in (await reader.getmany(*missing, timeout_ms=200, max_records=50)).items():
                    if records:
                        found[place] = records[0].timestamp
        except TopicAuthorizationFailedError:  # a door may write, not read
            return None
        finally:
            reader.unsubscribe()
        return min(found.values()) / 1000 if found else None
