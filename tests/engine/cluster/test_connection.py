"""What keeps Kafka clients steady: a closed transport is a lost connection on either loop, and logs do not flood."""

from __future__ import annotations

import asyncio
import logging

import pytest
import uvloop
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from hub.engine.cluster.connection import Seldom, steady
from hub.local.kafka import LocalKafka


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_closed_transport_is_a_lost_connection(broker: LocalKafka, run: object) -> None:
    async def cut() -> None:
        steady()
        host, _, port = broker.servers[0].rpartition(":")
        line = await create_conn(host, int(port))
        assert (await line.send(MetadataRequest([]))).brokers
        line._writer.transport.abort()
        await asyncio.sleep(0)
        with pytest.raises(KafkaConnectionError):
            await line.send(MetadataRequest([]))
        assert not line.connected()

    run(cut())  # type: ignore[operator]


def test_the_same_line_is_written_once_in_a_while_and_says_how_often_it_was_not() -> None:
    seldom = Seldom(0.05)

    def say(text: str) -> str:
        record = logging.LogRecord("aiokafka", logging.ERROR, "f", 1, text, None, None)
        return record.getMessage() if seldom.filter(record) else ""

    assert say("no broker") == "no broker"
    assert [say("no broker") for _ in range(20)] == [""] * 20
    assert say("something else") == "something else"
    seldom._seconds = 0.0
    assert say("no broker") == "no broker (and 20 times more)"
