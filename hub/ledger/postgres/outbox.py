"""Effects on their way out, leased to relays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from hub.ledger.postgres.pool import Connection
from hub.ledger.records import FaultRecord
from hub.ledger.rows import fault_text

_LEASE: Final = """
WITH due AS MATERIALIZED (
    SELECT id FROM outbox
    WHERE kind = $1 AND due_at <= $2 AND (lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET lease_owner = $4, lease_until = clock_timestamp() + $5::interval
FROM due WHERE o.id = due.id RETURNING o.id, o.unit, o.subject, o.payload, o.attempts, o.due_at"""
"""Materialised: read again for each row of the other side, as a join may, it would take `limit` more each time."""
_DONE: Final = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"
_LATER: Final = """
UPDATE outbox SET due_at = $2, attempts = attempts + 1, fault = $3, lease_owner = NULL, lease_until = NULL
WHERE id = $1"""


async def lease(
    connection: Connection, kind: str, limit: int, now: datetime, owner: str, time: timedelta
) -> list[dict[str, Any]]:
    """Effects due to go out, oldest first, nobody else's for a while."""
    rows = await connection.fetch(_LEASE, kind, now.isoformat(timespec="milliseconds"), limit, owner, time)
    return [
        {"id": id_, "unit": unit, "subject": subject, "attempts": attempts, **orjson.loads(payload)}
        for id_, unit, subject, payload, attempts, _due_at in sorted(rows, key=lambda row: (row["due_at"], row["id"]))
    ]


async def done(connection: Connection, ids: Sequence[int]) -> None:
    """Effects that are out."""
    await connection.execute(_DONE, list(ids))


async def later(connection: Connection, id_: int, due_at: datetime, fault: FaultRecord | None) -> None:
    """An effect to try again."""
    await connection.execute(_LATER, id_, due_at.isoformat(timespec="milliseconds"), fault_text(fault))
