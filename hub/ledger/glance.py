"""What an operator's page shows every second: figures that indexes answer, however many bills there are.

The full books read every message and every bill; a glance reads counters, the ends of indexes and what came last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from hub.ledger import schema
from hub.ledger.books import PLACES, pauses

RECENT: Final = 2000
"""Messages looked at, at most, for the time of a source's last one."""
AGED: Final = ("due", "issued", "issued_offline", "reversing")
"""Statuses a bill ought not to stay in."""
_ARRIVAL: Final[ColumnElement[Any]] = literal_column("rowid")
"""SQLite's order of arrival; it is part of every index of the table, so the oldest of a status costs one step."""


@dataclass(slots=True)
class Seen:
    """How far earlier glances looked, and the last message of each source since."""

    seq: int = 0
    last: dict[str, str] = field(default_factory=dict)
    """unit/source → RFC 3339 in UTC"""


def glance(look: Connection, units: list[str], seen: Seen) -> dict[str, Any]:
    """Counters, ages and segments of some units; `seen` remembers between two glances.

    Returns:
        sources {unit/source: {place: count}}, last {unit/source: time of its last message}, bills {status: count},
        parked_cases, aged [{unit, status, count, since}] of each status in `AGED` and of `waiting`,
        numbers [{unit, code, from, to, taken, free}], by_unit {unit: {status: count}}, stock [{region, code, from, to,
        taken, free}], paused [{unit, at, actor, reason, doors}].
    """
    tally = schema.TALLY
    sources: dict[str, dict[str, int]] = {}
    for row in look.execute(select(tally)):
        book = sources.setdefault(f"{row.unit}/{row.source}", dict.fromkeys(PLACES, 0))
        book[row.place] = row[3]
    _messages(look, seen)
    counted = _statuses(look, units)
    bills: dict[str, int] = {}
    for (_unit, status), count in counted.items():
        bills[status] = bills.get(status, 0) + count
    return {
        "sources": sources,
        "last": dict(seen.last),
        "bills": bills,
        "parked_cases": _cases(look, units, "parked"),
        "aged": [
            {"unit": unit, "status": status, "count": count, "since": _oldest(look, unit, status)}
            for (unit, status), count in counted.items()
            if count and status in {*AGED, "waiting"}
        ],
        "numbers": _numbers(look),
        "by_unit": _by_unit(counted),
        "stock": _stock(look),
        "paused": pauses(look),
    }


def _messages(look: Connection, seen: Seen) -> None:
    message = schema.MESSAGE
    question = (
        select(message.c.seq, message.c.unit, message.c.source, message.c.at)
        .where(message.c.seq > seen.seq)
        .order_by(message.c.seq.desc())
        .limit(RECENT)
    )
    newest = look.execute(question).all()
    for row in reversed(newest):
        seen.last[f"{row.unit}/{row.source}"] = row.at
    if newest:
        seen.seq = newest[0].seq


def _statuses(look: Connection, units: list[str]) -> dict[tuple[str, str], int]:
    bill = schema.BILL
    question = (
        select(bill.c.unit, bill.c.status, func.count().label("n"))
        .where(bill.c.unit.in_(units))
        .group_by(bill.c.unit, bill.c.status)
    )
    counted = {(row.unit, row.status): int(row.n) for row in look.execute(question)}
    for unit in units:
        if waiting := _cases(look, [unit], "waiting"):
            counted[unit, "waiting"] = waiting
    return counted


def _cases(look: Connection, units: list[str], status: str) -> int:
    case = schema.CASE
    question = select(func.count()).select_from(case).where(case.c.unit.in_(units), case.c.status == status)
    return look.scalar(question) or 0


def _oldest(look: Connection, unit: str, status: str) -> str:
    table, at = (schema.CASE, "updated_at") if status == "waiting" else (schema.BILL, "due_at")
    order = _ARRIVAL if look.dialect.name == "sqlite" else table.c[at]
    question = select(table.c[at]).where(table.c.unit == unit, table.c.status == status).order_by(order).limit(1)
    return look.scalar(question) or ""


def _by_unit(counted: dict[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (unit, status), count in counted.items():
        found.setdefault(unit, {})[status] = count
    return found


def _stock(look: Connection) -> list[dict[str, Any]]:
    """What regions hold, by what they have handed down of it."""
    stock = schema.STOCK
    return [
        {
            "region": row.region,
            "code": row.code,
            "from": f"{row.first:010d}",
            "to": f"{row.last:010d}",
            "taken": row.next - row.first,
            "free": row.last - row.next + 1,
        }
        for row in look.execute(select(stock).order_by(stock.c.region, stock.c.code, stock.c.first))
    ]


def _numbers(look: Connection) -> list[dict[str, Any]]:
    """Segments by what was taken of them; the books tell used from void and reserved."""
    segment = schema.SEGMENT
    return [
        {
            "unit": row.unit,
            "code": row.code,
            "from": f"{row.first:010d}",
            "to": f"{row.last:010d}",
            "taken": row.next - row.first,
            "free": row.last - row.next + 1,
        }
        for row in look.execute(select(segment).order_by(segment.c.unit, segment.c.code, segment.c.first))
    ]
