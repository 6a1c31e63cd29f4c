"""Leases due bills to an issuer, numbered, units in turn; a bill that already has a number keeps it.

A number belongs to its year: what was reserved in the old year is void at the turn, and the bill gets a new one. Inside
the caller's transaction; bills that another issuer is just taking are passed over, never waited for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from hub.ledger import faults
from hub.ledger.postgres import blocks, handing
from hub.ledger.postgres.arrays import columns
from hub.ledger.postgres.pool import Connection
from hub.ledger.records import BillDraft, record
from hub.ledger.rows import BILL_COLUMNS, bill_draft, fault_text
from hub.ledger.rules import UnitRules
from hub.ledger.schema import DUE

ROUNDS: Final = 8
"""Looks at the due bills in one transaction, where those seen first could not be numbered."""
NO_RULES_REST: Final = timedelta(seconds=30)
"""How long a bill rests whose unit this issuer does not know: another one, read anew, may."""
_DUE: Final = f"""
SELECT {BILL_COLUMNS} FROM bill b WHERE {DUE} AND (lease_until IS NULL OR lease_until < clock_timestamp())
AND NOT id = ANY($2::text[])
ORDER BY due_at, seq LIMIT $1 FOR UPDATE SKIP LOCKED"""  # noqa: S608
_TURN: Final = f"""
WITH RECURSIVE walk (unit) AS (
    (SELECT unit FROM bill WHERE {DUE} AND unit > $1 ORDER BY unit LIMIT 1)
    UNION ALL
    SELECT (SELECT b.unit FROM bill b WHERE {DUE} AND b.unit > w.unit ORDER BY b.unit LIMIT 1)
    FROM walk w WHERE w.unit IS NOT NULL
)
SELECT unit FROM walk WHERE unit IS NOT NULL AND NOT EXISTS (SELECT FROM pause p WHERE p.unit = walk.unit)
LIMIT $2"""  # noqa: S608
"""Units with due bills, behind one; each costs a step in an index, however many bills it has."""
_SHARE: Final = f"""
SELECT {BILL_COLUMNS} FROM unnest($1::text[]) u (unit) CROSS JOIN LATERAL (
    SELECT * FROM bill WHERE {DUE} AND unit = u.unit AND (lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY due_at, seq LIMIT $2 FOR UPDATE SKIP LOCKED) b"""  # noqa: S608
_PAUSED: Final = "SELECT unit FROM pause WHERE unit = ANY($1::text[])"
_SET_ASIDE: Final = """
UPDATE bill SET starved = 'paused', lease_owner = NULL, lease_until = NULL WHERE id = ANY($1::text[])"""
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
_FEED_UNIT: Final = "UPDATE bill SET starved = NULL, fault = NULL WHERE unit = $1 AND starved = $2"
_FEED_CODE: Final = "UPDATE bill SET starved = NULL, fault = NULL WHERE starved = $1"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who leases, for how long, and how many numbers at once."""

    owner: str
    lease: timedelta
    block: int


@dataclass(slots=True)
class _Round:
    """What one look at the due bills comes to."""

    hungry: dict[tuple[str, str], list[BillDraft]] = field(default_factory=dict)
    """(unit, bill code) → bills that need a number"""
    unknown: list[tuple[str, str | None]] = field(default_factory=list)
    void: list[tuple[str, str, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Low:
    """A unit that needs numbers of a code from above, and how many bills wait for them."""

    rules: UnitRules
    code: str
    needed: int


@dataclass(slots=True)
class Place:
    """Where an issuer's round through the units stands."""

    unit: str = ""


async def lease(
    connection: Connection, rules: Mapping[str, UnitRules], issuer: Issuer, want: int, now: datetime, place: Place
) -> tuple[list[BillDraft], list[Low]]:
    """Up to `want` due bills with numbers, leased to the issuer, and the units that are to be refilled after this.

    Each unit that waits gets an equal share first, whatever lies before it; what is left over goes to the oldest.
    """
    taken: list[BillDraft] = []
    order: dict[str, int] = {}
    short: dict[tuple[str, str], list[BillDraft]] = {}
    touched: set[tuple[str, str]] = set()
    at = now.isoformat(timespec="milliseconds")
    for _round in range(ROUNDS):
        if len(taken) == want:
            break
        looked = await _next(connection, want - len(taken), place, first=_round == 0)
        if not looked:
            break
        found = await _without_paused(connection, looked)
        order |= {bill.id: len(order) + number for number, bill in enumerate(found)}
        seen = _sort(found, rules, now)
        if seen.void:
            await connection.execute(_VOID, *columns(seen.void), at)
        if seen.unknown:
            await connection.execute(_REST, *columns(seen.unknown), NO_RULES_REST)
        touched |= set(seen.hungry)
        for where in sorted(seen.hungry):
            if left_over := await _feed(connection, where, seen.hungry[where], issuer):
                short.setdefault(where, []).extend(left_over)
                starved = [(bill.id, where[1], _fault(where)) for bill in left_over]
                await connection.execute(_STARVED, *columns(starved))
        unknown = {bill_id for bill_id, _ in seen.unknown}
        numbered = [bill for bill in found if bill.bill_number and bill.id not in unknown]
        await _reserve(connection, numbered, issuer)
        taken += numbered
    low = await handing.low(connection, [(rules[unit], code) for unit, code in sorted(touched) if rules[unit].above])
    for unit, code in sorted(short, key=lambda where: where[1]):  # code by code: as its lock is taken
        fed = await _look_again(connection, (unit, code), short[unit, code], issuer)
        await _reserve(connection, fed, issuer)
        taken += fed
        waiting = len(short[unit, code]) - len(fed)
        if waiting and await handing.any_above(connection, rules[unit], code):
            await connection.execute(_FEED_UNIT, unit, code)
            low[unit, code] = waiting
    ordered = sorted(taken, key=lambda bill: order[bill.id])
    return ordered, [Low(rules[unit], code, needed) for (unit, code), needed in low.items()]


async def _reserve(connection: Connection, bills: list[BillDraft], issuer: Issuer) -> None:
    if bills:
        reserved = [(bill.id, bill.bill_code, bill.bill_number) for bill in bills]
        await connection.execute(_LEASE, *columns(reserved), issuer.owner, issuer.lease)


async def _feed(
    connection: Connection, where: tuple[str, str], bills: list[BillDraft], issuer: Issuer
) -> list[BillDraft]:
    """Numbers the hungry bills of one unit and code; returns those that get none."""
    unit, code = where
    numbers = await blocks.take(
        connection, unit, code, len(bills), owner=issuer.owner, lease=issuer.lease, block=issuer.block
    )
    for bill, number in zip(bills, numbers, strict=False):
        bill.bill_code, bill.bill_number = code, number
    return bills[len(numbers) :]


async def _look_again(
    connection: Connection, where: tuple[str, str], bills: list[BillDraft], issuer: Issuer
) -> list[BillDraft]:
    """A segment that comes in just now is either seen here, or finds the starved bills; returns those fed after all."""
    await handing.lock_code(connection, where[1])
    hungry = await _feed(connection, where, bills, issuer)
    fed = bills[: len(bills) - len(hungry)]
    if fed:
        await connection.execute(
            "UPDATE bill SET starved = NULL, fault = NULL WHERE id = ANY($1::text[])", [b.id for b in fed]
        )
    return fed


def _fault(where: tuple[str, str]) -> str | None:
    unit, code = where
    return fault_text(record(faults.NO_NUMBERS(f"{unit} {code}", unit=unit, bill_code=code)))


async def _next(connection: Connection, want: int, place: Place, *, first: bool) -> list[BillDraft]:
    """Due bills to number together: units' numbers are locked in one order, so as few looks as possible lock any."""
    rows = await _shared_out(connection, want, place) if first else []
    if len(rows) < want:
        rows = [*rows, *await connection.fetch(_DUE, want - len(rows), [row["id"] for row in rows])]
    return [bill_draft(row) for row in rows]


async def _shared_out(connection: Connection, want: int, place: Place) -> list[Any]:
    """Due bills of as many units as there are bills wanted, in turn; the next call goes on behind them."""
    units = [unit for (unit,) in await connection.fetch(_TURN, place.unit, want)]
    if len(units) < want and place.unit:  # around the corner
        seen = set(units)
        units += [unit for (unit,) in await connection.fetch(_TURN, "", want - len(units)) if unit not in seen]
    if not units:
        return []
    rows = await connection.fetch(_SHARE, units, max(1, want // len(units)))
    place.unit = units[-1]
    turn: dict[str, int] = {}
    placed: list[tuple[int, int, Any]] = []
    for row in rows:
        turn[row["unit"]] = turn.get(row["unit"], 0) + 1
        placed.append((turn[row["unit"]], len(placed), row))
    return [row for _, _, row in sorted(placed, key=lambda one: one[:2])]


async def _without_paused(connection: Connection, bills: list[BillDraft]) -> list[BillDraft]:
    """Bills of paused units are set aside until the unit is resumed, so that no issuer meets them again and again."""
    paused = await paused_among(connection, {bill.unit for bill in bills})
    for unit in sorted(paused):
        await lock_pause(connection, unit)  # who resumes it comes before this, and is seen here, or finds them marked
    paused = await paused_among(connection, paused)
    if paused:
        await connection.execute(_SET_ASIDE, [bill.id for bill in bills if bill.unit in paused])
    return [bill for bill in bills if bill.unit not in paused]


async def paused_among(connection: Connection, units: Iterable[str]) -> set[str]:
    """Which of these units are paused."""
    asked = list(units)
    return {unit for (unit,) in await connection.fetch(_PAUSED, asked)} if asked else set()


async def lock_pause(connection: Connection, unit: str) -> None:
    """Who resumes a unit, and who sets its bills aside, take turns."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7411260130))", unit)


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
        if not bill.bill_number:
            seen.hungry.setdefault((bill.unit, code), []).append(bill)
    return seen


async def held(connection: Connection) -> int | None:
    """The epoch that a restore opened and nobody released: until then nothing is numbered."""
    number = await connection.fetchval(_HELD)
    return None if number is None else int(number)


async def last_issue(connection: Connection) -> datetime | None:
    """When the newest bill was issued, by whoever's clock."""
    at = await connection.fetchval(_LAST_ISSUE)
    return datetime.fromisoformat(at) if at else None


async def feed(connection: Connection, code: str = "") -> None:
    """Starved bills may try again: of one code for which numbers came in, or all, where codes may have changed."""
    if code:
        await connection.execute(_FEED_CODE, code)
    else:
        await connection.execute(_FEED)
