"""How a batch's rows are handed to PostgreSQL: as an array of rows, or as an array for each column.

`python -m benchmarks.rows`. Bills of 28 columns, a hundred at once, into a table without index or log; processor time
of the sender, and of the database's process, a bill.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg

from benchmarks.machine import describe, show
from hub.ledger.migrate import migrate_postgres
from hub.ledger.postgres.arrays import columns
from hub.local.postgres import LocalPostgres

ROWS: Final = 100
TIMES: Final = 200
ROUNDS: Final = 3
NUMBERS: Final = {"part", "first_item", "last_item", "total", "insured"}
EMPTY: Final = {"bill_code", "bill_number"}


def main() -> None:
    """Prints both, in turns, and their ratio."""
    print(describe())
    with tempfile.TemporaryDirectory(prefix="billhub-bench-") as name, LocalPostgres(Path(name)) as server:
        migrate_postgres(server.dsn())
        asyncio.run(_compare(server.dsn()))


async def _compare(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    fields = await connection.fetch(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
        "WHERE attrelid = 'bill_in'::regclass ORDER BY attnum"
    )
    await connection.execute("CREATE UNLOGGED TABLE landing OF bill_in")
    rows = [tuple(_value(name, n) for name, _ in fields) for n in range(ROWS)]
    arrays = ", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate(fields, 1))
    ways: dict[str, tuple[str, Callable[[Sequence[tuple[Any, ...]]], list[Any]]]] = {
        "columns": (f"INSERT INTO landing SELECT n.* FROM unnest({arrays}) n", columns),
        "rows": ("INSERT INTO landing SELECT n.* FROM unnest($1::bill_in[]) n", lambda rows: [rows]),
    }
    best: dict[str, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        for name, (statement, shape) in ways.items():
            await connection.execute("TRUNCATE landing")
            await connection.execute(statement, *shape(rows))
            spent = await _spent(connection, statement, shape, rows)
            best[name] = min(best.get(name, spent), spent, key=sum)
    for name, (sender, database) in best.items():
        show(name, sender_us=round(sender, 1), database_us=round(database, 1))
    show("rows_per_columns", ratio=round(sum(best["rows"]) / sum(best["columns"]), 2))
    await connection.close()


def _value(name: str, row: int) -> object:
    if name in NUMBERS:
        return 1_000 + row
    return None if name in EMPTY else f"{name}-{row:08d}"


async def _spent(
    connection: asyncpg.Connection,
    statement: str,
    shape: Callable[[Sequence[tuple[Any, ...]]], list[Any]],
    rows: Sequence[tuple[Any, ...]],
) -> tuple[float, float]:
    """Microseconds of processor time a row, of this process and of the database's."""
    process = connection.get_server_pid()
    sender, database = time.process_time(), _processor(process)
    for _ in range(TIMES):
        await connection.execute(statement, *shape(rows))
    each = 1e6 / (TIMES * ROWS)
    return (time.process_time() - sender) * each, (_processor(process) - database) * each


def _processor(process: int) -> float:
    """Seconds of processor time that a process of this machine has used."""
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
