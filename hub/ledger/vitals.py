"""What a probe and the metrics ask of a ledger: figures that indexes answer, on either database.

`pulse` is asked every other second and costs a few steps of an index; `figures` reads the tally and the segments, which
a province has some hundred thousand rows of, and is asked seldom.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text

from hub.ledger import schema
from hub.ledger.books import parked_count
from hub.ledger.looking import Window
from hub.ledger.postgres.standing import Standing, standing
from hub.ledger.rows import fault_record

_MANY: Final = 10_000
"""Bills held up that are looked at one by one; beyond, their number is a lower bound."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """At one moment. Ages come from texts that the hub wrote: RFC 3339 in UTC."""

    server: Standing
    due: int
    """bills that can be issued"""
    due_since: str
    """of the oldest of them"""
    held: int
    """bills that are due and cannot be issued"""
    starved: int
    """those of them that wait for numbers"""
    held_units: int
    held_code: str
    """the fault of one of them"""
    last_issue: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted."""

    tally: list[tuple[str, str, str, int]]
    """(unit, source, place, messages)"""
    outbox: dict[str, tuple[int, str]]
    """kind → (rows, when the first is due)"""
    segments: list[tuple[str, str, int, int]]
    """(unit, bill code, numbers, free ones)"""
    parked: int


def pulse(window: Window, no_numbers: str) -> Pulse:
    """The ledger's pulse; `no_numbers` is the fault code of a bill that waits for numbers.

    Raises:
        Retry, Config: it cannot be read.
    """
    with window.look() as look:
        shared = look.dialect.name == "postgresql"
        server = standing(look) if shared else Standing()
        bill = schema.BILL
        waits: ColumnElement[bool] = text(schema.DUE) if shared else _due_of_units(look)  # type: ignore[assignment]
        waits = and_(waits, bill.c.unit.not_in(select(schema.PAUSE.c.unit)))  # a person's decision is no fault
        held = and_(waits, bill.c.fault.is_not(None))
        if shared:
            held = or_(held, text("starved IS NOT NULL"))
        free = and_(waits, bill.c.fault.is_(None))
        due, since = look.execute(select(func.count(), func.min(bill.c.due_at)).where(free)).one()
        stuck = look.execute(select(bill.c.unit, bill.c.fault).where(held).limit(_MANY)).all()
        codes = [fault.code if (fault := fault_record(row.fault)) else "" for row in stuck]
        last = look.scalar(select(func.max(bill.c.issued_at))) if shared else ""  # SQLite's core knows it by itself
    return Pulse(
        server=server,
        due=due,
        due_since=since or "",
        held=len(stuck),
        starved=codes.count(no_numbers),
        held_units=len({row.unit for row in stuck}),
        held_code=codes[0] if codes else "",
        last_issue=last or "",
    )


def _due_of_units(look: Connection) -> ColumnElement[bool]:
    """SQLite's index of statuses begins with the unit."""
    bill, units = schema.BILL, select(schema.TALLY.c.unit).distinct()
    known = [unit for (unit,) in look.execute(units)]
    return and_(bill.c.unit.in_(known), bill.c.status == "due", bill.c.issue == "on_payment")


def figures(window: Window) -> Figures:
    """What is counted.

    Raises:
        Retry, Config: it cannot be read.
    """
    with window.look() as look:
        tally, outbox, segment = schema.TALLY, schema.OUTBOX, schema.SEGMENT
        counted = [(row[0], row[1], row[2], int(row[3])) for row in look.execute(select(tally))]
        waiting = {
            row[0]: (int(row[1]), row[2])
            for row in look.execute(
                select(outbox.c.kind, func.count(), func.min(outbox.c.due_at)).group_by(outbox.c.kind)
            )
        }
        total, free = func.sum(segment.c.last - segment.c.first + 1), func.sum(segment.c.last - segment.c.next + 1)
        segments = [
            (row[0], row[1], int(row[2]), int(row[3]))
            for row in look.execute(
                select(segment.c.unit, segment.c.code, total, free).group_by(segment.c.unit, segment.c.code)
            )
        ]
        return Figures(counted, waiting, segments, parked_count(look))


def age(at: str, now: datetime) -> float:
    """Seconds since a time as the ledger writes it; 0 for none, or one to come."""
    return max(0.0, (now - datetime.fromisoformat(at)).total_seconds()) if at else 0.0
