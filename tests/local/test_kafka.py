"""A real broker in a folder: it keeps what it acknowledged, its ports and its data, and leaves no process behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.errors import Config
from hub.local.kafka import LocalKafka
from hub.local.kafka_answer import living_brokers


def _gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


async def _create(servers: list[str], name: str, copies: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, copies)])
    finally:
        await admin.close()


async def _read(servers: list[str], topic: str, count: int) -> list[bytes]:
    reader = AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest")
    await reader.start()
    try:
        return [(await reader.getone()).value for _ in range(count)]
    finally:
        await reader.stop()


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, cache: Path) -> None:
    with LocalKafka(tmp_path, cache) as kafka:
        await _create(kafka.servers, "t", 1)
        producer = AIOKafkaProducer(bootstrap_servers=kafka.servers, acks="all")
        await producer.start()
        await producer.send_and_wait("t", b"kept", partition=0)
        first = kafka.pid()
        kafka.kill()
        assert _gone(first)
        assert living_brokers(int(kafka.servers[0].rpartition(":")[2])) == []
        kafka.start()
        await producer.send_and_wait("t", b"more", partition=0)
        assert await _read(kafka.servers, "t", 2) == [b"kept", b"more"]
        await producer.stop()
        second = kafka.pid()
        kafka.stop()
        assert _gone(second)


async def test_three_brokers_go_on_with_two(tmp_path: Path, cache: Path) -> None:
    with LocalKafka(tmp_path, cache, brokers=3, heap_mib=160) as kafka:
        assert len(living_brokers(int(kafka.servers[0].rpartition(":")[2]))) == 3
        await _create(kafka.servers, "t", 3)
        producer = AIOKafkaProducer(bootstrap_servers=kafka.servers, acks="all", enable_idempotence=True)
        await producer.start()
        await producer.send_and_wait("t", b"three", partition=0)
        kafka.kill(1)
        await producer.send_and_wait("t", b"two", partition=0)
        kafka.start(1)
        assert await _read(kafka.servers, "t", 2) == [b"three", b"two"]
        await producer.stop()


def test_a_broker_that_cannot_start_names_its_log(tmp_path: Path, cache: Path) -> None:
    kafka = LocalKafka(tmp_path, cache, settings={"log.segment.bytes": "nonsense"})
    with pytest.raises(Config, match=r"BH-LOC-005"):
        kafka.start()
    assert not kafka.alive()
