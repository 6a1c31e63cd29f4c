"""The audit log on SQLite: who did what, to what, and why; inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from typing import Final

_AUDIT: Final = "INSERT INTO audit (at, actor, action, subject, reason) VALUES (?, ?, ?, ?, ?)"


def audit(connection: sqlite3.Connection, at: str, actor: str, action: str, subject: str, reason: str = "") -> None:
    """Writes a row."""
    connection.execute(_AUDIT, (at, actor, action, subject, reason))
