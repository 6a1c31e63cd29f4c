"""Pauses units, and lets them go on. What is due of a paused unit is set aside by whoever leases it: see `leasing`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hub.ledger.faults import NOT_PAUSED
from hub.ledger.postgres import leasing
from hub.ledger.postgres.pool import Connection

_PAUSE: Final = """
INSERT INTO pause (unit, at, actor, reason, doors) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (unit) DO UPDATE SET at = excluded.at, actor = excluded.actor, reason = excluded.reason,
    doors = excluded.doors"""
_RESUME: Final = "DELETE FROM pause WHERE unit = $1 RETURNING unit"
_GO_ON: Final = "UPDATE bill SET starved = NULL WHERE unit = $1 AND starved = 'paused'"
PAUSES: Final = "SELECT unit, doors FROM pause"


async def pause(connection: Connection, unit: str, reason: str, now: datetime, actor: str, *, doors: bool) -> None:
    """Stops issuing for a unit; with `doors`, taking in, too."""
    at = now.isoformat(timespec="milliseconds")
    await connection.execute(_PAUSE, unit, at, actor, reason, int(doors))


async def resume(connection: Connection, unit: str) -> None:
    """Lets a unit go on.

    Raises:
        Reject: it is not paused.
    """
    await leasing.lock_pause(connection, unit)
    if not await connection.fetch(_RESUME, unit):
        raise NOT_PAUSED(unit=unit)
    await connection.execute(_GO_ON, unit)
