"""Waits until a cluster has worked off what lay before it, and nobody lends a hand."""

from __future__ import annotations

import asyncio
import time

import asyncpg

from drills.place import Place
from hub.engine.cluster.connection import client_options
from hub.engine.cluster.lag import LagMeter
from hub.engine.cluster.topics import topics_of
from hub.hubfile import load_hub

_MOVING = """
SELECT (SELECT count(*) FROM bill WHERE status = 'due') + (SELECT count(*) FROM bill WHERE status = $1)
     + (SELECT count(*) FROM outbox)"""


async def drained(place: Place, seconds: float) -> float | None:
    """The seconds it took until nothing lay on Kafka and every bill was what it will be; None where that never came."""
    started = time.monotonic()
    hub = load_hub(place.hub)
    meter = LagMeter(client_options(hub), topics_of(hub.kafka))
    before = "issued" if place.final == "confirmed" else "none"
    try:
        while time.monotonic() - started < seconds:
            lag = await meter.look()
            if lag is not None and lag.waiting == 0 and await _still(place, before):
                return time.monotonic() - started
            await asyncio.sleep(0.2)
    finally:
        await meter.close()
    return None


async def _still(place: Place, before: str) -> bool:
    try:
        return await place.rows(_MOVING, before) == [(0,)]
    except (OSError, asyncpg.PostgresError):
        return False
