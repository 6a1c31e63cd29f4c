"""A cluster whose database went back in time while Kafka did not: an epoch is opened, and Kafka brings the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from drills.machine import Machine
from drills.place import Place
from hub.engine.cluster.offsets import committed, set_back
from hub.hubfile import load_hub
from hub.ledger.postgres import open_reader
from tests.engine.cluster.province import province
from tests.hubprocess import running, until
from tests.restore.hospital import Hospital, done, told, verdict
from tests.restore.test_cluster import _MOVING, also, asked, documents, read_so_far

pytestmark = pytest.mark.timeout(400)
_CODE = "SELECT code FROM segment WHERE unit = 'demo-hospital' AND code LIKE '410601%'"
_NUMBERED = "SELECT bill_number FROM bill WHERE bill_number IS NOT NULL"


@asynccontextmanager
async def at_work(place: Place, *roles: str) -> AsyncIterator[tuple[Machine, Hospital]]:
    """A machine, and a hospital that sends to it."""
    machine = place.machine(*roles)
    async with running(machine):
        yield machine, Hospital(machine, place.world.alipay)


async def resumed(place: Place, hospital: Hospital, held: dict[str, tuple[str, str]], burnt: set[str]) -> None:
    """Runs the roles on the held epoch; Kafka brings everything, nothing is numbered, then issuing goes on."""
    dsn, data = load_hub(place.hub).dsn(), ("--data", place.hub)
    reader = open_reader(dsn, place.vault)
    async with at_work(place):

        def all_here() -> bool:
            return bool(asked(dsn, "SELECT count(*) FROM message WHERE place = 'applied'")[0][0] >= len(hospital.sent))

        await until(all_here, "Kafka has brought everything once more", 120)
        assert asked(dsn, "SELECT count(*) FROM bill WHERE status = 'due' AND bill_number IS NOT NULL") == [(0,)]
        assert any(one["what"] == "epoch" for one in await asyncio.to_thread(reader.alarms))
        await done("epoch", "resume", "--json", *data, "-c", place.world.units)
        await done(
            "numbers", "receive", "demo-hospital", asked(dsn, _CODE)[0][0], "5000001", "5001000", "--json", *data
        )
        await until(lambda: asked(dsn, _MOVING) == [(0,)], "all is issued and countersigned", 120)
        xmls = documents(place, dsn)
        bills: list[Any] = asked(dsn, "SELECT id, face, status, charge_no, total FROM bill")
        verdict(hospital.paid, held, bills, xmls.__getitem__)
        assert held.keys() <= {told(xml)[0] for xml in xmls.values()}, "what payers hold is here"
        fresh = {number for (number,) in asked(dsn, f"{_NUMBERED} AND bill_number > '0005000000'")}
        assert not fresh & burnt
        books = await asyncio.to_thread(reader.books)
        assert books["balanced"], books
    reader.close()


async def test_a_database_that_went_back_gets_an_epoch_and_kafka_brings_what_it_forgot(tmp_path: Path) -> None:
    async with province(tmp_path / "world", peers=True) as place:
        first = place.postgres.dsn()
        async with at_work(place) as (_, hospital):
            async with hospital:
                await hospital.more(20)
            await until(lambda: asked(first, _MOVING) == [(0,)], "all is countersigned", 90)
        with psycopg.connect(place.postgres.dsn("template1"), autocommit=True) as line:
            line.execute("CREATE DATABASE earlier TEMPLATE postgres")
        earlier = also(place.hub, "earlier.yaml", postgres={"database": "earlier"})
        words = ("epoch", "open", "--reason", "snapshot", "--json", "--data", earlier, "-c", place.world.units)
        async with at_work(place) as (machine, after):
            after.sent, after.paid, after._seeds = hospital.sent, hospital.paid, hospital._seeds
            async with after:
                await after.more(20)
            await until(lambda: asked(first, _MOVING) == [(0,)], "all is countersigned", 90)
            before = await read_so_far(load_hub(earlier))
            assert "BH-CLU-0" in await done(*words, code=3), "workers run"
            assert asked(load_hub(earlier).dsn(), "SELECT count(*) FROM epoch WHERE state = 'held'") == [(0,)]
            now = await committed(load_hub(earlier))  # it may have gone on
            assert all(now[topic][part] >= at for topic, parts in before.items() for part, at in parts.items())
            held = {number: (charge, check) for number, charge, check in map(told, documents(place, first).values())}
            await machine.kill()
        burnt = {number for (number,) in asked(first, _NUMBERED)}
        place.hub = earlier
        assert (await done(*words))["epoch"] == 2
        assert not any(at for part in (await committed(load_hub(earlier))).values() for at in part.values())
        await resumed(place, after, held, burnt)


async def test_offsets_that_are_ahead_of_the_ledger_are_set_back_and_nothing_is_passed_over(tmp_path: Path) -> None:
    """As where the primary is lost with commits that its standby never got, and workers had acknowledged them."""
    async with province(tmp_path / "world", peers=True) as place:
        first, hub = place.postgres.dsn(), load_hub(place.hub)
        async with at_work(place) as (_, hospital):
            async with hospital:
                await hospital.more(12)
            await until(lambda: asked(first, _MOVING) == [(0,)], "all is countersigned", 90)
        known = asked(first, "SELECT count(*) FROM message")
        async with at_work(place, "door") as (_, after):
            after.sent, after.paid, after._seeds = hospital.sent, hospital.paid, hospital._seeds
            async with after:
                await after.more(12)
        everywhere = {str(number): 2**40 for number in range(hub.kafka.partitions)}
        ends = dict.fromkeys(await committed(hub), everywhere)
        assert (await set_back(hub, ends))["again"] == 0
        held = {number: (charge, check) for number, charge, check in map(told, documents(place, first).values())}
        words = ("epoch", "open", "--reason", "failover", "--json", "--data", place.hub, "-c", place.world.units)
        assert (await done(*words))["epoch"] == 2
        assert asked(first, "SELECT count(*) FROM message") == known
        await resumed(place, after, held, {number for (number,) in asked(first, _NUMBERED)})
