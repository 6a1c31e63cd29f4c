"""Brings a database to the newest schema; a database that is newest costs one look.

SQLite: all steps in one transaction, before anybody else may look. PostgreSQL: while the others work, step by step,
each in a transaction of its own that waits for no lock long. Alembic and SQLAlchemy are imported only when there is
something to do, so that a hub is ready quickly after a crash.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hub.ledger import window
from hub.ledger.postgres.faults import BUSY, WRONG_VERSION, postgres_faults, sqlstate_of
from hub.ledger.window import HEAD, OLDEST_SERVER

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

SCRIPTS: Final = Path(__file__).parent / "migrations"
LOCK_MILLISECONDS: Final = 2000
"""How long a step waits for a lock. Whoever comes after it waits as long, so it gives up rather than hold them."""
LOCK_TRIES: Final = 30
LOCK_PAUSE_SECONDS: Final = 1.0
_ONE_MIGRATION: Final = 7_411_260_127
"""The advisory lock of whoever migrates."""
_LOCKED: Final = frozenset({"55P03", "40P01"})


def revision_of(connection: sqlite3.Connection) -> str:
    """The schema revision of a SQLite database, empty for a fresh one."""
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # locked, unreadable: not the same as fresh
            raise
        return ""
    return str(row[0]) if row else ""


def serves_of(connection: sqlite3.Connection, found: str) -> str:
    """The oldest revision that a SQLite database of revision `found` serves."""
    return window.served_sqlite(found, int(connection.execute("PRAGMA user_version").fetchone()[0]))


def migrate_sqlite(path: Path) -> None:
    """Migrates the database file in one exclusive transaction: a crash in the middle leaves the old schema.

    Raises:
        Config: the database was written by a newer release.
        sqlite3.Error: it cannot be read or written.
    """
    probe = sqlite3.connect(path)
    try:
        found = revision_of(probe)
        serves = serves_of(probe, found)
    finally:
        probe.close()
    if newer := window.newer(found, serves, HEAD, str(path)):
        raise newer
    if found >= HEAD:
        return
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError

    engine = create_engine(f"sqlite:///{path}")

    # sqlite3 would commit before DDL; begin by hand instead, so that the steps stay one transaction
    @event.listens_for(engine, "connect")
    def _no_implicit(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")

    try:
        with engine.begin() as connection:
            _upgrade(connection)
    except DBAPIError as error:
        raise error.orig or error from None
    finally:
        engine.dispose()


def migrate_postgres(dsn: str, *, tries: int = LOCK_TRIES, pause: float = LOCK_PAUSE_SECONDS) -> None:
    """Migrates the database as the role that owns its tables, then grants the roles what they need.

    Steps done stay done: cut off in the middle, it goes on from there when it is called again. Two at once take turns.

    Raises:
        Config: the server is too old, the database of a newer release, or the role may not do this.
        Retry: the server is away, or a table stayed locked by others for `tries` times.
        Unknown: a step waits for a lost standby; it may be committed.
    """
    from sqlalchemy.pool import NullPool

    from hub.ledger.postgres import roles, sync
    from hub.ledger.postgres.limited import limited

    with postgres_faults(), sync.connect(dsn, autocommit=True) as guard:
        version = guard.info.server_version // 10_000
        if version < OLDEST_SERVER:
            raise WRONG_VERSION(found=str(version), needed=str(OLDEST_SERVER))
        _take_turn(guard, tries, pause)
        found, serves = window.serves_postgres(lambda question: _one(guard, question))
        if newer := window.newer(found, serves, HEAD, f"{guard.info.host}/{guard.info.dbname}"):
            raise newer
        if found > HEAD:
            return  # a newer release has been here, and this one still works on it
        options = f"-c lock_timeout={LOCK_MILLISECONDS} -c statement_timeout=0"
        engine = sync.engine(dsn, pool=NullPool, options=options)
        try:
            for left in reversed(range(tries)):
                try:
                    with engine.connect() as connection, limited(dsn, sync.driver(connection)):
                        _upgrade(connection)
                        roles.grant(connection)
                    break
                except Exception as error:
                    inner = getattr(error, "orig", None) or error
                    if sqlstate_of(inner) not in _LOCKED or not left:
                        raise
                time.sleep(pause)
        finally:
            engine.dispose()


def _take_turn(guard: psycopg.Connection[Any], tries: int, pause: float) -> None:
    """Waits until nobody else migrates, asking again and again.

    Whoever waits inside a statement would be waited for by an index that is built meanwhile, and both for ever.
    """
    for _ in range(tries):
        row = guard.execute("SELECT pg_try_advisory_lock(%s)", (_ONE_MIGRATION,)).fetchone()
        if row is not None and row[0]:
            return
        time.sleep(pause)
    raise BUSY(found="another migration is under way")


def revision_of_postgres(connection: psycopg.Connection[Any]) -> str:
    """The schema revision of a PostgreSQL database, empty for a fresh one."""
    return window.serves_postgres(lambda question: _one(connection, question))[0]


def _one(connection: psycopg.Connection[Any], question: str) -> Any:
    row = connection.execute(question).fetchone()
    return row[0] if row else None


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
