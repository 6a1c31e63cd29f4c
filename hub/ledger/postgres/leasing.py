"""Leases due bills to an issuer, numbered, oldest first; a bill that already has a number keeps it.

A number belongs to its year: what was reserved in the old year is void at the turn, and the bill gets a new one. Inside
the caller's transaction; bills that another issuer is just taking are passed over, never waited for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hub.ledger import faults
from hub.ledger.applying import record
from hub.ledger.postgres import blocks
from hub.ledger.postgres.arrays import columns
from hub.ledger.postgres.pool import Connection
from hub.ledger.records import BillDraft
from hub.ledger.rows import BILL_COLUMNS, bill_draft, fault_text
from hub.ledger.rules import UnitRules
from hub.ledger.schema import DUE

ROUNDS: Final = 8
"""Looks at the due bills in one transaction, where those seen first could not be numbered."""
NO_RULES_REST: Final = timedelta(seconds=30)
"""How long a bill rests whose unit this issuer does not know: another one, read anew, may."""
_DUE: Final = f"""
SELECT {BILL_COLUMNS} FROM bill b WHERE {DUE} AND (lease_until IS NULL OR lease_until < clock_timestamp())
ORDER BY due_at, seq LIMIT $1 FOR UPDATE SKIP LOCKED"""  # noqa: S608
_LEASE: Final = """
UPDATE bill b SET bill_code = n.code, bill_number = n.number, lease_owner = $4,
    lease_until = clock_timestamp() + $5::interval, fault = CASE WHEN b.bill_number IS NULL THEN NULL ELSE b.fault END
FROM unnest($1::text[], $2::text[], $3::text[]) n (id, code, number) WHERE b.id = n.id"""
_STARVED: Final = """
UPDATE bill b SET starved = n.code, fault = n.fault, bill_code = NULL, bill_number = NULL, lease_owner = NULL,
    lease_until = NULL FROM unnest($1::text[], $2::text[], $3::text[]) n (id, code, fault) WHERE b.id = n.id"""
_REST: Final = """
UPDATE bill b SET fault = n.fault, lease_owner = NULL, lease_until = clock_timestamp() + $3::interval
FROM unnest($1::text[], $2::text[]) n (id, fault) WHERE b.id = n.id"""
_VOID: Final = """
INSERT INTO void_number (code, number, unit, bill_id, reason, at)
SELECT n.*, 'turn of the year', $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) n"""
_HELD: Final = "SELECT number FROM epoch WHERE state = 'held'"
_LAST_ISSUE: Final = "SELECT max(issued_at) FROM bill"
_FEED: Final = "UPDATE bill SET starved = NULL WHERE starved IS NOT NULL"
_FEED_CODE: Final = """
UPDATE bill SET starved = NULL, fault = NULL WHERE unit = $1 AND starved = $2"""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who leases, for how long, and how many numbers at once."""

    owner: str
    lease: timedelta
    block: int


@dataclass(slots=True)
class _Round:
    """What one look at the due bills comes to."""

    numbered: list[BillDraft] = field(default_factory=list)
    hungry: dict[tuple[str, str], list[BillDraft]] = field(default_factory=dict)
    """(unit, bill code) → bills that need a number"""
    unknown: list[tuple[str, str | None]] = field(default_factory=list)
    void: list[tuple[str, str, str, str]] = field(default_factory=list)


async def lease(
    connection: Connection, rules: Mapping[str, UnitRules], issuer: Issuer, want: int, now: datetime
) -> list[BillDraft]:
    """Up to `want` due bills with numbers, leased to the issuer."""
    taken: list[BillDraft] = []
    order: dict[str, int] = {}
    for _round in range(ROUNDS):
        if len(taken) == want:
            break
        rows = await connection.fetch(_DUE, want - len(taken))
        if not rows:
            break
        order |= {row["id"]: len(order) + place for place, row in enumerate(rows)}
        seen = _sort([bill_draft(row) for row in rows], rules, now)
        if seen.void:
            await connection.execute(_VOID, *columns(seen.void), now.isoformat(timespec="milliseconds"))
        if seen.unknown:
            await connection.execute(_REST, *columns(seen.unknown), NO_RULES_REST)
        starved = [row for where in sorted(seen.hungry) for row in await _feed(connection, where, seen, issuer)]
        if starved:
            await connection.execute(_STARVED, *columns(starved))
        if seen.numbered:
            reserved = [(bill.id, bill.bill_code, bill.bill_number) for bill in seen.numbered]
            await connection.execute(_LEASE, *columns(reserved), issuer.owner, issuer.lease)
        taken += seen.numbered
    return sorted(taken, key=lambda bill: order[bill.id])


def _sort(bills: list[BillDraft], rules: Mapping[str, UnitRules], now: datetime) -> _Round:
    seen = _Round()
    for bill in bills:
        unit = rules.get(bill.unit)
        if unit is None or bill.bill not in unit.types:
            fault = record(faults.NO_RULES(f"{bill.unit} {bill.bill}", unit=bill.unit, bill=bill.bill))
            seen.unknown.append((bill.id, fault_text(fault)))
            continue
        code = unit.bill_code(bill.bill, now)
        if bill.bill_number and bill.bill_code != code:
            seen.void.append((bill.bill_code, bill.bill_number, bill.unit, bill.id))
            bill.bill_code = bill.bill_number = ""
        if bill.bill_number:
            seen.numbered.append(bill)
        else:
            seen.hungry.setdefault((bill.unit, code), []).append(bill)
    return seen


async def _feed(
    connection: Connection, where: tuple[str, str], seen: _Round, issuer: Issuer
) -> list[tuple[str, str, str | None]]:
    """Numbers the hungry bills of one code; returns (bill id, code, fault) of those that get none."""
    unit, code = where
    bills = seen.hungry[where]
    numbers = await blocks.take(
        connection, unit, code, len(bills), owner=issuer.owner, lease=issuer.lease, block=issuer.block
    )
    for bill, number in zip(bills, numbers, strict=False):
        bill.bill_code, bill.bill_number = code, number
        seen.numbered.append(bill)
    fault = fault_text(record(faults.NO_NUMBERS(f"{unit} {code}", unit=unit, bill_code=code)))
    return [(bill.id, code, fault) for bill in bills[len(numbers) :]]


async def held(connection: Connection) -> int | None:
    """The epoch that a restore opened and nobody released: until then nothing is numbered."""
    number = await connection.fetchval(_HELD)
    return None if number is None else int(number)


async def last_issue(connection: Connection) -> datetime | None:
    """When the newest bill was issued, by whoever's clock."""
    at = await connection.fetchval(_LAST_ISSUE)
    return datetime.fromisoformat(at) if at else None


async def feed(connection: Connection, unit: str = "", code: str = "") -> None:
    """Starved bills may try again: of one code for which numbers came in, or all, where codes may have changed."""
    if code:
        await connection.execute(_FEED_CODE, unit, code)
    else:
        await connection.execute(_FEED)
