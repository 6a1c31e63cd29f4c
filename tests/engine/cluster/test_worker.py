"""A worker acknowledges batches in the order they came in, whichever is committed first; and when it is excused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hub.engine.cluster.taking import Progress
from hub.engine.cluster.worker import _agent
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


async def test_a_batch_that_is_committed_early_is_not_acknowledged_before_the_one_before_it() -> None:
    stream, first_may_end, second_done = Stream(), asyncio.Event(), asyncio.Event()

    async def take(messages: Sequence[tuple[bytes | None, Any]]) -> None:
        if messages[0][0] == b"first":
            await first_may_end.wait()
        else:
            second_done.set()

    agent = asyncio.create_task(_agent(take)(stream))  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        stream.coming.put_nowait(b"first")
        stream.coming.put_nowait(b"second")
        await second_done.wait()
        for _ in range(10):
            await asyncio.sleep(0)  # whatever it would do next, it has done
        assert stream.acknowledged == []
        first_may_end.set()
        while len(stream.acknowledged) < 2:
            await asyncio.sleep(0)
    assert stream.acknowledged == [b"first", b"second"]
    agent.cancel()
    await asyncio.gather(agent, return_exceptions=True)


async def test_only_a_worker_that_waits_for_the_database_is_excused_from_its_watchdog(tmp_path: Path) -> None:
    hub = hub_file(tmp_path, ["127.0.0.1:1"])  # and no database either
    take = LateTaker(SimpleNamespace(hub=hub, rules={}, owner="t"))  # type: ignore[arg-type]
    assert take.progress() is None, "nothing came yet: partitions that bring nothing are a stall"
    asking = asyncio.create_task(take([]))
    async with asyncio.timeout(10):
        while take.progress() is None:
            await asyncio.sleep(0)
    assert take.progress() == Progress(waiting_for_database=True)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert take.progress() is None
