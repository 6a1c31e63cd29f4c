"""The counter on a real broker: who is answered lies on it, what gathers is packed, the rest is told so."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvloop
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from hub.engine.cluster import counter as counter_module
from hub.engine.cluster.faults import BROKER_AWAY
from hub.engine.cluster.lanes import MOST_PACKED
from hub.engine.cluster.topics import check_topics
from hub.engine.envelope import unpack as opened
from hub.engine.faults import QUEUE_FULL
from hub.engine.intake import KEPT_OF_REFUSED
from hub.errors import Retry
from hub.ledger import aad
from hub.ledger.records import FaultRecord, Verdict
from hub.local.kafka import LocalKafka
from tests.engine.cluster.broker import Door, admin, door, hub_file, submission
from tests.ledger.book import VAULT, charge, message, payment, refused

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def office(broker: LocalKafka, tmp_path: Path) -> AsyncIterator[Door]:
    async with door(hub_file(tmp_path, broker.servers, record_mib=1)) as made:
        yield made


async def until(condition: object) -> None:
    async with asyncio.timeout(60):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.005)


async def test_who_is_answered_lies_on_the_broker(office: Door) -> None:
    sent = [message("a", charge("C1"), payment("C1")), message("b", charge("C2"), fault=FaultRecord("BH-X-1", "w"))]
    verdicts, settled = await office.counter.submit(sent, watch=True)
    found = [one for packed in await office.messages(office.topics.events) for one in packed]
    assert sorted(found, key=lambda one: one.identity) == sent
    assert verdicts == [Verdict("applied"), Verdict("parked", FaultRecord("BH-X-1", "w"))]
    assert settled is None  # nobody hears of issuing here
    assert office.counter.waiting == 0


async def test_the_refused_have_a_topic_of_their_own(office: Door) -> None:
    verdicts, _ = await office.counter.submit([refused(), message("a", charge())], watch=False)
    assert [verdict.place for verdict in verdicts] == ["refused", "applied"]
    assert [[one.place for one in packed] for packed in await office.messages(office.topics.refused)] == [["refused"]]
    assert await office.stored() == ["a"]


async def test_what_gathers_while_a_message_is_under_way_becomes_one(own_broker: LocalKafka, tmp_path: Path) -> None:
    async with door(hub_file(tmp_path, own_broker.servers), seconds=60) as office:
        await office.counter.submit([message("warm", charge())], watch=False)
        own_broker.pause()
        first = asyncio.ensure_future(office.counter.submit([message("first", charge())], watch=False))
        await asyncio.sleep(0.1)  # it leaves, and is not acknowledged
        later = [
            asyncio.ensure_future(office.counter.submit([message(f"m{n}", charge())], watch=False)) for n in range(50)
        ]
        await asyncio.sleep(0.1)
        assert not first.done()
        assert office.counter.waiting == 51
        own_broker.resume()
        await asyncio.gather(first, *later)
        packed = [[one.identity for one in found] for found in await office.messages(office.topics.events)]
        assert packed == [["warm"], ["first"], [f"m{n}" for n in range(50)]]


async def test_a_message_holds_only_so_many(office: Door) -> None:
    sent = [submission(f"m{n}") for n in range(MOST_PACKED + 100)]
    await asyncio.gather(*(office.counter.submit([one], watch=False) for one in sent))
    packed = await office.messages(office.topics.events)
    assert [len(found) for found in packed] == [MOST_PACKED, 100]
    large = [submission(f"l{n}", 200_000) for n in range(6)]
    await office.counter.submit(large, watch=False)
    assert [len(found) for found in await office.messages(office.topics.events)][2:] == [3, 3]


async def test_a_message_too_large_for_a_record_is_refused_and_its_beginning_kept(office: Door) -> None:
    verdicts, _ = await office.counter.submit([submission("big", 1 << 20), submission("small")], watch=False)
    assert [verdict.place for verdict in verdicts] == ["refused", "applied"]
    assert verdicts[0].fault is not None
    assert verdicts[0].fault.code == "BH-CLU-003"
    ((kept,),) = await office.messages(office.topics.refused)
    assert (kept.place, kept.fault, kept.events) == ("refused", verdicts[0].fault, [])
    assert opened(VAULT.open("demo", aad.REFUSED, kept.body)).body == b"x" * KEPT_OF_REFUSED
    assert await office.stored() == ["small"]


async def test_a_topic_that_takes_less_than_it_should_costs_only_what_is_too_large(
    broker: LocalKafka, tmp_path: Path
) -> None:
    hub = hub_file(tmp_path, broker.servers, record_mib=1)
    async with door(hub) as office, admin(hub) as client:
        topic = ConfigResource(ConfigResourceType.TOPIC, office.topics.events, {"max.message.bytes": "100000"})
        await client.alter_configs([topic])
        sent = [submission("a"), submission("big", 200_000), submission("b", 60_000), submission("c", 60_000)]
        verdicts, _ = await office.counter.submit(sent, watch=False)
        assert [verdict.place for verdict in verdicts] == ["applied", "refused", "applied", "applied"]
        assert sorted(set(await office.stored())) == ["a", "b", "c"]


async def test_a_full_desk_takes_nothing(office: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter_module, "MOST_WAITING", 2)
    first = asyncio.ensure_future(office.counter.submit([submission("a"), submission("b")], watch=False))
    await asyncio.sleep(0)
    with pytest.raises(Retry) as busy:
        await office.counter.submit([submission("c")], watch=False)
    assert busy.value.code == QUEUE_FULL
    await first
    await office.counter.submit([submission("c")], watch=False)
    assert await office.stored() == ["a", "b", "c"]
    monkeypatch.setattr(counter_module, "MOST_BYTES", 10)
    one = asyncio.ensure_future(office.counter.submit([submission("d")], watch=False))
    await asyncio.sleep(0)
    with pytest.raises(Retry):
        await office.counter.submit([submission("e")], watch=False)
    await one


async def _away(broker: LocalKafka, folder: Path) -> None:
    """Twice: a broker dies, senders are told so, it comes back, and all that was answered is there."""
    async with door(hub_file(folder, broker.servers), seconds=0.5) as office:
        answered: list[str] = []
        for turn in range(2):
            await office.counter.submit([submission(f"before{turn}")], watch=False)
            answered.append(f"before{turn}")
            broker.kill()
            left = asyncio.ensure_future(office.counter.submit([submission(f"left{turn}")], watch=False))
            await asyncio.sleep(0.05)  # it is the client's now
            late = (office.counter.submit([submission(f"away{turn}-{n}")], watch=False) for n in range(19))
            told = await asyncio.gather(left, *late, return_exceptions=True)
            assert {error.code for error in told if isinstance(error, Retry)} == {BROKER_AWAY}
            assert len(told) == 20
            await asyncio.to_thread(broker.start)
            while True:
                try:
                    await office.counter.submit([submission(f"after{turn}")], watch=False)
                except Retry:
                    continue
                answered.append(f"after{turn}")
                break
        stored = await office.stored()
        assert set(answered) <= set(stored)
        await until(lambda: office.counter.waiting == 0)
        assert not [name for name in stored if name.startswith("away")]  # withdrawn with their senders


async def test_a_broker_that_is_away_is_a_retry_and_nothing_answered_is_lost(
    own_broker: LocalKafka, tmp_path: Path
) -> None:
    await _away(own_broker, tmp_path)


def test_the_same_in_a_door_on_uvloop(own_broker: LocalKafka, tmp_path: Path) -> None:
    uvloop.run(_away(own_broker, tmp_path))


async def test_a_broker_that_forgot_everything_gets_a_new_producer(own_broker: LocalKafka, tmp_path: Path) -> None:
    hub = hub_file(tmp_path, own_broker.servers, partitions=1)
    async with door(hub, seconds=60) as office:
        for n in range(3):
            await office.counter.submit([submission(f"a{n}")], watch=False)
        own_broker.kill()
        shutil.rmtree(own_broker.folder / "data-1")
        await asyncio.to_thread(own_broker.start)
        await check_topics(hub)
        await office.counter.submit([submission("b")], watch=False)
        assert await office.stored() == ["b"]
