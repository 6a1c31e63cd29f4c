"""Bodies on SQLite whose time is over: dropped a few at a time, while nothing else is to do.

Behind a bill, and parked, they stay. What a message said (its events) and its id stay in any case.
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.metrics.catalogue import TIDIED

AT_ONCE: Final = 300
LEAST_DAYS: Final = 30
HASHED: Final = 32
"""What is left of a refused body: its hash."""
_OLD: Final = """
SELECT seq, at, place, case_id FROM message WHERE seq > ? ORDER BY seq LIMIT ?"""
_BILLED: Final = """
WITH RECURSIVE home (id, into_) AS (
    SELECT id, "into" FROM matter WHERE id = ?
    UNION ALL SELECT m.id, m."into" FROM home h JOIN matter m ON m.id = h.into_ WHERE h.into_ <> '')
SELECT 1 FROM home h JOIN matter m ON m.id = h.id WHERE m.bills <> '[]' LIMIT 1"""
_DROP: Final = "DELETE FROM journal WHERE message_seq = ?"
_REFUSED: Final = "SELECT seq, sealed FROM refused WHERE length(sealed) > 32 AND at < ? ORDER BY seq LIMIT ?"
_HASH: Final = "UPDATE refused SET sealed = ? WHERE seq = ?"


class Retiring:
    """How far a round has come. One begins each day: of what it left, a message may have been replayed meanwhile."""

    def __init__(self) -> None:
        self._seq = 0
        self._day = ""

    def step(self, connection: sqlite3.Connection, now: datetime, days: int) -> bool:
        """A few messages and refused ones, in the caller's transaction; whether there may be more."""
        before = (now.astimezone(UTC) - timedelta(days=max(days, LEAST_DAYS))).isoformat(timespec="milliseconds")
        if before[:10] != self._day:
            self._day, self._seq = before[:10], 0
        rows = [row for row in connection.execute(_OLD, (self._seq, AT_ONCE)) if row[1] < before]
        loose = [
            (seq,)
            for seq, _, place, case_id in rows
            if place != "parked" and not (case_id and connection.execute(_BILLED, (case_id,)).fetchone())
        ]
        dropped = connection.executemany(_DROP, loose).rowcount if loose else 0
        refused = connection.execute(_REFUSED, (before, AT_ONCE)).fetchall()
        connection.executemany(_HASH, [(hashlib.sha256(sealed).digest(), seq) for seq, sealed in refused])
        self._seq = rows[-1][0] if rows else self._seq
        TIDIED.add(dropped, "bodies")
        TIDIED.add(len(refused), "refused")
        return len(rows) == AT_ONCE or len(refused) == AT_ONCE
