"""How far the workers are behind: what lies on the topics, less what is committed.

Asked of the broker itself, over connections of its own: a consumer that stalls does not notice what it does not fetch.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hub.engine.cluster.topics import Topics

log = logging.getLogger("billhub.kafka")

SECONDS: Final = 8.0
"""How long one look may take."""


@dataclass(frozen=True, slots=True)
class Lag:
    """At one moment, over some partitions."""

    waiting: int
    """Kafka messages not committed"""
    committed: int
    """sum of committed offsets: it grows with every commit"""


class LagMeter:
    """Measures the workers' group; connects when first asked, and anew after a broker was away."""

    def __init__(self, options: Mapping[str, Any], topics: Topics) -> None:
        self._options = options
        self._topics = topics
        self._clients: tuple[AIOKafkaConsumer, AIOKafkaAdminClient] | None = None
        self._places: list[TopicPartition] = []

    async def look(self, owned: Collection[tuple[str, int]] = ()) -> Lag | None:
        """The lag of some partitions, of all where none is named; None where no broker says."""
        try:
            async with asyncio.timeout(SECONDS):
                if self._clients is None:
                    await self._connect()
                return await self._measure({(topic, partition) for topic, partition in owned})
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
        reader = AIOKafkaConsumer(**self._options, client_id="billhub-lag", request_timeout_ms=5_000)
        admin = AIOKafkaAdminClient(**self._options, client_id="billhub-lag", request_timeout_ms=5_000)
        self._clients = reader, admin
        await reader.start()
        await admin.start()
        found = await admin.describe_topics([self._topics.events, self._topics.refused])
        self._places = [TopicPartition(one["topic"], part["partition"]) for one in found for part in one["partitions"]]

    async def _measure(self, mine: Collection[tuple[str, int]]) -> Lag:
        assert self._clients is not None
        reader, admin = self._clients
        places = [place for place in self._places if not mine or tuple(place) in mine]
        ends = await reader.end_offsets(places)
        done = await admin.list_consumer_group_offsets(self._topics.group)
        waiting = committed = 0
        for place in places:
            offset = max(0, done[place].offset) if place in done else 0
            committed += offset
            waiting += max(0, ends[place] - offset)
        return Lag(waiting, committed)
