"""The same load on an embedded hub and on a cluster of one machine: bills a second, delays, and what each role takes.

`python -m benchmarks.cluster [--bills N] [--rate R]`. A real Kafka and a real PostgreSQL share the machine with the hub
and the generator, so the cluster's figure is that of three servers on two cores: the ratio says what the distribution
costs, not what a province gets from machines of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import uvloop

from benchmarks.end_to_end import burst, steady
from benchmarks.kafka import CACHE, cluster_file
from benchmarks.machine import describe, show
from benchmarks.world import Measured, hub, made_world, running
from hub.bill.numbering import SHANGHAI
from hub.config import load_units
from hub.demo.world import TYPES
from hub.ledger.migrate import migrate_postgres
from hub.ledger.postgres import open_ledger
from hub.ledger.rules import rules_of
from hub.local.kafka import LocalKafka
from hub.local.postgres import LocalPostgres
from hub.security.vault import open_vault

ROLES = ("door", "worker", "issuer")


@asynccontextmanager
async def cluster() -> AsyncIterator[Measured]:
    """A cluster of one machine with a door, a worker and an issuer."""
    with tempfile.TemporaryDirectory(prefix="billhub-bench-") as name:
        folder = Path(name)
        world = made_world(folder, his_http=True)
        open_vault(folder / "master.key", has_data=False)
        with LocalPostgres(folder / "postgres") as postgres, LocalKafka(folder / "kafka", CACHE) as kafka:
            file = cluster_file(folder, kafka.servers, postgres, "postgres", "master.key")
            await asyncio.to_thread(migrate_postgres, postgres.dsn())
            await _receive_numbers(world.units, postgres.dsn())
            with psycopg.connect(postgres.dsn(), autocommit=True) as line:

                def look(question: str) -> list[tuple[Any, ...]]:
                    return line.execute(question).fetchall()

                roles = [word for role in ROLES for word in ("--role", role)]
                options = ("--engine", "cluster", "--hub", str(file), *roles)
                async with running(world, look, *options, his_http=True) as measured:
                    yield measured


async def _receive_numbers(units: Path, dsn: str) -> None:
    ledger = await open_ledger(dsn, {unit.unit.id: rules_of(unit) for unit in load_units(units)}, owner="benchmark")
    now = datetime.now(UTC)
    for unit, type_ in TYPES:
        await ledger.receive_numbers(unit, f"41{type_}{now.astimezone(SHANGHAI):%y}", "1", "1000000", now, "benchmark")
    await ledger.close()


async def run(bills: int, rate: float) -> None:
    """The measurement."""
    async with hub(his_http=True) as measured:
        alone = await burst(measured, bills, mllp=False)
    async with cluster() as measured:
        shared = await burst(measured, bills, mllp=False)
    show("cluster ÷ embedded, bills a second", ratio=shared["bills_per_s"] / alone["bills_per_s"])
    async with cluster() as measured:
        await steady(measured, bills, rate)


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bills", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=200.0)
    given = parser.parse_args()
    print(describe())
    uvloop.run(run(given.bills, given.rate))


if __name__ == "__main__":
    main()
