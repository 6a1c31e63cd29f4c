"""The embedded ledger's file: its name in a data folder, connections to it, and SQLite's errors in the hub's words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hub.errors import Fault
from hub.ledger.faults import BUSY, DATABASE_BROKEN

FILE: Final = "ledger.db"
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_LOCK_SECONDS: Final = 1.0
"""How long a locked database is waited for; the loop stands still meanwhile, and senders are told to come again."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with the hub's pragmas; transactions are begun by hand."""
    target = f"file:{path}?mode=ro" if read_only else str(path)
    connection = sqlite3.connect(
        target,
        uri=read_only,
        isolation_level=None,
        cached_statements=256,
        check_same_thread=False,
        timeout=_LOCK_SECONDS,
    )
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


@contextlib.contextmanager
def sqlite_faults() -> Iterator[None]:
    """SQLite's errors in the hub's words, also where SQLAlchemy has wrapped them."""
    try:
        yield
    except Fault:
        raise
    except Exception as error:
        inner = getattr(error, "orig", None) or error
        if isinstance(inner, sqlite3.OperationalError):
            raise BUSY(found=str(inner)) from error
        if isinstance(inner, sqlite3.DatabaseError) and inner.sqlite_errorcode & 0xFF in _BROKEN:
            raise DATABASE_BROKEN(found=str(inner)) from error
        raise  # a defect of the program, not of the file
