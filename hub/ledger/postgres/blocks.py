"""Numbers for an issuer: from the block it leases, from one whose holder is gone, or from the segment.

The rows hold the truth and nothing is kept in memory, so a number is taken with the transaction that reserves it, or
not at all. Only the last numbers of a code are taken out of another issuer's block.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hub.ledger.postgres.pool import Connection

_MINE: Final = """
SELECT id, next, last FROM number_block
WHERE unit = $1 AND code = $2 AND (lease_owner = $3 OR lease_until < clock_timestamp())
ORDER BY first FOR UPDATE SKIP LOCKED"""
_ANY: Final = "SELECT id, next, last FROM number_block WHERE unit = $1 AND code = $2 ORDER BY first FOR UPDATE"
_HOLD: Final = """
UPDATE number_block SET next = $2, lease_owner = $3, lease_until = clock_timestamp() + $4::interval WHERE id = $1"""
_USE: Final = "UPDATE number_block SET next = $2 WHERE id = $1"
_USED_UP: Final = "DELETE FROM number_block WHERE id = $1"
_SEGMENTS: Final = """
SELECT id, next, last FROM segment WHERE unit = $1 AND code = $2 AND next <= last ORDER BY id FOR UPDATE"""
_ADVANCE: Final = "UPDATE segment SET next = $2 WHERE id = $1"
_LEASE: Final = """
INSERT INTO number_block (unit, code, first, last, next, lease_owner, lease_until, epoch)
VALUES ($1, $2, $3, $4, $3, $5, clock_timestamp() + $6::interval, coalesce((SELECT max(number) FROM epoch), 1))"""


async def take(
    connection: Connection, unit: str, code: str, count: int, *, owner: str, lease: timedelta, block: int
) -> list[str]:
    """Up to `count` numbers of ten digits, in order; fewer when the segments of this code are used up."""
    taken = await _from_blocks(connection, await connection.fetch(_MINE, unit, code, owner), count, owner, lease)
    if len(taken) < count:
        taken += await _from_segments(connection, unit, code, count - len(taken), owner, lease, block)
    if len(taken) < count:
        # the last ones lie in the blocks of others: rather theirs than a bill that waits while numbers are left
        taken += await _from_blocks(connection, await connection.fetch(_ANY, unit, code), count - len(taken))
    return [f"{number:010d}" for number in taken]


async def _from_blocks(
    connection: Connection,
    rows: list[tuple[int, int, int]],
    count: int,
    owner: str = "",
    lease: timedelta = timedelta(),
) -> list[int]:
    taken: list[int] = []
    for id_, next_, last in rows:
        until = min(last + 1, next_ + count - len(taken))
        if until == next_:
            break
        taken += range(next_, until)
        if until > last:
            await connection.execute(_USED_UP, id_)
        elif owner:
            await connection.execute(_HOLD, id_, until, owner, lease)
        else:
            await connection.execute(_USE, id_, until)
    return taken


async def _from_segments(
    connection: Connection, unit: str, code: str, count: int, owner: str, lease: timedelta, block: int
) -> list[int]:
    taken: list[int] = []
    for id_, next_, last in await connection.fetch(_SEGMENTS, unit, code):
        wanted = count - len(taken)
        if not wanted:
            break
        until = min(last + 1, next_ + max(wanted, block))
        mine = min(until, next_ + wanted)
        taken += range(next_, mine)
        await connection.execute(_ADVANCE, id_, until)
        if mine < until:
            await connection.execute(_LEASE, unit, code, mine, until - 1, owner, lease)
    return taken
