"""A topic that somebody deletes, or adds to, under a running hub: said at once, and over once it is right again."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic

from drills.place import Place
from tests.engine.cluster.province import province
from tests.engine.cluster.test_seen import Seen, bad, ready
from tests.tracing.backend import Backend

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio]
EVENTS = "billhub.events"


@contextlib.asynccontextmanager
async def _kafka(place: Place) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=place.kafka.servers)
    await client.start()
    yield client
    await client.close()


async def test_a_topic_that_is_gone_is_said_until_it_is_there_again(tmp_path: Path) -> None:
    async with province(tmp_path, door={"ack_seconds": 2}) as place, _kafka(place) as kafka:
        hub = place.machine("door", "worker", "issuer")
        await hub.start()
        seen = Seen(place, hub, hub, "", Backend())
        assert await seen.charge("A") == "AA"
        await place.until_bills(issued=1)
        await seen.until_ready("/readyz", ready)
        settings = {"max.message.bytes": "9000000"}
        for partitions, code in ((0, "BH-CLU-012"), (3, "BH-CLU-013")):
            await kafka.delete_topics([EVENTS])
            if partitions:
                await kafka.create_topics([NewTopic(EVENTS, partitions, 1, topic_configs=settings)])
            found = await seen.until_ready("/readyz", lambda found, code=code: code in str(found["checks"]["broker"]))
            assert bad("broker")(found)
            assert f"topics: {code}" in hub.log
            assert (await seen.get("/readyz?for=messages")).status_code == 503
            if not partitions:
                await kafka.create_topics([NewTopic(EVENTS, 4, 1, topic_configs=settings)])
                await seen.until_ready("/readyz", ready)
        await kafka.create_partitions({EVENTS: NewPartitions(5)})
        await seen.until_ready("/readyz", ready)
        assert await seen.charge("B") == "AA"
        await place.until_bills(issued=2)
        assert "Traceback" not in hub.log
