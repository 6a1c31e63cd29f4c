"""How far the workers had read when a backup was made, and setting them back to there when it is restored.

Offsets are read before the backup's snapshot is taken, and workers commit an offset after the ledger's commit: so
whatever lies before them is in the backup. What lies behind is brought again; the ledger knows what it has already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hub.engine.cluster.connection import client_options, steady
from hub.engine.cluster.faults import OFFSETS_AWAY, WORKERS_RUN
from hub.engine.cluster.topics import topics_of
from hub.hubfile import HubConfig

SECONDS: Final = 20.0
GONE_SECONDS: Final = 20.0
"""How long members are waited for: the broker counts on one that was killed until its session is over."""
Offsets = dict[str, dict[str, int]]
"""topic → partition → the next offset to read"""


async def committed(hub: HubConfig) -> Offsets:
    """What the workers' group has committed.

    Raises:
        Retry: no broker answers.
    """
    topics = topics_of(hub.kafka)
    try:
        async with asyncio.timeout(SECONDS):
            admin = await _admin(hub)
            try:
                done = await admin.list_consumer_group_offsets(topics.group)
            finally:
                await admin.close()
    except (KafkaError, TimeoutError, OSError) as error:
        raise OFFSETS_AWAY(found=type(error).__name__) from error
    made: Offsets = {topics.events: {}, topics.refused: {}}
    for place, offset in done.items():
        made.setdefault(place.topic, {})[str(place.partition)] = max(0, offset.offset)
    return made


async def set_back(hub: HubConfig, to: Mapping[str, Mapping[str, int]] | None) -> dict[str, Any]:
    """Sets the group back, to the beginning where a partition's offset is not known: {again, lost}.

    `again`: Kafka messages that will be brought once more. `lost`: messages behind the backup that Kafka forgot.

    Raises:
        Retry: no broker answers.
        Config: workers still run.
    """
    topics = topics_of(hub.kafka)
    try:
        async with asyncio.timeout(SECONDS + GONE_SECONDS):
            return await _set_back(hub, topics.group, (topics.events, topics.refused), to or {})
    except (KafkaError, TimeoutError, OSError) as error:
        raise OFFSETS_AWAY(found=type(error).__name__) from error


async def _set_back(
    hub: HubConfig, group: str, names: tuple[str, ...], to: Mapping[str, Mapping[str, int]]
) -> dict[str, Any]:
    admin = await _admin(hub)
    try:
        found = await admin.describe_topics(list(names))
        await _gone(admin, group)
    finally:
        await admin.close()
    places = [TopicPartition(one["topic"], part["partition"]) for one in found for part in one["partitions"]]
    reader = AIOKafkaConsumer(**client_options(hub), group_id=group, enable_auto_commit=False)
    await reader.start()
    try:
        reader.assign(places)
        first, last = await reader.beginning_offsets(places), await reader.end_offsets(places)
        goals: dict[TopicPartition, int] = {}
        lost = 0
        for place in places:
            wanted = to.get(place.topic, {}).get(str(place.partition), 0)
            if to:
                lost += max(0, first[place] - wanted)
            goals[place] = min(max(wanted, first[place]), last[place])
        await reader.commit(dict(goals))
    finally:
        await reader.stop()
    return {"again": sum(last[place] - goal for place, goal in goals.items()), "lost": lost}


async def _gone(admin: AIOKafkaAdminClient, group: str) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + GONE_SECONDS
    while True:
        answers = await admin.describe_consumer_groups([group])
        if not any(one[5] for answer in answers for one in answer.groups):
            return
        if loop.time() > end:
            raise WORKERS_RUN(group=group)
        await asyncio.sleep(0.5)


async def _admin(hub: HubConfig) -> AIOKafkaAdminClient:
    steady()
    admin = AIOKafkaAdminClient(**client_options(hub), client_id="billhub-offsets")
    await admin.start()
    return admin
