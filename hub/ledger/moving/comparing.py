"""Compares both sides of a move: every table's rows, counted and hashed in order, and the books."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.ledger.books import books
from hub.ledger.looking import Window, postgres_window, sqlite_window
from hub.ledger.moving.copying import Progress
from hub.ledger.moving.tables import ONLY_THERE, TABLES, Hash, Moved
from hub.ledger.postgres.pool import Connection

_ROWS_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class Compared:
    """A table on both sides."""

    name: str
    rows: int
    hash: str
    rows_there: int
    hash_there: str

    @property
    def equal(self) -> bool:
        """Whether nothing was lost, doubled or changed."""
        return (self.rows, self.hash) == (self.rows_there, self.hash_there)

    def json(self) -> dict[str, Any]:
        """In the outer shape."""
        shown: dict[str, Any] = {"table": self.name, "rows": self.rows, "sha256": self.hash, "equal": self.equal}
        if not self.equal:
            shown |= {"rows_there": self.rows_there, "sha256_there": self.hash_there}
        return shown


async def compare(
    source: sqlite3.Connection, there: Connection, progress: Progress, *, leave_out: Collection[str] = ()
) -> list[Compared]:
    """Every table, inside the caller's transaction on the target.

    What PostgreSQL alone has (leases of numbers, bodies of dropped days) is compared with nothing: it has to be empty.
    """
    tables = [table for table in TABLES if table.name not in leave_out]
    total = sum(table.count(source) for table in tables)
    done = 0
    compared: list[Compared] = []
    progress("compare", 0, total)
    for table in tables:
        here, other = _hashed_here(source, table), await _hashed_there(there, table)
        compared.append(Compared(table.name, here.rows, here.hex, other.rows, other.hex))
        done += here.rows
        progress("compare", done, total)
    for name in ONLY_THERE:
        rows = await there.fetchval(f'SELECT count(*) FROM "{name}"')  # noqa: S608
        if rows:
            compared.append(Compared(name, 0, Hash().hex, rows, ""))
    return compared


def _hashed_here(source: sqlite3.Connection, table: Moved) -> Hash:
    made = Hash()
    for page in table.pages(source, None):
        for row in page:
            made.add(row)
    return made


async def _hashed_there(there: Connection, table: Moved) -> Hash:
    made = Hash()
    async for row in there.cursor(table.in_order, prefetch=_ROWS_AT_ONCE):
        made.add(tuple(row))
    return made


def both_books(folder: Path, dsn: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The books of the source and of the target."""
    return _books(sqlite_window(folder, shared=False)), _books(postgres_window(dsn))


def _books(window: Window) -> dict[str, Any]:
    try:
        with window.look() as look:
            return books(look)
    finally:
        window.close()
