"""What people and programs look at, on PostgreSQL: the same questions as on SQLite, over connections that only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import QueuePool

from hub.errors import Lang
from hub.ledger.postgres import sync
from hub.ledger.postgres.faults import postgres_faults
from hub.ledger.reader import Reader
from hub.security.vault import Vault

OPTIONS: Final = "-c statement_timeout=30s -c timezone=UTC"


class PostgresReader(Reader):
    """See `Reader`. Blocking, and for many threads at once: whoever has a loop looks from a thread beside it."""

    def __init__(self, dsn: str, vault: Vault) -> None:
        self.lang: Lang = "zh"
        self._vault = vault
        self._engine = create_engine(
            "postgresql+psycopg://", creator=lambda: _reading(dsn), poolclass=QueuePool, pool_pre_ping=True
        )

    @contextmanager
    def _look(self) -> Iterator[Connection]:
        with postgres_faults(), self._engine.connect() as connection:
            yield connection


def _reading(dsn: str) -> Any:
    """A connection whose transactions only read; said for each, since an address may ask for a server that writes."""
    connection = sync.connect(dsn, options=OPTIONS)
    connection.read_only = True
    return connection
