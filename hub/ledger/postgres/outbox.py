"""Effects on their way out, leased to relays.

A lease that nobody gave back says that its relay died, perhaps between sending and storing the answer: that counts as
one attempt of a `confirm`, so that the next relay asks before it sends (I8).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from hub.ledger.postgres.arrays import columns
from hub.ledger.postgres.pool import Connection
from hub.ledger.records import FaultRecord
from hub.ledger.rows import fault_text

_LEASE: Final = """
WITH due AS MATERIALIZED (
    SELECT id FROM outbox
    WHERE kind = $1 AND due_at <= $2 AND (lease_until IS NULL OR lease_until < clock_timestamp())
        AND unit <> ALL($6::text[])
    ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET lease_owner = $4, lease_until = clock_timestamp() + $5::interval,
    attempts = o.attempts + (o.kind = 'confirm' AND o.lease_owner IS NOT NULL)::int
FROM due WHERE o.id = due.id RETURNING o.id, o.unit, o.subject, o.payload, o.attempts, o.due_at"""
"""Materialised: read again for each row of the other side, as a join may, it would take `limit` more each time."""
_DONE: Final = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"
_LATER: Final = """
UPDATE outbox o SET due_at = n.due_at, attempts = o.attempts + 1, fault = n.fault,
    lease_owner = NULL, lease_until = NULL
FROM unnest($1::bigint[], $2::text[], $3::text[]) n (id, due_at, fault) WHERE o.id = n.id"""
_BACK: Final = "UPDATE outbox SET due_at = $2, lease_owner = NULL, lease_until = NULL WHERE id = ANY($1::bigint[])"


async def lease(
    connection: Connection, kind: str, limit: int, now: datetime, owner: str, time: timedelta, without: Collection[str]
) -> list[dict[str, Any]]:
    """Effects due to go out, oldest first, nobody else's for a while."""
    rows = await connection.fetch(
        _LEASE, kind, now.isoformat(timespec="milliseconds"), limit, owner, time, list(without)
    )
    return [
        {"id": id_, "unit": unit, "subject": subject, "attempts": attempts, **orjson.loads(payload)}
        for id_, unit, subject, payload, attempts, _due_at in sorted(rows, key=lambda row: (row["due_at"], row["id"]))
    ]


async def done(connection: Connection, ids: Sequence[int]) -> None:
    """Effects that are out."""
    await connection.execute(_DONE, list(ids))


async def later(connection: Connection, rows: Sequence[tuple[int, datetime, FaultRecord | None]]) -> None:
    """Effects that were tried, to try again."""
    if rows:
        made = [(id_, at.isoformat(timespec="milliseconds"), fault_text(fault)) for id_, at, fault in rows]
        await connection.execute(_LATER, *columns(made))


async def back(connection: Connection, ids: Sequence[int], due_at: datetime) -> None:
    """Effects that were not tried."""
    await connection.execute(_BACK, list(ids), due_at.isoformat(timespec="milliseconds"))
