"""What is wrong with Kafka is said at the start, in one line with a code."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import NewPartitions, NewTopic

from hub.engine.cluster.connection import client_options
from hub.engine.cluster.knock import check_writing
from hub.engine.cluster.lag import LagMeter, Unmeasured
from hub.engine.cluster.topics import check_reading, check_topics, topics_of
from hub.errors import Config
from hub.hubfile import HubConfig
from hub.local.kafka import LocalKafka
from tests.certificates import identity
from tests.engine.cluster.acls import allow
from tests.engine.cluster.broker import CACHE, USERS, admin, door, hub_file, submission

pytestmark = pytest.mark.timeout(120)


async def _made(hub: HubConfig, name: str, partitions: int = 4, **settings: str) -> None:
    async with admin(hub) as client:
        safe = {"max.message.bytes": "9000000"} | {key.replace("_", "."): value for key, value in settings.items()}
        await client.create_topics([NewTopic(name, partitions, 1, topic_configs=safe)])


async def _refused(hub: HubConfig, code: str) -> Config:
    with pytest.raises(Config, match=code) as refused:
        await check_topics(hub)
    assert "\n" not in str(refused.value)
    return refused.value


async def test_missing_topics_are_made_and_found_again(broker: LocalKafka, tmp_path: Path) -> None:
    hub = hub_file(tmp_path, broker.servers, partitions=3)
    made = await check_topics(hub)
    assert (made.events, made.partitions) == (f"{hub.kafka.prefix}.events", 3)
    assert await check_topics(hub.model_copy(update={"kafka": hub.kafka.model_copy(update={"create": False})})) == made
    await check_reading(hub, made)


async def test_a_missing_topic_that_may_not_be_made_is_named(broker: LocalKafka, tmp_path: Path) -> None:
    hub = hub_file(tmp_path, broker.servers, create="no")
    fault = await _refused(hub, "BH-CLU-012")
    assert topics_of(hub.kafka).events in str(fault)


async def test_more_copies_than_brokers(broker: LocalKafka, tmp_path: Path) -> None:
    await _refused(hub_file(tmp_path, broker.servers, replication=3), "BH-CLU-018")


@pytest.mark.parametrize(
    ("code", "partitions", "settings"),
    [
        ("BH-CLU-013", 2, {}),
        ("BH-CLU-015", 4, {"max_message_bytes": "1000000"}),
        ("BH-CLU-016", 4, {"cleanup_policy": "compact"}),
        ("BH-CLU-016", 4, {"retention_ms": "3600000"}),
        ("BH-CLU-016", 4, {"unclean_leader_election_enable": "true"}),
    ],
)
async def test_a_topic_that_would_stall_or_lose_is_refused(
    broker: LocalKafka, tmp_path: Path, code: str, partitions: int, settings: dict[str, str]
) -> None:
    hub = hub_file(tmp_path, broker.servers)
    await _made(hub, topics_of(hub.kafka).events, partitions, **settings)
    await _refused(hub, code)


async def test_fewer_copies_than_the_file_says(broker: LocalKafka, tmp_path: Path) -> None:
    hub = hub_file(tmp_path, broker.servers, replication=2)
    await _made(hub, topics_of(hub.kafka).events)
    fault = await _refused(hub, "BH-CLU-016")
    assert "replication.factor" in str(fault)


async def test_nobody_is_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        address = f"127.0.0.1:{sock.getsockname()[1]}"
    fault = await _refused(hub_file(tmp_path, [address]), "BH-CLU-010")
    assert address in str(fault)


def _as(folder: Path, broker: LocalKafka, user: str, password: str, **kafka: Any) -> HubConfig:
    (folder / "password").write_text(password)
    sasl = {"mechanism": "PLAIN", "user": user, "password_file": "password"}
    return hub_file(folder, broker.user_servers, sasl=sasl, **kafka)


async def test_a_wrong_password_is_said(broker: LocalKafka, tmp_path: Path) -> None:
    fault = await _refused(_as(tmp_path, broker, "door", "wrong"), "BH-CLU-011")
    assert "wrong" not in str(fault)
    await _refused(_as(tmp_path, broker, "nobody", "door-secret"), "BH-CLU-011")


async def test_each_missing_right_is_named_until_all_are_there(broker: LocalKafka, tmp_path: Path) -> None:
    began = time.time()
    hub = _as(tmp_path, broker, "door", USERS["door"])
    prefix = hub.kafka.prefix
    port = int(broker.servers[0].rpartition(":")[2])
    assert "describe the configuration of" in str(await _refused(hub, "BH-CLU-014"))
    allow(port, "door", "topic", prefix, "describe_configs")
    assert "create topic" in str(await _refused(hub, "BH-CLU-014"))
    allow(port, "door", "topic", prefix, "create")
    assert "describe topic" in str(await _refused(hub, "BH-CLU-014"))
    allow(port, "door", "topic", prefix, "describe")
    topics = await check_topics(hub)
    meter = LagMeter(client_options(hub), topics)
    with pytest.raises(Unmeasured):  # brokers answer, and the lag is not this login's to know
        await meter.look(age=True)
    with pytest.raises(Config, match=r"BH-CLU-014.*read as group"):
        await check_reading(hub, topics)
    allow(port, "door", "group", prefix, "read")
    with pytest.raises(Config, match=r"BH-CLU-014.*read topic"):
        await check_reading(hub, topics)
    allow(port, "door", "topic", prefix, "read")
    await check_reading(hub, topics)
    with pytest.raises(Config, match=r"BH-CLU-014.*write to topic"):
        await check_writing(client_options(hub), topics)
    allow(port, "door", "topic", prefix, "write")
    await check_writing(client_options(hub), topics)
    lag = await meter.look(age=True)
    assert lag is not None
    assert lag.waiting == 2  # a door's first word to each topic
    assert lag.oldest is not None
    assert began - 1 < lag.oldest <= time.time()
    await meter.close()
    async with door(hub) as office:
        assert await office.stored() == []


async def _waiting(meter: LagMeter) -> int:
    """What waits, as soon as the broker says: it may have no coordinator for the group yet."""
    while (found := await meter.look()) is None:
        await asyncio.sleep(0.05)
    return found.waiting


async def test_what_waits_on_a_partition_added_later_is_counted(broker: LocalKafka, tmp_path: Path) -> None:
    hub = hub_file(tmp_path, broker.servers)
    topics = await check_topics(hub)
    meter = LagMeter(client_options(hub), topics)
    assert await _waiting(meter) == 0
    async with admin(hub) as client:
        await client.create_partitions({topics.events: NewPartitions(5)})
    async with door(hub) as office:
        await office.producer.send(topics.events, 4, b"")
    assert await _waiting(meter) == 1
    await meter.close()


async def test_tls_is_spoken_with_who_can_be_trusted_and_nobody_else(tmp_path: Path) -> None:
    server, ca = identity(tmp_path)
    (tmp_path / "other").mkdir()
    _, other = identity(tmp_path / "other")
    with LocalKafka(tmp_path / "kafka", CACHE, users=USERS, identity=server) as kafka:
        port = int(kafka.servers[0].rpartition(":")[2])
        hub = _as(tmp_path, kafka, "door", USERS["door"], tls={"ca": str(ca)})
        for operation in ("create", "describe", "describe_configs", "write", "read"):
            allow(port, "door", "topic", hub.kafka.prefix, operation)
        async with door(hub) as office:
            await office.counter.submit([submission("a")], watch=False)
            assert await office.stored() == ["a"]
        fault = await _refused(_as(tmp_path, kafka, "door", USERS["door"], tls={"ca": str(other)}), "BH-CLU-010")
        assert "certificate verify failed" in str(fault)
        await _refused(_as(tmp_path, kafka, "door", USERS["door"]), "BH-CLU-010")
        await _refused(_as(tmp_path, kafka, "door", USERS["door"], tls={"ca": "missing.pem"}), "BH-CLU-017")
