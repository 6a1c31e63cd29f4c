"""What a bill takes of a disk, in each database and on Kafka, and what PostgreSQL's part costs.

`python -m benchmarks.disk [--bills N]`: a charge of three lines and its signed payment, mapped and sealed as doors do,
numbered and signed by the local issuer, stored. The second half of the bills is measured, so that what a fresh database
takes by itself does not count. Bodies of 90 days are in it; so is everything that lasts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Final

import psycopg

from benchmarks.ledger import batches, submissions
from benchmarks.machine import describe, show
from hub.config import UnitConfig, load_units
from hub.demo.world import CHINA, TYPES
from hub.engine.cluster.records import encode, pack
from hub.issuing.local import LocalIssuer
from hub.issuing.units import units_issuing
from hub.ledger.migrate import migrate_postgres
from hub.ledger.postgres import open_ledger
from hub.ledger.records import Batch, Issued, Result, Submission
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.local.postgres import LocalPostgres
from hub.security.vault import Vault

BATCH: Final = 20
"""Messages a transaction: what a hub under middling load forms by itself."""
PACKED: Final = 8
"""Messages a Kafka record, likewise."""
Apply = Callable[[Batch, datetime, int], Awaitable[Result]]


async def issue_all(found: list[Submission], units: list[UnitConfig], vault: Vault, apply: Apply) -> int:
    """Takes everything in and issues what is due; returns the bills stored."""
    now = datetime.now(UTC)
    issuer = LocalIssuer(units_issuing(units), vault, SystemRandom(), lambda: now)
    back: list[Issued] = []
    stored = 0
    for batch in [*batches(found, BATCH), [], []]:
        now += timedelta(milliseconds=5)
        result = await apply(Batch(submissions=batch, issued=back), now, 10_000)
        stored += len(result.issued)
        back, failed = issuer.issue(result.work)
        assert not failed
    return stored


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("ledger.db*"))


async def on_sqlite(folder: Path, found: list[Submission], units: list[UnitConfig], vault: Vault) -> float:
    """Bytes a bill of the embedded hub's file."""
    sizes = [0]
    for half in (found[: len(found) // 2], found[len(found) // 2 :]):
        ledger = SqliteLedger(folder / "data", {unit.unit.id: rules_of(unit) for unit in units})

        async def apply(batch: Batch, now: datetime, want: int, ledger: SqliteLedger = ledger) -> Result:
            return ledger.apply(batch, now, want)

        stored = await issue_all(half, units, vault, apply)
        ledger.close()  # writes the log back into the file
        sizes.append(_size(folder / "data"))
    return (sizes[2] - sizes[1]) / stored


def _ticks(pid: int) -> int:
    """CPU of a server and of everything it started, living or gone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(map(int, fields[11:15])) + sum(_ticks(int(child)) for child in children)


async def on_postgres(folder: Path, found: list[Submission], units: list[UnitConfig], vault: Vault) -> None:
    """Bytes and CPU a bill on a real server; what a table takes with its indexes."""
    with LocalPostgres(folder / "postgres") as server:
        migrate_postgres(server.dsn())
        rules = {unit.unit.id: rules_of(unit) for unit in units}
        ledger = await open_ledger(server.dsn(), rules, owner="disk", connections=2)
        now = datetime.now(UTC)
        for unit, type_ in TYPES:
            await ledger.receive_numbers(unit, f"41{type_}{now.astimezone(CHINA):%y}", "1", "100000", now, "disk")
        spent, took, tables, wal = 0.0, 0, [], []
        for half in (found[: len(found) // 2], found[len(found) // 2 :]):
            mine, server_ticks = time.process_time(), _ticks(server.pid)
            stored = await issue_all(half, units, vault, ledger.apply)
            spent, took = time.process_time() - mine, _ticks(server.pid) - server_ticks
            with psycopg.connect(server.dsn(), autocommit=True) as line:
                line.execute("VACUUM")
                rows = line.execute("SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'")
                tables.append({name.partition("_2")[0]: size for name, size in rows if not name.startswith("pg_")})
                wal.append(int(line.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')").fetchone()[0]))  # type: ignore[index]
        await ledger.close()
        grown = {name: (size - tables[0].get(name, 0)) / stored for name, size in tables[1].items()}
        show(
            "PostgreSQL",
            KiB_a_bill=sum(grown.values()) / 1024,
            of_it_bodies=grown.get("journal", 0.0) / 1024,
            log_written=(wal[1] - wal[0]) / stored / 1024,
            worker_and_issuer_cpu_us=spent / stored * 1e6,
            server_cpu_us=took / os.sysconf("SC_CLK_TCK") / stored * 1e6,
        )
        show("  tables, bytes a bill", **{name: round(size) for name, size in sorted(grown.items()) if size >= 1})


def on_kafka(found: list[Submission], bills: int) -> float:
    """Bytes a bill of a partition, once; three replicas take three times as much."""
    return sum(len(pack([encode(one) for one in some])) + 70 for some in batches(found, PACKED)) / bills


async def run(bills: int) -> None:
    """The measurement."""
    vault = Vault([bytes(range(32))])
    with tempfile.TemporaryDirectory(prefix="billhub-disk-") as name:
        folder = Path(name)
        found, _ = submissions(folder, bills, vault)
        units = load_units(folder / "units")
        show("SQLite", KiB_a_bill=await on_sqlite(folder, found, units, vault) / 1024)
        await on_postgres(folder, found, units, vault)
        show("Kafka, each copy", KiB_a_bill=on_kafka(found, bills) / 1024)


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bills", type=int, default=4000)
    given = parser.parse_args()
    print(describe())
    asyncio.run(run(given.bills))


if __name__ == "__main__":
    main()
