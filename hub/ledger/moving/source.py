"""The ledger that is moved: its folder locked, its file open for reading only, in one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.ledger.faults import DATABASE_NEWER
from hub.ledger.lock import FolderLock
from hub.ledger.migrate import revision_of
from hub.ledger.moving.faults import SOURCE_OLD
from hub.ledger.sqlite_file import FILE, connect, sqlite_faults
from hub.ledger.window import HEAD


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """The source, for as long as no hub may run on it.

    Raises:
        Config: a hub runs on it, it is damaged, or its schema is another.
    """
    lock = FolderLock(folder)
    try:
        with sqlite_faults():
            connection = connect(folder / FILE, read_only=True)
            try:
                found = revision_of(connection)
                if found > HEAD:
                    raise DATABASE_NEWER(str(folder / FILE), found=found, known=HEAD)
                if found != HEAD:
                    raise SOURCE_OLD(str(folder / FILE), found=found or "0", needed=HEAD)
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.close()
    finally:
        lock.release()
