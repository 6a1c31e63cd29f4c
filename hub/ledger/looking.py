"""Read-only ways into either database, for whoever looks beside the writers, through SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from hub.ledger.postgres import sync
from hub.ledger.postgres.faults import postgres_faults
from hub.ledger.sqlite_file import FILE, connect, sqlite_faults

FREE_SECONDS = 5.0
"""How long a question waits for a connection when all are in use."""


class Window:
    """Connections to look through, and the database's errors in the hub's words."""

    def __init__(self, engine: Engine, faults: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._faults = faults

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """One state of the ledger, from the first question to the last: whatever is committed meanwhile is not seen."""
        with self._faults(), self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":  # PostgreSQL's transaction begins with the first question
                connection.exec_driver_sql("BEGIN")
            yield connection

    def close(self) -> None:
        """Closes what is open."""
        self._engine.dispose()


def sqlite_window(folder: Path, *, shared: bool) -> Window:
    """Into a data folder; `shared` keeps one connection open, for a process that looks often from one thread."""
    path = folder / FILE
    engine = create_engine(
        "sqlite://", creator=lambda: connect(path, read_only=True), poolclass=StaticPool if shared else NullPool
    )
    return Window(engine, sqlite_faults)


def postgres_window(dsn: str, *, name: str = "billhub reads", seconds: int = 60) -> Window:
    """Into a PostgreSQL database, be it a standby; from any thread. `seconds` is the longest question."""
    engine = sync.engine(
        dsn,
        pool=QueuePool,
        pool_timeout=FREE_SECONDS,
        application_name=name,
        tcp_user_timeout=10_000,  # a server that is cut off is not waited for
        options=f"-c statement_timeout={seconds * 1000} -c timezone=UTC "
        "-c default_transaction_isolation=repeatable\\ read -c idle_in_transaction_session_timeout=60000",
    )
    # said for each transaction, not as the session's default: an address may ask for a server that writes
    event.listen(engine, "connect", _only_reads)
    return Window(engine, postgres_faults)


def _only_reads(connection: Any, _record: object) -> None:
    connection.read_only = True
