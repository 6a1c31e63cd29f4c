"""Units whose issuing a person has stopped, on SQLite; inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from typing import Final

from hub.ledger.auditing import audit
from hub.ledger.faults import NOT_PAUSED

_PAUSE: Final = """
INSERT INTO pause (unit, at, actor, reason, doors) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (unit) DO UPDATE SET at = excluded.at, actor = excluded.actor, reason = excluded.reason,
    doors = excluded.doors"""
_RESUME: Final = "DELETE FROM pause WHERE unit = ?"
_PAUSES: Final = "SELECT unit, doors FROM pause"


def pause(connection: sqlite3.Connection, unit: str, reason: str, at: str, actor: str, *, doors: bool) -> None:
    """Stops a unit, until `resume`; with `doors`, its messages are not taken either."""
    connection.execute(_PAUSE, (unit, at, actor, reason, int(doors)))
    audit(connection, at, actor, "unit.pause", f"{unit} doors" if doors else unit, reason)


def resume(connection: sqlite3.Connection, unit: str, at: str, actor: str) -> None:
    """Lets a unit go on.

    Raises:
        Reject: it is not paused.
    """
    if not connection.execute(_RESUME, (unit,)).rowcount:
        raise NOT_PAUSED(unit=unit)
    audit(connection, at, actor, "unit.resume", unit)


def pauses(connection: sqlite3.Connection) -> dict[str, bool]:
    """Unit → whether its doors are closed, too, of those that are paused."""
    return {unit: bool(doors) for unit, doors in connection.execute(_PAUSES)}
