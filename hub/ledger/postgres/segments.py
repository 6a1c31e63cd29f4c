"""Takes number segments in."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hub.ledger.faults import SEGMENT_OVERLAP
from hub.ledger.numbers import segment_of
from hub.ledger.postgres import blocks, leasing
from hub.ledger.postgres.pool import Connection

_OVERLAP: Final = "SELECT first, last FROM segment WHERE code = $1 AND first <= $2 AND last >= $3 LIMIT 1"
_RECEIVE: Final = """
INSERT INTO segment (unit, code, first, last, next, received_at) VALUES ($1, $2, $3, $4, $3, $5)"""


async def receive(connection: Connection, unit: str, code: str, first: str, last: str, now: datetime) -> None:
    """Takes in a segment, and lets bills that starve for it try again.

    Raises:
        Reject: it is not a segment, or overlaps one of the same bill code.
    """
    low, high = segment_of(code, first, last)
    await blocks.lock_code(connection, code)
    clash = await connection.fetchrow(_OVERLAP, code, high, low)
    if clash:
        raise SEGMENT_OVERLAP(first=f"{clash[0]:010d}", last=f"{clash[1]:010d}")
    await connection.execute(_RECEIVE, unit, code, low, high, now.isoformat(timespec="milliseconds"))
    await leasing.feed(connection, unit, code)
