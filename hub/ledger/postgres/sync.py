"""Blocking connections to PostgreSQL, for what looks and for what migrates: SQLAlchemy over psycopg.

The hot path speaks asyncpg (half as fast again); alembic and what is written once in SQLAlchemy Core for both databases
cannot wait for coroutines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.ledger.postgres.faults import BAD_DSN, NO_DRIVER

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection, Engine, Pool

CONNECT_SECONDS = 5


def connect(dsn: str, **more: Any) -> psycopg.Connection[Any]:
    """A connection; text comes out as the server keeps it.

    Raises:
        psycopg.Error: it cannot be had.
        Config: psycopg is not installed, or the address is none.
    """
    try:
        import psycopg
    except ImportError as error:
        raise NO_DRIVER() from error
    more.setdefault("connect_timeout", CONNECT_SECONDS)
    try:
        return psycopg.connect(dsn, **more)
    except psycopg.ProgrammingError:
        raise BAD_DSN() from None  # its text may quote a part of the password


def engine(dsn: str, *, pool: type[Pool], pool_timeout: float | None = None, **more: Any) -> Engine:
    """An engine that connects as the URL says; nothing is connected yet. `pool_timeout`: seconds that a pool waits."""
    from sqlalchemy import create_engine

    waits = {} if pool_timeout is None else {"pool_timeout": pool_timeout}
    return create_engine(
        "postgresql+psycopg://", creator=lambda: connect(dsn, **more), poolclass=pool, pool_pre_ping=True, **waits
    )


def driver(connection: Connection) -> Any:
    """The driver's own connection beneath."""
    return connection.connection.driver_connection


def run(connection: Connection, script: str) -> None:
    """Runs a script of several statements as it stands, in the connection's transaction."""
    if not connection.in_transaction():
        connection.begin()
    driver(connection).execute(script)
