"""A cluster whose standby is gone or behind: nothing is booked on one machine alone, and probes say so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
import yaml

from tests.engine.cluster.province import province
from tests.engine.cluster.test_seen import Seen, bad, ready
from tests.hubprocess import until
from tests.tracing.backend import Backend

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio]


async def test_messages_are_kept_while_the_standby_is_gone_and_booked_when_it_is_back(tmp_path: Path) -> None:
    async with province(tmp_path, standby=True) as place:
        assert place.standby is not None
        hub = place.machine("door", "worker", "issuer")
        await hub.start()
        seen = Seen(place, hub, hub, "", Backend())
        await seen.until_ready("/readyz", ready)
        assert await seen.charge("A") == "AA"
        await place.until_bills(issued=1)
        await asyncio.to_thread(place.standby.stop)
        found = await seen.until_ready("/readyz", bad("database"))
        assert found["code"] == "BH-SEE-009"
        assert await seen.charge("B") == "AA"  # Kafka has it
        assert (await seen.get("/readyz?for=messages")).status_code == 200
        await until(lambda: "BH-LED-028" in hub.log, "a commit was given up", 60)
        assert (await seen.metrics())["billhub_standby_wait_seconds"] > 0
        late = place.machine("issuer")
        await late.launch()
        assert await late.died() == 3
        (line,) = [line for line in late.log.splitlines() if line.startswith("billhub: ")]
        assert "BH-LED-028" in line
        assert (await place.bills(), await place.tally()) == ({"issued": 1}, {"applied": 1})
        await asyncio.to_thread(place.standby.start)
        await seen.until_ready("/readyz", ready)
        await place.until_bills(issued=2)
        assert await place.tally() == {"applied": 2}


async def test_a_standby_is_no_only_server(tmp_path: Path) -> None:
    async with province(tmp_path, standby=True) as place:
        hub = yaml.safe_load(place.hub.read_text("utf-8"))
        del hub["postgres"]["servers"][0]
        machine = place.machine("worker")
        machine.hub = place.hub.with_name("standby.yaml")
        machine.hub.write_text(yaml.safe_dump(hub), "utf-8")
        await machine.launch()
        assert await machine.died() == 3
        (line,) = [line for line in machine.log.splitlines() if line.startswith("billhub: ")]
        assert "BH-LED-029" in line


async def test_pages_that_are_read_from_a_standby_say_how_far_it_is_behind(tmp_path: Path) -> None:
    async with province(tmp_path, standby=True) as place:
        assert place.standby is not None
        front, pages = place.machine("door", "worker", "issuer"), place.machine("console")
        hub = yaml.safe_load(place.hub.read_text("utf-8"))
        hub["postgres"]["servers"].reverse()
        pages.hub = place.hub.with_name("hub-pages.yaml")
        pages.hub.write_text(yaml.safe_dump(hub | {"ready": {"replica_seconds": 1}}), "utf-8")
        await front.start()
        await pages.start()
        seen, looked = (Seen(place, machine, machine, "", Backend()) for machine in (front, pages))
        await looked.until_ready("/readyz", ready)
        line = await asyncpg.connect(place.standby.dsn())
        await line.execute("SELECT pg_wal_replay_pause()")
        assert await seen.charge("A") == "AA"
        await place.until_bills(issued=1)
        found = await looked.until_ready("/readyz", bad("database"))
        assert found["code"] == "BH-SEE-008"
        assert (await looked.metrics())["billhub_replica_lag_seconds"] > 1
        await line.execute("SELECT pg_wal_replay_resume()")
        await line.close()
        await looked.until_ready("/readyz", ready)
        place.postgres.kill()  # the standby has all that it got, and gets no more
        found = await looked.until_ready("/readyz", bad("database"))
        assert found["code"] == "BH-SEE-008"
