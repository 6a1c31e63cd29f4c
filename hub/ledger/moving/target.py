"""The database moved into: who may, whether it is empty, and the table that says how far the move is.

`moving` (a row a table) is there from before the first row until both sides were compared; then it is renamed `moved`.
No process of a cluster starts on a database that has a table `moving` (`hub.ledger.postgres.pool`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from hub.ledger import schema
from hub.ledger.moving.faults import NOT_OWNER, TARGET_TAKEN, TARGET_USED
from hub.ledger.moving.tables import TABLES, Moved, Row
from hub.ledger.postgres.faults import NO_DRIVER, postgres_faults
from hub.ledger.postgres.limited import ended
from hub.ledger.postgres.pool import CONNECT_SECONDS, SETTINGS, Connection, check

_SETTINGS: Final = SETTINGS | {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
"""A move takes its time: comparing is one transaction, however much there is."""
_ONE_MOVE: Final = "SELECT pg_advisory_lock(7411260130)"
"""Waits no longer than `lock_timeout`: a move that was killed just now is let go by the server at once."""
_OWNER: Final = """
SELECT current_user::text, tableowner::text, pg_has_role(tableowner, 'USAGE') FROM pg_tables
WHERE tablename = 'message' AND schemaname = current_schema()"""
_MADE: Final = """
CREATE TABLE moving (id text NOT NULL, name text PRIMARY KEY, reached bytea, rows bigint NOT NULL, hash text)"""
_FIRST: Final = "INSERT INTO moving (id, name, rows) SELECT $1, n, 0 FROM unnest($2::text[]) n"
_REACHED: Final = "UPDATE moving SET reached = $2, rows = rows + $3 WHERE name = $1 AND rows = $4"
_ALL_ALONE: Final = f"LOCK TABLE {', '.join(name.name for name in TABLES)} IN SHARE ROW EXCLUSIVE MODE"
_STATES: Final = ("moving", "moved")


@dataclass(frozen=True, slots=True)
class Target:
    """A connection to the target, and its name without secrets."""

    connection: Connection
    where: str


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Target]:
    """The target, migrated, as the owner of its tables, with no other move on it.

    Raises:
        Retry: away.
        Config: it is not such a database.
        Unknown: what the block writes waits for a lost standby; it may be committed.
    """
    try:
        import asyncpg
    except ImportError as error:
        raise NO_DRIVER() from error
    where = where_of(dsn)
    with postgres_faults():
        settings = {"application_name": "billhub move", **_SETTINGS}
        connection = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, server_settings=settings)
        try:
            await check(connection)
            role, owner, may = await connection.fetchrow(_OWNER)
            if not may:
                raise NOT_OWNER(where, role=role, owner=owner)
            try:
                await connection.execute(_ONE_MOVE)
            except asyncpg.LockNotAvailableError:
                raise TARGET_TAKEN(where) from None
            loop = asyncio.get_running_loop()
            with ended(dsn, lambda: loop.call_soon_threadsafe(connection.terminate)):
                yield Target(connection, where)
            await connection.close()
        finally:
            connection.terminate()


def where_of(dsn: str) -> str:
    """Hosts, ports and database of an address, without its secrets."""
    parts = urlsplit(dsn)
    return parts.netloc.rpartition("@")[2] + parts.path


async def state_of(connection: Connection) -> tuple[str, str] | None:
    """(`moving` or `moved`, id of that move), or None where nothing was ever moved here."""
    for name in _STATES:
        if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", name):
            id_ = await connection.fetchval(f"SELECT id FROM {name} LIMIT 1")  # noqa: S608
            return name, str(id_)
    return None


async def refuse_used(target: Target) -> None:
    """Whether a move may begin here.

    Raises:
        Config: the target holds other data, or another move.
    """
    found = await state_of(target.connection)
    if found is not None:
        raise TARGET_USED(target.where, found=f"{found[0]} {found[1]}")
    for table in schema.METADATA.sorted_tables:
        if await target.connection.fetchval(f'SELECT EXISTS (SELECT FROM "{table.name}")'):  # noqa: S608
            raise TARGET_USED(target.where, found=table.name)


async def begin(target: Target, id_: str) -> None:
    """Closes an empty target to everybody else.

    Raises:
        Config: it is not empty any more.
    """
    async with target.connection.transaction():
        await alone(target.connection)
        await refuse_used(target)
        await target.connection.execute(_MADE)
        await target.connection.execute(_FIRST, id_, [table.name for table in TABLES])


async def reached(connection: Connection) -> dict[str, tuple[list[Any] | None, int]]:
    """Table → (key of the last row brought, how many were)."""
    rows = await connection.fetch("SELECT name, reached, rows FROM moving")
    return {name: (_unpacked(key) if key is not None else None, count) for name, key, count in rows}


async def bring(target: Target, table: Moved, page: Sequence[Row], before: int) -> None:
    """Copies a page in and notes it; inside the caller's transaction."""
    import asyncpg

    connection = target.connection
    try:
        await connection.copy_records_to_table(table.name, records=page, columns=table.columns)
    except asyncpg.UniqueViolationError as error:
        raise TARGET_USED(target.where, found=table.name) from error
    key = msgspec.msgpack.encode(table.key_of(page[-1]))
    done = await connection.execute(_REACHED, table.name, key, len(page), before)
    if done != "UPDATE 1":
        raise TARGET_TAKEN(target.where)


async def alone(connection: Connection) -> None:
    """Nobody else writes until the caller's transaction ends."""
    await connection.execute(_ALL_ALONE)


def _unpacked(key: bytes) -> list[Any]:
    return list(msgspec.msgpack.decode(key))
