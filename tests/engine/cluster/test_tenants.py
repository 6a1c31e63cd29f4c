"""Pauses, closed doors and quotas on a live cluster: what the doors, the workers and the issuers do about them."""

from __future__ import annotations

import asyncio
import json
import math
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from drills.place import Place
from hub.cli.main import APP
from hub.demo.world import HOSPITAL, SCHOOL
from hub.simulators.hospital_hl7 import HospitalHl7
from hub.simulators.school import School
from tests.engine.cluster.province import province
from tests.hubprocess import HubProcess, running

pytestmark = pytest.mark.timeout(240)
HIS = f"{HOSPITAL}/his"


async def verb(place: Place, *words: str) -> list[dict[str, Any]]:
    """A verb of the command line, on the cluster's hub.yaml."""
    where = ("--data", str(place.hub), "-c", str(place.world.units), "--json")
    done = await asyncio.to_thread(CliRunner().invoke, APP, [*words, *where])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


async def of_unit(place: Place, unit: str) -> dict[str, int]:
    """Status → bills of a unit."""
    return dict(await place.rows("SELECT status, count(*) FROM bill WHERE unit = $1 GROUP BY status", unit))


async def until_unit(place: Place, unit: str, **wanted: int) -> None:
    async with asyncio.timeout(60):
        while await of_unit(place, unit) != wanted:
            await asyncio.sleep(0.05)


async def charges(hub: HubProcess, seed: int, count: int) -> None:
    """Charges paid in cash: each is a bill."""
    async with HospitalHl7(*hub.address(HIS), seed=seed, prefix=f"T{seed}") as his:
        for _ in range(count):
            _, ack = await his.send_charge(cash=True)
            assert ack.code == "AA"


def table(place: Place, seed: int, rows: int) -> None:
    """A fee table for the school's folder: each row is a bill."""
    school = School(seed=seed)
    school.drop(place.world.inbox, f"fees-{seed}.csv", school.csv(school.rows(rows, projects=1)))


async def test_a_paused_unit_is_taken_in_and_not_issued_and_its_doors_close_on_demand(tmp_path: Path) -> None:
    async with province(tmp_path) as place, running(place.machine("door", "worker", "issuer", "console")) as hub:
        await verb(place, "units", "pause", HOSPITAL, "--reason", "its seal is checked")
        await charges(hub, 1, 3)
        table(place, 1, 4)
        await until_unit(place, SCHOOL, issued=4)
        assert await of_unit(place, HOSPITAL) == {"due": 3}
        (listed,) = [row for row in await verb(place, "units", "list") if row["id"] == HOSPITAL]
        assert listed["paused"]["reason"] == "its seal is checked"

        await verb(place, "units", "pause", HOSPITAL, "--reason", "moves house", "--doors")
        async with httpx.AsyncClient(trust_env=False) as client:

            async def closed() -> bool:
                answer = await client.post(hub.url(f"{HOSPITAL}/alipay"), content=b"notify")
                return answer.status_code == 503 and answer.json()["code"] == "BH-LED-062"

            async with asyncio.timeout(30):
                while not await closed():
                    await asyncio.sleep(0.1)
        async with HospitalHl7(*hub.address(HIS), seed=2, prefix="T2") as his:
            waiting = asyncio.create_task(his.send_charge(cash=True))
            table(place, 2, 4)
            await until_unit(place, SCHOOL, issued=8)
            assert not waiting.done(), "no acknowledgement, so that the sender keeps it"
            assert await of_unit(place, HOSPITAL) == {"due": 3}
            await verb(place, "units", "resume", HOSPITAL)
            _, ack = await waiting
            assert ack.code == "AA"
        await until_unit(place, HOSPITAL, issued=4)
        await hub.stop()


async def test_a_units_flood_is_turned_away_and_the_others_pass(tmp_path: Path) -> None:
    async with province(tmp_path, door={"processes": 1}) as place:
        file = place.world.units / "hospital.yaml"
        file.write_text(
            file.read_text("utf-8").replace("bills:\n", "quota: {per_second: 1, burst: 3}\nbills:\n", 1), "utf-8"
        )
        async with running(place.machine("door", "worker", "issuer")) as hub, httpx.AsyncClient() as client:
            url = hub.url(f"{HOSPITAL}/alipay")
            began = time.monotonic()
            answers = await asyncio.gather(*(client.post(url, content=b"flood %d" % n) for n in range(40)))
            turned = [answer for answer in answers if answer.status_code == 429]
            assert 3 <= 40 - len(turned) <= 3 + math.ceil(time.monotonic() - began), "the burst, and one a second"
            assert {answer.json()["code"] for answer in turned} == {"BH-ENG-020"}
            assert all(int(answer.headers["retry-after"]) >= 1 for answer in turned)
            table(place, 3, 20)
            await until_unit(place, SCHOOL, issued=20)
            await charges(hub, 3, 3)  # slowly, and each is taken in the end
            await until_unit(place, HOSPITAL, issued=3)
            kept = await place.rows("SELECT count(*) FROM refused WHERE unit = $1", HOSPITAL)
            assert kept == [(40 - len(turned),)], "what was turned away is not kept: the sender has it"
            await hub.stop()
