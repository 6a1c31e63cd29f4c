"""How far the workers are behind: what lies on the topics, less what is committed.

Asked of the broker itself, over connections of its own: a consumer that stalls does not notice what it does not fetch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from hub.engine.cluster.topics import Topics


@dataclass(frozen=True, slots=True)
class Lag:
    """At one moment, over some partitions."""

    waiting: int
    """Kafka messages not committed"""
    committed: int
    """sum of committed offsets: it grows with every commit"""


class LagMeter:
    """Measures the workers' group."""

    def __init__(self, options: Mapping[str, Any], topics: Topics) -> None:
        self._topics = topics
        self._reader = AIOKafkaConsumer(**options, client_id="billhub-lag", request_timeout_ms=5_000)
        self._admin = AIOKafkaAdminClient(**options, client_id="billhub-lag", request_timeout_ms=5_000)
        self._places: list[TopicPartition] = []

    async def start(self) -> None:
        """Connects.

        Raises:
            KafkaError: no broker answers.
        """
        await self._reader.start()
        await self._admin.start()
        for found in await self._admin.describe_topics([self._topics.events, self._topics.refused]):
            self._places += [TopicPartition(found["topic"], one["partition"]) for one in found["partitions"]]

    async def measure(self, owned: Collection[tuple[str, int]] = ()) -> Lag:
        """The lag of some partitions, or of all where none is named.

        Raises:
            KafkaError: no broker answers.
        """
        mine = {(topic, partition) for topic, partition in owned}
        places = [place for place in self._places if not mine or tuple(place) in mine]
        ends = await self._reader.end_offsets(places)
        done = await self._admin.list_consumer_group_offsets(self._topics.group)
        waiting = committed = 0
        for place in places:
            offset = max(0, done[place].offset) if place in done else 0
            committed += offset
            waiting += max(0, ends[place] - offset)
        return Lag(waiting, committed)

    async def close(self) -> None:
        """Ends the connections."""
        await self._reader.stop()
        await self._admin.close()
