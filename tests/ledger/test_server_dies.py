"""The server is killed, stopped or frozen under load: what was acknowledged is there, and work goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from hub.errors import Retry
from hub.ledger.postgres import pool
from hub.ledger.postgres.ledger import PostgresLedger
from hub.ledger.records import Batch
from tests.ledger.book import charge, message, payment, sign
from tests.ledger.shared import PostgresBook, Server
from tests.ledger.test_invariants import Life, check

ENOUGH = 40


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresBook]:
    """A server that belongs to the test, and a ledger on it."""
    monkeypatch.setattr(pool, "CALL_SECONDS", 2.0)
    server = Server()
    yield PostgresBook(server=server, block=5).numbers(1, 1000)
    server.remove()


def restart(server: Server) -> None:
    server.local.stop()
    server.local.start()


def kill(server: Server) -> None:
    server.local.kill()
    server.local.start()


def freeze(server: Server) -> None:
    server.local.freeze()
    server.local.thaw()


@pytest.mark.parametrize("misfortune", [kill, restart, freeze])
def test_work_goes_on_and_nothing_acknowledged_is_missing(
    own: PostgresBook, misfortune: Callable[[Server], None]
) -> None:
    acknowledged: dict[str, int] = {}
    stop = asyncio.Event()

    async def worker(name: str, ledger: PostgresLedger) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            no = f"{name}{number}"
            sent = message(no, charge(no), payment(no, trade=no))
            while no not in acknowledged:
                try:
                    (verdict,) = (await ledger.apply(Batch([sent]), own.now)).verdicts
                    acknowledged[no] = len(verdict.bills)
                except Retry:
                    await asyncio.sleep(0.01)

    async def issuer(ledger: PostgresLedger) -> None:
        done: list[str] = []
        while not (stop.is_set() and await quiet(ledger)):
            try:
                work = (await ledger.apply(Batch(), own.now, 4)).work
                done += (await ledger.apply(Batch(issued=[sign(item, own.now) for item in work]), own.now)).issued
            except Retry:
                await asyncio.sleep(0.01)
        assert len(done) == len(set(done))

    async def quiet(ledger: PostgresLedger) -> bool:
        try:
            own.expire()
            return await ledger.due() == 0
        except Retry:
            return False

    async def run() -> None:
        ledgers = [await own._opened() for _ in range(3)]
        tasks = [asyncio.ensure_future(worker(f"w{n}-", ledger)) for n, ledger in enumerate(ledgers[:2])]
        tasks.append(asyncio.ensure_future(issuer(ledgers[2])))
        for goal in (ENOUGH, 2 * ENOUGH):
            async with asyncio.timeout(60):
                while len(acknowledged) < goal:
                    await asyncio.sleep(0.01)
            await asyncio.to_thread(misfortune, own.server)
        async with asyncio.timeout(60):
            while len(acknowledged) < 3 * ENOUGH:
                await asyncio.sleep(0.01)
            stop.set()
            await asyncio.gather(*tasks)
        for ledger in ledgers:
            await ledger.close()

    own.runner.run(run())
    assert set(acknowledged.values()) == {1}
    there = {no for (no,) in own.rows("SELECT charge_no FROM bill WHERE status = 'issued'")}
    assert acknowledged.keys() <= there
    assert set(own.statuses()) == {"issued"}
    repeated = own.one("SELECT sum(repeats) FROM message")
    check(Life(own, received=own.one("SELECT count(*) FROM message") + repeated))
