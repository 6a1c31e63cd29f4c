"""Search hashes on SQLite: written in the order they come, and sorted in when nothing else is to do."""

from __future__ import annotations

import sqlite3
from typing import Final

_AT_ONCE: Final = 2000
"""Hashes sorted in at once: few enough not to keep a message waiting."""
_BOUNDS: Final = "SELECT MIN(seq), MAX(seq) FROM search_new"
_SORT: Final = """
INSERT INTO search SELECT hash, bill_seq FROM search_new WHERE seq <= ? ORDER BY hash ON CONFLICT DO NOTHING"""
_FORGET: Final = "DELETE FROM search_new WHERE seq <= ?"


def unsorted(connection: sqlite3.Connection) -> tuple[int, int] | None:
    """First and last place of what is not sorted in yet."""
    first, last = connection.execute(_BOUNDS).fetchone()
    return None if first is None else (first, last)


def sort_in(connection: sqlite3.Connection, first: int, last: int) -> bool:
    """Sorts some of them in, in the caller's transaction; whether there are more."""
    until = min(first + _AT_ONCE, last)
    connection.execute(_SORT, (until,))
    connection.execute(_FORGET, (until,))
    return until < last
