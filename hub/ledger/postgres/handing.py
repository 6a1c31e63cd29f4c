"""Numbers handed down the region tree, on PostgreSQL: see `hub.ledger.handing`.

Whoever hands numbers of a code down, or takes some in, holds the code's lock to the end of the transaction: two issuers
that find the same unit low refill it once, and nobody waits for another's stock while holding his own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from hub.ledger.faults import NOTHING_ABOVE, SEGMENT_OVERLAP
from hub.ledger.handing import REFILL, Block, Node, amount, short, subject
from hub.ledger.numbers import segment_of
from hub.ledger.postgres.pool import Connection
from hub.ledger.rules import UnitRules

_OVERLAP: Final = """
SELECT first, last FROM segment WHERE code = $1 AND first <= $2 AND last >= $3
UNION ALL SELECT first, last FROM stock WHERE code = $1 AND first <= $2 AND last >= $3 LIMIT 1"""
_SEGMENT: Final = """
INSERT INTO segment (unit, code, first, last, next, received_at) VALUES ($1, $2, $3, $4, $3, $5)"""
_STOCK: Final = """
INSERT INTO stock (region, code, first, last, next, received_at) VALUES ($1, $2, $3, $4, $3, $5)"""
_HELD: Final = """
SELECT id, next, last FROM stock WHERE region = $1 AND code = $2 AND next <= last ORDER BY id FOR UPDATE"""
_TAKE: Final = "UPDATE stock SET next = $2 WHERE id = $1"
_ALLOT: Final = """
INSERT INTO allotment (stock_id, code, first, last, region, unit, at, actor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
_AUDIT: Final = "INSERT INTO audit (at, actor, action, subject, reason) VALUES ($1, $2, 'numbers.allot', $3, '')"
_FREE: Final = "SELECT coalesce(sum(last - next + 1), 0) FROM segment WHERE unit = $1 AND code = $2 AND next <= last"
_ANY_ABOVE: Final = """
SELECT EXISTS (SELECT FROM stock WHERE region = ANY($1::text[]) AND code = $2 AND next <= last)"""
_CODE_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7411260129))"


async def lock_code(connection: Connection, code: str) -> None:
    """Who takes in numbers of a code, hands some down, or finds that there are none, take turns."""
    await connection.execute(_CODE_LOCK, code)


async def receive(connection: Connection, node: Node, code: str, first: str, last: str, now: datetime) -> None:
    """Takes in a segment from outside.

    Raises:
        Reject: it is not a segment, or overlaps one of the same bill code.
    """
    low, high = segment_of(code, first, last)
    await lock_code(connection, code)
    clash = await connection.fetchrow(_OVERLAP, code, high, low)
    if clash:
        raise SEGMENT_OVERLAP(first=f"{clash[0]:010d}", last=f"{clash[1]:010d}")
    at = now.isoformat(timespec="milliseconds")
    await connection.execute(_SEGMENT if node.unit else _STOCK, node.name, code, low, high, at)


async def low(connection: Connection, touched: Sequence[tuple[UnitRules, str]]) -> dict[tuple[str, str], int]:
    """Which of these units are below their mark, as far as can be seen without a lock; nobody waits yet."""
    found: dict[tuple[str, str], int] = {}
    for rules, code in touched:
        if amount(rules, await _free(connection, rules.unit, code)) and await any_above(connection, rules, code):
            found[rules.unit, code] = 0
    return found


async def any_above(connection: Connection, rules: UnitRules, code: str) -> bool:
    """Whether a region above has numbers of a code to hand down."""
    return bool(rules.refill and rules.above and await connection.fetchval(_ANY_ABOVE, list(rules.above), code))


async def refill(connection: Connection, rules: UnitRules, code: str, needed: int, at: str) -> bool:
    """Brings a unit back above its low-water mark, as far as the regions above it have numbers.

    A transaction of its own, which holds nothing else: whoever dies before it leaves a unit that is still low.
    """
    await lock_code(connection, code)  # another issuer may have done it meanwhile
    count = amount(rules, await _free(connection, rules.unit, code), needed)
    given = await hand_down(connection, rules.above, Node(unit=rules.unit), code, count, at, REFILL) if count else []
    return bool(given)


async def _free(connection: Connection, unit: str, code: str) -> int:
    return int(await connection.fetchval(_FREE, unit, code))


async def hand_down(
    connection: Connection, above: Sequence[str], to: Node, code: str, count: int, at: str, actor: str
) -> list[Block]:
    """Gives up to `count` numbers from the nearest regions that have some. The caller holds the code's lock."""
    given: list[Block] = []
    left = count
    for region in above:
        for id_, next_, last in await connection.fetch(_HELD, region, code) if left else ():
            if not left:
                break
            until = min(last, next_ + left - 1)
            left -= until - next_ + 1
            await connection.execute(_TAKE, id_, until + 1)
            await connection.execute(_ALLOT, id_, code, next_, until, to.region, to.unit, at, actor)
            await connection.execute(_SEGMENT if to.unit else _STOCK, to.name, code, next_, until, at)
            await connection.execute(_AUDIT, at, actor, subject(region, to, code, next_, until))
            given.append((next_, until))
    return given


async def allot(
    connection: Connection, above: Sequence[str], to: Node, code: str, count: int, at: str, actor: str
) -> list[Block]:
    """Gives exactly `count` numbers; a person asked for them.

    Raises:
        Reject: there are not so many, or nothing lies above.
    """
    if not above:
        raise NOTHING_ABOVE(node=to.name)
    await lock_code(connection, code)
    given = await hand_down(connection, above, to, code, count, at, actor)
    short(given, count, code)
    return given
