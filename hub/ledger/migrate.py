"""Brings a database to the newest schema, all steps in one transaction; a database that is newest costs one look.

Alembic and SQLAlchemy are imported only when there is something to do, so that a hub is ready quickly after a crash.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hub.ledger.faults import DATABASE_NEWER

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD: Final = "0001"
"""The newest revision; a test compares it with the scripts."""


def revision_of(connection: sqlite3.Connection) -> str:
    """The schema revision of a SQLite database, empty for a fresh one."""
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # locked, unreadable: not the same as fresh
            raise
        return ""
    return str(row[0]) if row else ""


def migrate_sqlite(path: Path) -> None:
    """Migrates the database file in one exclusive transaction: a crash in the middle leaves the old schema.

    Raises:
        Config: the database was written by a newer release.
        sqlite3.Error: it cannot be read or written.
    """
    probe = sqlite3.connect(path)
    try:
        found = revision_of(probe)
    finally:
        probe.close()
    if found == HEAD:
        return
    if found > HEAD:
        raise DATABASE_NEWER(str(path), found=found, known=HEAD)
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


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
