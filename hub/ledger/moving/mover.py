"""The move from its mark to the opening of the target."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from hub.crashpoints import reach
from hub.ledger import mark as marks
from hub.ledger import schema
from hub.ledger.mark import Mark
from hub.ledger.moving import source as here
from hub.ledger.moving import target as there
from hub.ledger.moving.comparing import Compared, both_books, compare
from hub.ledger.moving.copying import Progress, copy
from hub.ledger.moving.faults import OTHER_TARGET, TARGET_USED
from hub.ledger.moving.tables import TABLES
from hub.ledger.moving.target import Target
from hub.ledger.postgres.pool import Connection

_SET: Final = "SELECT setval($1::text::regclass, greatest($2::bigint, 1), $2::bigint > 0)"
_COUNTED: Final = (("seq_message", "message", "seq"), ("seq_bill", "bill", "seq"), ("seq_change", "bill", "change"))
"""Sequences, and the columns whose highest values they stand behind."""
_AHEAD: Final = (
    "SELECT setval('seq_change', max(ahead)) FROM epoch HAVING max(ahead) > (SELECT last_value FROM seq_change)"
)
"""After a restore, places of the change sequence were passed over."""
_SERIAL: Final = "SELECT pg_get_serial_sequence($1, $2)"
_HASHED: Final = "UPDATE moving SET hash = $2 WHERE name = $1"
_ANALYSE: Final = f"ANALYZE {', '.join(table.name for table in TABLES)}"
"""The server's own time for it may come when a cluster has worked a while, on plans for empty tables."""
_AUDIT: Final = "INSERT INTO audit (at, actor, action, subject, reason) VALUES ($1, $2, 'hub.move', $3, '')"


@dataclass(slots=True)
class Report:
    """What a move came to."""

    id: str
    to: str
    tables: list[Compared] = field(default_factory=list)
    rows: int = 0
    """brought this time"""
    resumed: bool = False
    already: bool = False
    """it was complete before, and nothing was done"""
    books: dict[str, Any] = field(default_factory=dict)
    books_there: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def equal(self) -> bool:
        """Whether both sides are the same; if not, the target stays closed and the source marked."""
        return self.books == self.books_there and all(table.equal for table in self.tables)

    def json(self) -> dict[str, Any]:
        """In the outer shape."""
        shown: dict[str, Any] = {"id": self.id, "to": self.to, "rows": self.rows, "resumed": self.resumed}
        shown |= {"already": self.already, "equal": self.equal, "tables": [table.json() for table in self.tables]}
        if self.books:
            shown |= {"books": self.books, "books_equal": self.books == self.books_there}
        return shown | {"seconds": round(self.seconds, 3)}


async def move(folder: Path, dsn: str, *, now: datetime, actor: str, progress: Progress) -> Report:
    """Moves a folder's ledger, or goes on with a move that was cut off.

    Raises:
        Retry: PostgreSQL is away, or a disk is full; moving again goes on.
        Config: a hub runs on the source, or one of the sides cannot be used.
    """
    begun = time.monotonic()
    with here.opened(folder) as source:
        async with there.connected(dsn) as target:
            mark = await _marked(folder, target, now)
            state = await there.state_of(target.connection)
            if state == ("moved", mark.id):
                marks.write(folder, replace(mark, state="moved"))
                tables = await _noted(target)
                return Report(mark.id, target.where, tables, seconds=time.monotonic() - begun, already=True)
            if state is None:
                await there.begin(target, mark.id)
            rows = await copy(source, target, progress)
            await target.connection.execute(_ANALYSE)
            report = Report(mark.id, target.where, rows=rows, resumed=state is not None)
            async with target.connection.transaction():
                await there.alone(target.connection)
                report.tables = await compare(source, target.connection, progress)
                report.books, report.books_there = await asyncio.to_thread(both_books, folder, dsn)
                if report.equal:
                    reach("compared")
                    await _finish(target, report, actor, now)
                    # first: should the commit fail, both are closed, and moving again opens the target
                    marks.write(folder, replace(mark, state="moved"))
                    reach("closed")
    report.seconds = time.monotonic() - begun
    return report


async def _marked(folder: Path, target: Target, now: datetime) -> Mark:
    """The source's mark, made where there is none.

    Raises:
        Config: the target is not this move's.
    """
    mark = marks.read(folder)
    state = await there.state_of(target.connection)
    if mark is None:
        await there.refuse_used(target)
        mark = Mark(uuid4().hex, "moving", target.where, now.isoformat(timespec="milliseconds"))
        marks.write(folder, mark)
        return mark
    if mark.state == "moved" and state != ("moved", mark.id) and (state is None or mark.to != target.where):
        raise OTHER_TARGET(str(folder), to=target.where)
    if state is None:  # emptied by a person, or another one after all: it begins anew, for the source has not changed
        await there.refuse_used(target)
    elif state[1] != mark.id:
        raise TARGET_USED(target.where, found=" ".join(state))
    if mark.state == "moving" and mark.to != target.where:
        mark = replace(mark, to=target.where)
        marks.write(folder, mark)
    return mark


async def _finish(target: Target, report: Report, actor: str, now: datetime) -> None:
    """Opens the target; inside the transaction that compared it."""
    connection = target.connection
    for sequence, name, column in _COUNTED:
        await _set(connection, sequence, name, column)
    await connection.execute(_AHEAD)
    for table in schema.METADATA.sorted_tables:
        for key in table.primary_key:
            if key.autoincrement is True and not table.info:
                own = await connection.fetchval(_SERIAL, table.name, key.name)
                await _set(connection, own, table.name, key.name)
    for compared in report.tables:
        await connection.execute(_HASHED, compared.name, compared.hash)
    await connection.execute(_AUDIT, now.isoformat(timespec="milliseconds"), actor, report.id)
    await connection.execute("ALTER TABLE moving RENAME TO moved")


async def _set(connection: Connection, sequence: str, table: str, column: str) -> None:
    highest = await connection.fetchval(f'SELECT max("{column}") FROM "{table}"')  # noqa: S608
    await connection.execute(_SET, sequence, highest or 0)


async def _noted(target: Target) -> list[Compared]:
    """What a complete move noted of each table."""
    rows = await target.connection.fetch("SELECT name, rows, hash FROM moved ORDER BY name")
    return [Compared(name, count, hash_, count, hash_) for name, count, hash_ in rows]
