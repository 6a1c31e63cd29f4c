"""A writing connection to either database, one transaction at a time, for what happens seldom."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from hub.ledger.postgres import sync
from hub.ledger.postgres.faults import postgres_faults
from hub.ledger.postgres.limited import limited
from hub.ledger.sqlite_file import connect, sqlite_faults


class Desk:
    """Where to write, and the database's errors in the hub's words."""

    def __init__(
        self,
        engine: Engine,
        faults: Callable[[], AbstractContextManager[None]],
        limit: Callable[[Any], AbstractContextManager[None]],
    ) -> None:
        self._engine = engine
        self._faults = faults
        self._limit = limit

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """One transaction: all of it, or nothing.

        Raises:
            Retry, Config: as the ledger does.
            Unknown: it waits for a lost standby; it may be committed.
        """
        with (
            self._faults(),
            self._engine.connect() as connection,
            self._limit(sync.driver(connection)),
        ):
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("COMMIT")
            connection.commit()


def sqlite_desk(path: Path) -> Desk:
    """On a database file; the caller sees to it that nobody else writes."""
    return Desk(
        create_engine("sqlite://", creator=lambda: connect(path), poolclass=NullPool), sqlite_faults, nullcontext
    )


def postgres_desk(dsn: str) -> Desk:
    """On a PostgreSQL database."""
    options = "-c statement_timeout=0 -c timezone=UTC -c synchronous_commit=on"
    name = f"billhub epoch {os.getpid()}"
    engine = sync.engine(dsn, pool=NullPool, application_name=name, options=options)
    return Desk(engine, postgres_faults, partial(limited, dsn))
