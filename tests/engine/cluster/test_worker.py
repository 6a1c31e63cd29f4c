"""A worker acknowledges batches in the order they came in, whichever is committed first; and when it is excused."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub.engine.cluster import batches
from hub.engine.cluster.batches import AT_ONCE, MOST_BYTES, MOST_MESSAGES, WORTH_BYTES
from hub.engine.cluster.taking import Progress
from hub.engine.cluster.worker import _agent
from hub.ledger.postgres import open_ledger
from hub.metrics.catalogue import COMMIT_FAILURES
from hub.processes.cluster.worker import LateTaker
from tests.engine.cluster.broker import hub_file


class Stream:
    """What the agent sees of Faust: batches of one message, and what it acknowledged."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[bytes] = asyncio.Queue()
        self.acknowledged: list[bytes] = []

    async def noack_take(self, most: int, within: float) -> AsyncIterator[list[Any]]:
        while True:
            value = await self.coming.get()
            yield [SimpleNamespace(value=value, message=SimpleNamespace(topic="t", partition=0, offset=0, headers=()))]

    async def ack(self, event: Any) -> None:
        self.acknowledged.append(event.value)


class Desk:
    """Takes batches, and keeps those open that begin with a message that is held."""

    def __init__(self, *held: bytes) -> None:
        self.batches: list[list[bytes | None]] = []
        self.held = {value: asyncio.Event() for value in held}

    async def take(self, messages: Sequence[tuple[bytes | None, Any]]) -> None:
        values = [value for value, _place in messages]
        self.batches.append(values)
        if values[0] in self.held:
            await self.held[values[0]].wait()


@contextlib.asynccontextmanager
async def agent(desk: Desk, *held: bytes) -> AsyncIterator[Stream]:
    """An agent at work; the held messages have come, each is in a batch of its own."""
    stream = Stream()
    working = asyncio.create_task(_agent(desk.take)(stream))
    async with asyncio.timeout(60):
        for number, value in enumerate(held, 1):
            stream.coming.put_nowait(value)
            await until(lambda number=number: len(desk.batches) == number)  # type: ignore[misc]
        yield stream
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def until(done: Callable[[], bool]) -> None:
    while not done():
        await asyncio.sleep(0)


async def rest() -> None:
    """Whatever the agent would do next, it has done."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes because it waited for long."""
    monkeypatch.setattr(batches, "LINGER_SECONDS", 3600.0)


async def test_a_batch_that_is_committed_early_is_not_acknowledged_before_the_one_before_it() -> None:
    desk = Desk(b"first")
    async with agent(desk, b"first") as stream:
        stream.coming.put_nowait(b"second")
        await until(lambda: len(desk.batches) == 2)
        await rest()
        assert stream.acknowledged == []
        desk.held[b"first"].set()
        await until(lambda: len(stream.acknowledged) == 2)
    assert stream.acknowledged == [b"first", b"second"]


async def test_what_comes_while_the_database_is_busy_is_one_batch_and_no_more_than_there_is_room_for(
    patient: None,
) -> None:
    busy = [b"busy %d" % number + bytes(WORTH_BYTES) for number in range(AT_ONCE)]
    desk = Desk(*busy)
    more = [b"%d" % number for number in range(MOST_MESSAGES + 10)]
    async with agent(desk, *busy) as stream:
        for value in more:
            stream.coming.put_nowait(value)
        await until(lambda: stream.coming.qsize() == 9)  # one waits in the agent's hand
        await rest()
        assert (len(desk.batches), stream.coming.qsize()) == (AT_ONCE, 9)
        desk.held[busy[0]].set()
        await until(lambda: len(desk.batches) > AT_ONCE)
        assert desk.batches[AT_ONCE] == more[:MOST_MESSAGES]
        await rest()
        assert stream.acknowledged == busy[:1]
        for value in busy[1:]:
            desk.held[value].set()
        await until(lambda: len(stream.acknowledged) == AT_ONCE + len(more))
    assert stream.acknowledged == [*busy, *more]


async def test_what_is_small_waits_for_the_transaction_that_is_under_way(patient: None) -> None:
    desk = Desk(b"first")
    async with agent(desk, b"first") as stream:
        for value in (b"1", b"2", b"3"):
            stream.coming.put_nowait(value)
        await rest()
        assert desk.batches == [[b"first"]]
        desk.held[b"first"].set()
        await until(lambda: len(stream.acknowledged) == 4)
    assert desk.batches == [[b"first"], [b"1", b"2", b"3"]]


async def test_what_is_enough_has_a_transaction_of_its_own(patient: None) -> None:
    desk = Desk(b"first")
    async with agent(desk, b"first") as stream:
        half = bytes(WORTH_BYTES // 2)
        stream.coming.put_nowait(half)
        await rest()
        assert len(desk.batches) == 1
        stream.coming.put_nowait(half)
        await until(lambda: len(desk.batches) == 2)
        assert desk.batches[1] == [half, half]
        assert stream.acknowledged == []


async def test_a_transaction_that_is_held_up_holds_up_no_other_for_long() -> None:
    desk = Desk(b"first")
    async with agent(desk, b"first") as stream:
        stream.coming.put_nowait(b"small")
        await until(lambda: len(desk.batches) == 2)


async def test_a_batch_is_closed_when_it_is_large() -> None:
    busy = [b"busy %d" % number for number in range(AT_ONCE)]
    desk = Desk(*busy)
    large = [b"%d" % number + bytes(MOST_BYTES // 2) for number in range(5)]
    async with agent(desk, *busy) as stream:
        for value in large:
            stream.coming.put_nowait(value)
        await rest()
        assert stream.coming.qsize() == 2, "two wait, and one in the agent's hand"
        desk.held[busy[0]].set()
        await until(lambda: len(desk.batches) > AT_ONCE)
        assert desk.batches[AT_ONCE] == large[:2]


def _failures() -> float:
    return COMMIT_FAILURES.values.get(("BH-LED-020",), [0.0])[0]


async def test_only_a_worker_that_waits_for_the_database_is_excused_from_its_watchdog(tmp_path: Path) -> None:
    hub = hub_file(tmp_path, ["127.0.0.1:1"])  # and no database either
    opened = partial(open_ledger, hub.dsn(), {}, owner="t")
    take = LateTaker(SimpleNamespace(hub=hub, opened=opened))  # type: ignore[arg-type]
    before = _failures()
    assert take.progress() is None, "nothing came yet: partitions that bring nothing are a stall"
    asking = asyncio.create_task(take([]))
    async with asyncio.timeout(60):
        while take.progress() is None:
            await asyncio.sleep(0)
        assert take.progress() == Progress(waiting_for_database=True)
        while _failures() == before:  # though no transaction was begun yet
            await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert take.progress() is None
