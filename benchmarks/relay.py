"""A relay of a cluster: issued bills → countersigned by the fiscal platform → confirmed, durably.

`python -m benchmarks.relay [--bills N]`. Platform, PostgreSQL and relay are processes of their own; the same documents
go first through a bare client, as many at once, to a platform that does not know them yet. The ratio is what storing
the answers, judging their signatures and the relay's own rules cost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg

from benchmarks.disk import issue_all
from benchmarks.kafka import cluster_file
from benchmarks.ledger import submissions
from benchmarks.machine import describe, show
from benchmarks.world import Look, running
from hub.config import load_units
from hub.demo.world import CHINA, TYPES, World, build, write_units
from hub.ledger.migrate import migrate_postgres
from hub.ledger.postgres import open_ledger, open_reader
from hub.ledger.rules import rules_of
from hub.local.postgres import LocalPostgres
from hub.security.vault import Vault, open_vault

CONFIRMED = "SELECT count(*) FROM bill WHERE status = 'confirmed'"


@asynccontextmanager
async def platform(world: World) -> AsyncIterator[str]:
    """A fiscal platform that has seen no bill; gives its address."""
    ready = world.folder / "platform.json"
    ready.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub.simulators.fiscal_platform"),
        *("--keys", str(world.platform_keys), "--ready", str(ready)),
    )
    try:
        while not ready.exists():
            if process.returncode is not None:
                raise SystemExit("the platform did not start")
            await asyncio.sleep(0.01)
        yield f"http://{json.loads(ready.read_text())['http']}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def issued(server: LocalPostgres, world: World, vault: Vault, bills: int) -> list[bytes]:
    """Bills that wait for the platform, and their documents."""
    found, _ = submissions(world.folder, bills, vault)
    units = load_units(world.units)
    rules = {unit.unit.id: rules_of(unit) for unit in units}
    ledger = await open_ledger(server.dsn(), rules, owner="benchmark")
    now = datetime.now(UTC)
    for unit, type_ in TYPES:
        await ledger.receive_numbers(unit, f"41{type_}{now.astimezone(CHINA):%y}", "1", "1000000", now, "benchmark")
    assert await issue_all(found, units, vault, ledger.apply) == bills
    await ledger.close()
    reader = open_reader(server.dsn(), vault)
    with psycopg.connect(server.dsn()) as line:
        ids = [id_ for (id_,) in line.execute("SELECT id FROM bill ORDER BY seq").fetchall()]
    return [xml for id_ in ids if (xml := reader.document(id_, "xml")) is not None]


async def bare(url: str, documents: Sequence[bytes], at_once: int) -> tuple[float, float]:
    """Documents a second through a client that does nothing else, and its CPU microseconds a document."""
    left = iter(documents)
    async with httpx.AsyncClient(trust_env=False) as client:

        async def lane() -> None:
            for xml in left:
                answer = await client.post(f"{url}/sign", content=xml)
                answer.raise_for_status()

        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(lane() for _ in range(at_once)))
        spent = time.process_time() - cpu
        return len(documents) / (time.perf_counter() - started), spent / len(documents) * 1e6


async def relayed(world: World, hub: Path, look: Look, bills: int) -> tuple[float, float]:
    """Bills confirmed a second from the first on, and the relay's CPU microseconds a bill."""
    options = ("--engine", "cluster", "--hub", str(hub), "--role", "relay")
    async with running(world, look, *options, his_http=True) as measured:
        while not (first := look(CONFIRMED)[0][0]):
            await asyncio.sleep(0.01)
        started = time.perf_counter()
        cpu = sum(spent for role, (spent, _) in measured.processes().items() if role.startswith("relay"))
        while (done := look(CONFIRMED)[0][0]) < bills:
            await asyncio.sleep(0.02)
        took = time.perf_counter() - started
        spent = sum(spent for role, (spent, _) in measured.processes().items() if role.startswith("relay")) - cpu
        return (done - first) / took, spent / (done - first) * 1e6


async def run(bills: int, at_once: int) -> None:
    """The measurement."""
    with tempfile.TemporaryDirectory(prefix="billhub-bench-") as name, LocalPostgres(Path(name) / "postgres") as server:
        folder = Path(name)
        world = build(folder, 1)
        vault = open_vault(folder / "master.key", has_data=False).vault
        await asyncio.to_thread(migrate_postgres, server.dsn())
        documents = await issued(server, world, vault, bills)
        async with platform(world) as url:
            one, _ = await bare(url, documents[: bills // 4], 1)
            plain, bare_cpu = await bare(url, documents[bills // 4 :], at_once)
        hub = cluster_file(folder, ["127.0.0.1:9"], server, "postgres", "master.key")
        with psycopg.connect(server.dsn(), autocommit=True) as line:

            def look(question: str) -> list[tuple[object, ...]]:
                return line.execute(question).fetchall()

            async with platform(world) as url:
                write_units(world, url, "http://127.0.0.1:9/query")
                rate, cpu = await relayed(world, hub, look, bills)
        show("bare client", one_at_a_time_per_s=one, at_once=at_once, per_s=plain, cpu_us=bare_cpu)
        show("relay", confirmed_per_s=rate, ratio=rate / plain, cpu_us=cpu, cpu_ratio=cpu / bare_cpu)


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bills", type=int, default=3000)
    parser.add_argument("--at-once", type=int, default=4, help="requests of the bare client")
    given = parser.parse_args()
    print(describe())
    asyncio.run(run(given.bills, given.at_once))


if __name__ == "__main__":
    main()
