"""Numbers handed down the region tree (号段下发): what a region holds, and whom it gives blocks of it. SQLite's half.

A region's stock and what it gave away are rows; a unit's own part is a segment like any other, so that issuing knows no
difference. Everything happens inside the caller's transaction: a block is in one place before it and in one after.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hub.ledger.auditing import audit
from hub.ledger.faults import NOTHING_ABOVE, SEGMENT_OVERLAP, STOCK_SHORT
from hub.ledger.numbers import segment_of
from hub.ledger.rules import UnitRules

_OVERLAP: Final = """
SELECT first, last FROM segment WHERE code = ?1 AND first <= ?2 AND last >= ?3
UNION ALL SELECT first, last FROM stock WHERE code = ?1 AND first <= ?2 AND last >= ?3 LIMIT 1"""
_SEGMENT: Final = "INSERT INTO segment (unit, code, first, last, next, received_at) VALUES (?, ?, ?, ?, ?, ?)"
_STOCK: Final = "INSERT INTO stock (region, code, first, last, next, received_at) VALUES (?, ?, ?, ?, ?, ?)"
_HELD: Final = "SELECT id, next, last FROM stock WHERE region = ? AND code = ? AND next <= last ORDER BY id"
_TAKE: Final = "UPDATE stock SET next = ? WHERE id = ?"
_ALLOT: Final = """
INSERT INTO allotment (stock_id, code, first, last, region, unit, at, actor) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
REFILL: Final = "hub:refill"
"""Who hands down where no person does."""


@dataclass(frozen=True, slots=True)
class Node:
    """Where numbers go: a unit, or a region."""

    unit: str = ""
    region: str = ""

    @property
    def name(self) -> str:
        """As people write it."""
        return self.unit or self.region


Block = tuple[int, int]
"""First and last number."""


def amount(rules: UnitRules, free: int, needed: int = 0) -> int:
    """How many numbers bring a unit to its low-water mark and beyond, in whole blocks; 0 where it needs none."""
    lacking = rules.low + needed - free
    if not rules.above or not rules.refill or lacking <= 0:
        return 0
    return -(-lacking // rules.refill) * rules.refill


def receive(connection: sqlite3.Connection, node: Node, code: str, first: str, last: str, at: str) -> None:
    """Takes in a segment from outside.

    Raises:
        Reject: it is not a segment, or overlaps one of the same bill code.
    """
    low, high = segment_of(code, first, last)
    clash = connection.execute(_OVERLAP, (code, high, low)).fetchone()
    if clash:
        raise SEGMENT_OVERLAP(first=f"{clash[0]:010d}", last=f"{clash[1]:010d}")
    connection.execute(_SEGMENT if node.unit else _STOCK, (node.name, code, low, high, low, at))


def hand_down(
    connection: sqlite3.Connection, above: Sequence[str], to: Node, code: str, count: int, at: str, actor: str
) -> list[Block]:
    """Gives up to `count` numbers from the nearest regions that have some; returns the blocks given."""
    given: list[Block] = []
    left = count
    for region in above:
        for id_, next_, last in connection.execute(_HELD, (region, code)).fetchall():
            if not left:
                break
            until = min(last, next_ + left - 1)
            left -= until - next_ + 1
            connection.execute(_TAKE, (until + 1, id_))
            connection.execute(_ALLOT, (id_, code, next_, until, to.region, to.unit, at, actor))
            connection.execute(_SEGMENT if to.unit else _STOCK, (to.name, code, next_, until, next_, at))
            audit(connection, at, actor, "numbers.allot", subject(region, to, code, next_, until))
            given.append((next_, until))
    return given


def allot(
    connection: sqlite3.Connection, above: Sequence[str], to: Node, code: str, count: int, at: str, actor: str
) -> list[Block]:
    """Gives exactly `count` numbers; a person asked for them.

    Raises:
        Reject: there are not so many, or nothing lies above.
    """
    if not above:
        raise NOTHING_ABOVE(node=to.name)
    given = hand_down(connection, above, to, code, count, at, actor)
    short(given, count, code)
    return given


def short(given: Sequence[Block], count: int, code: str) -> None:
    """Raises Reject where less was given than asked: the caller's transaction takes it back."""
    sum_ = sum(last - first + 1 for first, last in given)
    if sum_ < count:
        raise STOCK_SHORT(free=sum_, bill_code=code)


def subject(region: str, to: Node, code: str, first: int, last: int) -> str:
    """An audit row's subject."""
    return f"{region} {to.name} {code} {first:010d}-{last:010d}"
