"""A machine burns under load. What is left: a backup, the archive, the platform, the master key, and senders."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hub.bill.numbering import SHANGHAI
from hub.delivery.archive.reading import position
from hub.delivery.archive.segment import PURPOSE
from hub.delivery.archive.store import Folder
from hub.engine.embedded.home import Home
from hub.issuing.verify import verify_einvoice
from hub.security.certificates import Trust
from hub.security.vault import Vault
from hub.simulators.fiscal_books import Mood
from tests.crash.proof import rows
from tests.hubprocess import HubProcess, Town, running, town, until
from tests.restore.hospital import Hospital, done, told, verdict

pytestmark = pytest.mark.timeout(400)
_DUE = "SELECT COUNT(*) FROM bill WHERE status IN ('due', 'reversing')"
_BILLS = "SELECT id, face, status, charge_no, total FROM bill"


def payers_hold(place: Town, hub: HubProcess) -> dict[str, tuple[str, str]]:
    """What is outside: at the platform, and in the hub's own answers until this moment."""
    reader = hub.reader()
    xmls = [reader.document(id_, "xml") or b"" for id_, _code, _number in reader.issued()]
    xmls += [one.xml for one in place.platform._signed.values()]
    return {number: (charge, check) for number, charge, check in map(told, xmls)}


def archived(archive: Path, vault: Vault) -> int:
    """How far the archive is."""
    return int(position(Folder(archive), vault.secret(PURPOSE))["change"])


def newest(hub: HubProcess) -> int:
    """How far the ledger is."""
    return int(rows(hub.data, "SELECT max(change) FROM bill")[0][0])


async def settled(hub: HubProcess) -> None:
    moving = (
        "SELECT (SELECT COUNT(*) FROM bill WHERE status IN ('due', 'issued', 'reversing')) "
        "+ (SELECT COUNT(*) FROM outbox)"
    )

    def finished() -> bool:
        assert hub.alive, hub.log[-3000:]
        return rows(hub.data, moving) == [(0,)]

    await until(finished, "all is issued and countersigned", 60)


async def test_a_machine_that_burns_is_restored_and_nothing_is_lost_doubled_or_used_again(tmp_path: Path) -> None:
    archive, away, backup = tmp_path / "archive", tmp_path / "away", tmp_path / "backups" / "one"
    archive.mkdir()
    async with town(tmp_path / "world") as place:
        hub = place.hub(1, 1)
        hub.options = ("--archive", str(archive))
        data, units = ("--data", hub.data), ("-c", hub.units)
        async with running(hub):
            hospital = Hospital(hub, place.world.alipay)
            async with hospital:
                await hospital.more(20)
                since = len(hospital.sent)
                made = await done("backup", backup, "--json", *data)
                assert made["balanced"]
                await hospital.more(20)
            await settled(hub)
            vault = Home(hub.data).vault()
            await until(lambda: archived(archive, vault) == newest(hub), "all is archived")
            archive.rename(away)  # its share is not there any more: the platform is ahead of it from here on
            async with hospital:
                await hospital.more(12)
            await settled(hub)
            place.platform.mood = Mood("down")  # and issued bills are ahead of the platform
            async with hospital:
                await hospital.more(8)
            await until(lambda: rows(hub.data, _DUE) == [(0,)], "all is issued")
            held = payers_hold(place, hub)
            shutil.copyfile(hub.data / "master.key", tmp_path / "master.key")
            shutil.copytree(hub.data / "trust", tmp_path / "trust")
            await hub.kill()
        burnt = {row[0] for row in rows(hub.data, "SELECT bill_number FROM bill WHERE bill_number IS NOT NULL")}
        shutil.rmtree(hub.data)
        away.rename(archive)

        # back from what is left, on a new machine
        hub.data.mkdir()
        restore = ("restore", backup.parent, "--json", *data, *units, "--archive", archive)
        assert "BH-" in await done(*restore, code=3)  # no master key yet
        shutil.copyfile(tmp_path / "master.key", hub.data / "master.key")
        assert "BH-DLV-011" in await done(*restore, code=3)  # the platform is away; run it again
        assert "BH-LED-053" in await done("epoch", "resume", *data, *units, code=3)
        place.platform.mood = Mood()
        steps = (await done(*restore))["steps"]
        assert steps["archive"]["bills"] > 0
        assert steps["platform"]["found"] > 0, "the platform is not ahead of the archive"

        async with running(hub):
            assert "BH-LED-054" in await done("epoch", "resume", *data, *units, code=1)  # cases are missing
            again = Hospital(hub, place.world.alipay, sent=[], paid=dict(hospital.paid))
            await again.repeat(hospital.sent[max(0, since - 20) :])
            assert rows(hub.data, "SELECT count(*) FROM bill WHERE status = 'due' AND bill_number IS NOT NULL") == [
                (0,)
            ]
            (alarm,) = [one for one in hub.reader().alarms() if one["what"] == "epoch"]
            assert alarm["count"] > 0
            assert (await done("epoch", "resume", "--json", *data, *units))["taken"] > 0
            code = f"410601{datetime.now(SHANGHAI):%y}"
            await done("numbers", "receive", "demo-hospital", code, "5000001", "5001000", "--json", *data)
            again._seeds = iter(range(100, 200))
            async with again:
                await again.more(15)
            await settled(hub)

            reader = hub.reader()
            bills: list[Any] = rows(hub.data, _BILLS)
            verdict(again.paid, held, bills, lambda id_: reader.document(id_, "xml") or b"")
            trust = Trust.from_folder(hub.data / "trust")
            for id_, _face, status, _no, _total in bills:
                if status != "void":
                    assert verify_einvoice(reader.document(id_, "xml") or b"", trust).ok
            books = reader.books()
            assert books["balanced"], books
            assert sum(book["quarantined"] for book in books["numbers"]) > 0
            fresh = {row[0] for row in rows(hub.data, "SELECT bill_number FROM bill WHERE bill_number > '0005000000'")}
            assert fresh
            assert not fresh & burnt
            assert (await done("epoch", "show", "--json", *data))["number"] == 2
            await hub.stop()
        # the archive goes on in the new epoch, and a hub of the old one would find that out
        actions = {row[0] for row in rows(hub.data, "SELECT action FROM audit")}
        assert {"epoch.open", "epoch.archive", "epoch.platform", "epoch.take", "epoch.resume"} <= actions
