"""A hub.yaml over a real broker, doors that produce to it, and a look at what lies on it."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from hub.adapter import Delivery
from hub.engine.cluster.connection import client_options
from hub.engine.cluster.counter import KafkaCounter
from hub.engine.cluster.producer import SteadyProducer
from hub.engine.cluster.records import unpack
from hub.engine.cluster.topics import Topics, check_topics
from hub.engine.envelope import pack
from hub.hubfile import HubConfig, load_hub
from hub.ledger import aad
from hub.ledger.records import Submission
from tests.ledger.book import START, VAULT, charge, message

CACHE = Path(__file__).resolve().parents[3] / ".jars"
USERS = {"door": "door-secret", "worker": "worker-secret"}
_numbers = itertools.count(1)


def hub_file(folder: Path, servers: list[str], **kafka: Any) -> HubConfig:
    """A hub.yaml with topics of its own."""
    section = {"servers": servers, "prefix": f"t{os.getpid()}-{next(_numbers)}", "replication": 1, "partitions": 4}
    data = {"kafka": section | kafka, "postgres": {"servers": ["127.0.0.1:1"]}, "keys": {"master": "master.key"}}
    path = folder / f"hub-{section['prefix']}.yaml"
    path.write_text(yaml.safe_dump(data), "utf-8")
    return load_hub(path)


def submission(identity: str, size: int = 10, no: str = "C1", **more: Any) -> Submission:
    """A message as a door makes it, its body an envelope of `size` bytes."""
    made = message(identity, charge(no), **more)
    body = pack(Delivery(b"", START), b"x" * size)
    return msgspec.structs.replace(made, body=VAULT.seal("demo", aad.message_aad(made.fingerprint), body))


@dataclass
class Door:
    """What a door process has between its desk and Kafka."""

    topics: Topics
    producer: SteadyProducer
    counter: KafkaCounter
    options: dict[str, Any]

    async def messages(self, topic: str, partition: int | None = None) -> list[list[Submission]]:
        """Every Kafka message of a topic that holds anything, unpacked."""
        return [found for value in await values(self.options, topic, partition) if (found := list(unpack(value)))]

    async def stored(self) -> list[str]:
        """The identities on the events topic."""
        return [one.identity for found in await self.messages(self.topics.events) for one in found]


async def values(options: dict[str, Any], topic: str, partition: int | None = None) -> list[bytes]:
    """The values that lie on a topic now, partition by partition."""
    reader = AIOKafkaConsumer(**options, auto_offset_reset="earliest", max_partition_fetch_bytes=1 << 25)
    await reader.start()
    try:
        numbers = await reader._client._wait_on_metadata(topic)
        places = [TopicPartition(topic, n) for n in sorted(numbers) if partition in (None, n)]
        reader.assign(places)
        await reader.seek_to_beginning(*places)
        ends = await reader.end_offsets(places)
        found = []
        for place in places:
            while await reader.position(place) < ends[place]:
                found += [record.value for record in (await reader.getmany(place, timeout_ms=1000)).get(place, [])]
        return found
    finally:
        await reader.stop()


@contextlib.asynccontextmanager
async def door(hub: HubConfig, seconds: float = 20.0) -> AsyncIterator[Door]:
    """A door's way to Kafka."""
    topics = await check_topics(hub)
    options = client_options(hub)
    producer = SteadyProducer(options, topics.largest)
    await producer.start()
    made = Door(topics, producer, KafkaCounter(producer, topics, VAULT, None, seconds), options)
    try:
        yield made
    finally:
        await made.counter.close(1.0)
        await producer.close()


@contextlib.asynccontextmanager
async def admin(hub: HubConfig) -> AsyncIterator[AIOKafkaAdminClient]:
    """An administrator of the broker."""
    client = AIOKafkaAdminClient(**client_options(hub))
    await client.start()
    try:
        yield client
    finally:
        await client.close()


def now() -> datetime:
    return datetime.now(UTC)
