"""Kafka messages into a real PostgreSQL: poison costs only itself, and a database that stays away ends the worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from hub.engine.cluster.poison import Place
from hub.engine.cluster.records import SCHEMA, encode, pack
from hub.engine.cluster.taking import DATABASE_AWAY, UNUSABLE, LastingError, Taker
from hub.ledger.migrate import migrate_postgres
from hub.ledger.port import SharedLedger
from hub.ledger.postgres import open_ledger
from hub.ledger.records import Submission
from hub.local.postgres import LocalPostgres
from tests.engine.cluster.broker import now
from tests.ledger.book import RULES, VAULT, charge, message, payment, refused


@dataclass
class Desk:
    dsn: str
    ledger: SharedLedger
    taker: Taker
    offset: int = 0

    async def take(self, *values: bytes | None) -> None:
        """Messages of one partition, each at its own offset."""
        placed = [(value, Place("t.events", 0, self.offset + n)) for n, value in enumerate(values)]
        self.offset += len(values)
        await self.taker.take(placed)

    async def rows(self, question: str) -> list[Any]:
        line = await asyncpg.connect(self.dsn)
        try:
            return [tuple(row) for row in await line.fetch(question)]
        finally:
            await line.close()

    async def places(self) -> dict[tuple[str, str], int]:
        return {
            (unit, place): n
            for unit, place, n in await self.rows("SELECT unit, place, sum(count)::int FROM tally GROUP BY 1, 2")
        }

    async def codes(self) -> set[str]:
        found = await self.rows(
            "SELECT fault::text FROM refused UNION ALL SELECT fault::text FROM message WHERE fault IS NOT NULL"
        )
        return {text.split('"')[1] if '"' in text else text for (text,) in found}


@pytest.fixture
async def desk(dsn: str) -> AsyncIterator[Desk]:
    ledger = await open_ledger(dsn, {"demo": RULES}, owner="test", connections=2)
    yield Desk(dsn, ledger, Taker(ledger, VAULT, now, 100, 1.0))
    await ledger.close()


def packed(*submissions: Submission) -> bytes:
    return pack([encode(one) for one in submissions])


async def test_messages_are_committed_when_take_returns(desk: Desk) -> None:
    await desk.take(packed(message("a", charge()), message("b", payment())), packed(refused()), packed())
    assert await desk.places() == {("demo", "applied"): 2, ("demo", "refused"): 1}
    assert await desk.rows("SELECT status, total FROM bill") == [("due", 5000)]


async def test_a_message_taken_twice_makes_nothing_twice(desk: Desk) -> None:
    value = packed(message("a", charge()), message("b", payment()))
    place = [(value, Place("t.events", 0, 0))]
    await asyncio.gather(desk.taker.take(place), desk.taker.take(place))
    await desk.taker.take(place)
    assert await desk.rows("SELECT count(*) FROM bill") == [(1,)]
    assert await desk.rows("SELECT count(*) FROM message") == [(2,)]


async def test_poison_delivered_twice_is_kept_once_and_elsewhere_again(desk: Desk) -> None:
    unstorable = packed(msgspec.structs.replace(message("u", charge("U")), id="\x00" * 4))
    here = [
        (b"garbage", Place("t.events", 0, 0)),
        (None, Place("t.events", 0, 1)),
        (unstorable, Place("t.events", 0, 2)),
    ]
    for _ in range(3):
        await desk.taker.take(here)
    await desk.taker.take([*here, *here])
    assert await desk.places() == {("-", "refused"): 3}
    assert await desk.rows("SELECT count(*) FROM refused") == [(3,)]
    await desk.taker.take([(b"garbage", Place("t.events", 1, 0))])
    assert await desk.places() == {("-", "refused"): 4}


async def test_a_large_message_is_several_transactions(desk: Desk) -> None:
    sent = [message(f"m{n}", charge(f"C{n}")) for n in range(250)]
    await desk.take(packed(*sent))
    assert desk.taker.progress.commits == 3
    assert await desk.places() == {("demo", "applied"): 250}


HUGE = message("n", charge("N"), payment("N", trade="N"))
for _event, _name in zip(HUGE.events, ("total", "amount"), strict=True):
    _event.fact[_name] = 1 << 63  # type: ignore[literal-required]
HUGE.events[0].fact["parts"] = [["fiscal", 1 << 63, 1]]
"""More fen than a column holds."""
BAD_ID = msgspec.structs.replace(message("i", charge("I1")), id="\x00" * 4)
BAD_UNIT = msgspec.structs.replace(message("u", charge("U1")), unit="u\x00")
FOREIGN = message("f", charge("F1"), unit="nowhere")
NEWER = msgspec.msgpack.encode(
    [SCHEMA + 1, [*msgspec.msgpack.decode(encode(message("v", charge("V1"))))[1][:6], "new words"]]
)


@pytest.mark.parametrize(
    ("poison", "unit"),
    [
        (packed(HUGE), "demo"),
        (packed(BAD_ID), "-"),
        (packed(BAD_UNIT), "-"),
        (packed(FOREIGN), "nowhere"),
        (pack([NEWER]), "demo"),
        (b"garbage", "-"),
        (None, "-"),
    ],
    ids=["huge", "id", "unit", "foreign", "newer", "garbage", "empty"],
)
async def test_poison_is_kept_and_costs_only_itself(desk: Desk, poison: bytes | None, unit: str) -> None:
    good = [packed(message(f"g{n}", charge(f"G{n}"))) for n in range(5)]
    await desk.take(*good[:3], poison, *good[3:])
    places = await desk.places()
    assert places.pop(("demo", "applied")) == 5
    ((where, _place),) = places
    assert where == unit
    assert sum(places.values()) == 1
    assert len(await desk.codes()) == 1


async def test_many_kinds_of_poison_in_one_message(desk: Desk) -> None:
    sent = [message("g1", charge("G1")), HUGE, BAD_ID, message("g2", charge("G2")), BAD_UNIT, FOREIGN]
    value = pack([*(encode(one) for one in sent), NEWER, b"\x92\x01\xc0", encode(message("g3", charge("G3")))])
    await desk.take(value)
    places = await desk.places()
    assert places[("demo", "applied")] == 3
    assert sum(places.values()) == 9


async def _outcome(desk: Desk, values: Sequence[bytes]) -> LastingError:
    with pytest.raises(LastingError) as ended:
        await desk.take(*values)
    return ended.value


async def test_a_database_that_comes_back_loses_nothing_and_one_that_stays_away_ends_the_worker(tmp_path: Path) -> None:
    with LocalPostgres(tmp_path / "own") as postgres:
        migrate_postgres(postgres.dsn())
        ledger = await open_ledger(postgres.dsn(), {"demo": RULES}, owner="test", connections=2)
        desk = Desk(postgres.dsn(), ledger, Taker(ledger, VAULT, now, 100, 60.0))
        await desk.take(packed(message("a", charge("A"))))
        postgres.kill()
        taking = asyncio.ensure_future(desk.take(packed(message("b", charge("B")))))
        async with asyncio.timeout(30):
            while not desk.taker.progress.waiting_for_database:
                await asyncio.sleep(0.01)
        assert not taking.done()
        await asyncio.to_thread(postgres.start)
        await taking
        assert not desk.taker.progress.waiting_for_database
        assert await desk.places() == {("demo", "applied"): 2}
        postgres.stop(at_once=True)
        desk.taker = Taker(ledger, VAULT, now, 100, 0.5)
        assert (await _outcome(desk, [packed(message("c", charge("C")))])).code == DATABASE_AWAY
        await asyncio.to_thread(postgres.start)
        assert await desk.places() == {("demo", "applied"): 2}
        line = await asyncpg.connect(postgres.dsn())
        await line.execute("DROP TABLE message CASCADE")
        await line.close()
        desk.taker = Taker(ledger, VAULT, now, 100, 30.0)
        ended = await _outcome(desk, [packed(message("d", charge("D")))])
        assert ended.code in {UNUSABLE, 70}
        await ledger.close()
