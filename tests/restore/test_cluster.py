"""A province's database burns, and Kafka does not: what is acknowledged comes back, and nobody sends again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from drills.place import Place
from hub.delivery.archive.reading import position
from hub.delivery.archive.segment import PURPOSE
from hub.delivery.archive.store import Folder
from hub.engine.cluster.offsets import Offsets, committed
from hub.hubfile import HubConfig, load_hub
from hub.ledger.aad import document_aad
from hub.ledger.postgres import open_reader
from tests.engine.cluster.province import province
from tests.hubprocess import running, until
from tests.restore.hospital import Hospital, done, told, verdict

_MOVING = "SELECT count(*) FROM bill WHERE status IN ('due', 'issued', 'reversing')"
pytestmark = pytest.mark.timeout(400)


def also(hub: Path, name: str, **more: dict[str, Any]) -> Path:
    """A hub.yaml beside another, with some entries otherwise."""
    data = yaml.safe_load(hub.read_text("utf-8"))
    for section, values in more.items():
        data[section] = {**data.get(section, {}), **values}
    path = hub.with_name(name)
    path.write_text(yaml.safe_dump(data), "utf-8")
    return path


def asked(dsn: str, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as line:
        return line.execute(question).fetchall()


async def read_so_far(hub: HubConfig) -> Offsets:
    """The offsets of workers that have committed some."""
    async with asyncio.timeout(60):
        while not any((found := await committed(hub)).values()):
            await asyncio.sleep(0.1)
    return found


def documents(place: Place, dsn: str) -> dict[str, bytes]:
    """Bill id → its XML."""
    question = "SELECT b.id, b.unit, d.xml FROM bill b JOIN document d ON d.bill_seq = b.seq"
    return {id_: place.vault.open(unit, document_aad(id_, "xml"), xml) for id_, unit, xml in asked(dsn, question)}


async def test_a_database_that_burns_is_restored_and_kafka_brings_the_rest(tmp_path: Path) -> None:
    archive, away, backup = tmp_path / "archive", tmp_path / "away", tmp_path / "backup"
    archive.mkdir()
    async with province(tmp_path / "world", peers=True) as place:
        place.hub = also(place.hub, "first.yaml", archive={"folder": str(archive)})
        first = place.postgres.dsn()
        hub = place.machine()
        async with running(hub):
            hospital = Hospital(hub, place.world.alipay)
            async with hospital:
                await hospital.more(20)
                await read_so_far(load_hub(place.hub))
                made = await done("backup", backup, "--json", "--data", place.hub)
                assert made["balanced"]
                assert sum(made["offsets"]["billhub.events"].values()) > 0
                await hospital.more(20)
            await until(lambda: asked(first, _MOVING) == [(0,)], "all is countersigned", 60)
            newest = int(asked(first, "SELECT max(change) FROM bill")[0][0])
            secret = place.vault.secret(PURPOSE)
            await until(lambda: position(Folder(archive), secret)["change"] == newest, "all is archived", 60)
            archive.rename(away)
            async with hospital:
                await hospital.more(12)
            await until(lambda: asked(first, _MOVING) == [(0,)], "all is countersigned", 60)
            held = {number: (charge, check) for number, charge, check in map(told, documents(place, first).values())}
            await hub.kill()
        away.rename(archive)
        burnt = {number for (number,) in asked(first, "SELECT bill_number FROM bill WHERE bill_number IS NOT NULL")}
        with psycopg.connect(first, autocommit=True) as line:
            line.execute("CREATE DATABASE restored")
        again = also(place.hub, "again.yaml", postgres={"database": "restored"})
        data, units = ("--data", again), ("-c", place.world.units)
        dsn = load_hub(again).dsn()

        restored = await done("restore", backup, "--json", *data, *units)
        assert restored["steps"]["kafka"]["again"] > 0
        assert restored["steps"]["kafka"]["lost"] == 0
        place.hub = again
        new = place.machine()
        async with running(new):
            reader = open_reader(dsn, place.vault)

            def all_here() -> bool:
                facts = "SELECT count(*) FROM message WHERE place = 'applied'"
                return bool(asked(dsn, facts)[0][0] >= len(hospital.sent))

            await until(all_here, "Kafka has brought everything once more", 90)
            assert asked(dsn, "SELECT count(*) FROM bill WHERE status = 'due' AND bill_number IS NOT NULL") == [(0,)]
            assert any(one["what"] == "epoch" for one in await asyncio.to_thread(reader.alarms))
            await done("epoch", "resume", "--json", *data, *units)
            code = asked(dsn, "SELECT code FROM segment WHERE unit = 'demo-hospital' AND code LIKE '410601%'")[0][0]
            await done("numbers", "receive", "demo-hospital", code, "5000001", "5001000", "--json", *data)
            await until(lambda: asked(dsn, _MOVING) == [(0,)], "all is issued and countersigned", 90)
            bills: list[Any] = asked(dsn, "SELECT id, face, status, charge_no, total FROM bill")
            xmls = documents(place, dsn)
            verdict(hospital.paid, held, bills, xmls.__getitem__)
            books = await asyncio.to_thread(reader.books)
            assert books["balanced"], books
            fresh = {n for (n,) in asked(dsn, "SELECT bill_number FROM bill WHERE bill_number > '0005000000'")}
            assert not fresh & burnt
            reader.close()
