"""A pool without a free connection: counted and said, and what waits is taken when there is one again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from tests.engine.cluster.province import province
from tests.engine.cluster.test_seen import Seen
from tests.tracing.backend import Backend

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio]
GAVE_UP = 'billhub_pool_exhausted_total{role="worker"}'


async def test_a_pool_of_one_is_told_from_a_database_that_is_away(tmp_path: Path) -> None:
    async with province(tmp_path) as place:
        hub = yaml.safe_load(place.hub.read_text("utf-8"))
        hub["postgres"]["connections"] = 1
        place.hub.write_text(yaml.safe_dump(hub), "utf-8")
        machine = place.machine("door", "worker", "issuer")
        await machine.start()
        seen = Seen(place, machine, machine, "", Backend())
        sent = 1
        assert await seen.charge("A") == "AA"
        await place.until_bills(issued=sent)
        place.postgres.freeze()  # whoever has the one connection waits longer than those who want it
        try:
            async with asyncio.timeout(90):
                while not (await seen.metrics()).get(GAVE_UP, 0):
                    assert await seen.charge(f"B{sent}") == "AA"
                    sent += 1
        finally:
            place.postgres.thaw()
        assert "BH-LED-021: PostgreSQL cannot take the transaction just now: no connection became free" in machine.log
        await place.until_bills(issued=sent)
        assert await place.tally() == {"applied": sent}
