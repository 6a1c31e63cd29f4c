"""The books: every message in exactly one place, every number accounted for, every bill in a status."""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Table, exists, func, literal_column, select, text, true, union

import hub.fault_texts  # noqa: F401  (stored faults are shown here, whoever worded them)
from hub.errors import FaultJson, Lang, fault_from
from hub.ledger import schema
from hub.ledger.accounting import account, account_stock
from hub.ledger.area import Area
from hub.ledger.faults import HELD

REFUSED: Final = "refused-"
"""What the id of a refused message starts with; it has no identity of its own, so it is counted."""
_PARKED: Final[ColumnElement[str]] = literal_column("'parked'")
"""Said in the question itself: the indexes of what is parked serve no other."""
PLACES: Final = ("applied", "duplicate", "parked", "refused")


def books(look: Connection, area: Area | None = None) -> dict[str, Any]:
    """In the outer shape: sources, bills by status, numbers, stock of the regions, balanced; of an area, or of all.

    Messages are counted at their commit, so none is in flight here. The count of messages kept is compared with the
    tally: a message that vanished, or was written twice, would show.
    """
    tally = schema.TALLY
    sources: dict[tuple[str, str], dict[str, Any]] = {}
    for row in look.execute(select(tally).where(_inside(tally, area)).order_by(tally.c.unit, tally.c.source)).all():
        book = sources.setdefault((row.unit, row.source), dict.fromkeys(PLACES, 0))
        book[row.place] = row.count
    kept = _kept(look)
    shown = []
    for (unit, source), book in sources.items():
        counted = sum(book[place] for place in PLACES)
        shown.append(
            {
                "source": f"{unit}/{source}",
                "received": counted,
                **book,
                "in_flight": 0,
                "balanced": kept.get((unit, source), 0) == counted,
            }
        )
    bill = schema.BILL
    statuses: dict[str, int] = {
        row.status: row.n
        for row in look.execute(
            select(bill.c.status, func.count().label("n"))
            .where(_inside(bill, area))
            .group_by(bill.c.status)
            .order_by(bill.c.status)
        )
    }
    case = schema.CASE
    half = select(func.count()).select_from(case).where(case.c.status == "waiting", _inside(case, area))
    waiting = look.scalar(half) or 0
    if waiting:
        statuses["waiting"] = waiting
    numbers, stock = account(look, area), account_stock(look, area)
    balanced = all(book["balanced"] for book in (*shown, *numbers, *stock)) and _sums(look)
    return {"sources": shown, "bills": statuses, "numbers": numbers, "stock": stock, "balanced": balanced}


def _kept(look: Connection) -> dict[tuple[str, str], int]:
    """Messages as rows: each once, plus its repeats, plus the refused."""
    message, refused = schema.MESSAGE, schema.REFUSED
    kept: dict[tuple[str, str], int] = {}
    first = select(message.c.unit, message.c.source, func.sum(1 + message.c.repeats)).group_by(
        message.c.unit, message.c.source
    )
    second = select(refused.c.unit, refused.c.source, func.count()).group_by(refused.c.unit, refused.c.source)
    for question in (first, second):
        for unit, source, count in look.execute(question):
            kept[unit, source] = kept.get((unit, source), 0) + int(count)
    return kept


def _sums(look: Connection) -> bool:
    """I1: no charge's part has two living bills."""
    question = text(
        "SELECT 1 FROM bill WHERE face = 'blue' AND status IN ('due', 'issued', 'issued_offline', 'confirmed') "
        "GROUP BY unit, charge_no, receipt, part HAVING COUNT(*) > 1 LIMIT 1"
    )
    return look.execute(question).first() is None


def parked(look: Connection, unit: str, limit: int) -> list[dict[str, Any]]:
    """Parked messages and parked cases, newest first, then by id: {id, what, unit, source?, at, code, …}."""
    message, case = schema.MESSAGE, schema.CASE
    # a message whose events joined a case is shown by its case, and only while that is parked
    joined = exists().where(schema.EVENT.c.message_seq == message.c.seq)
    rows = look.execute(
        select(*schema.on_both(message))
        .where(message.c.place == _PARKED, _of_unit(message, unit), ~joined)
        .order_by(message.c.at.desc(), message.c.id)
        .limit(limit)
    ).all()
    shown = [
        {
            "id": row.id,
            "what": "message",
            "unit": row.unit,
            "source": row.source,
            "at": row.at,
            "kind": row.kind,
            "case_id": row.case_id,
            "fault": fault_both(row.fault),
        }
        for row in rows
    ]
    rows = look.execute(
        select(case.c.id, case.c.unit, case.c.updated_at, case.c.fault)
        .where(case.c.status == _PARKED, _of_unit(case, unit))
        .order_by(case.c.updated_at.desc(), case.c.id)
        .limit(limit)
    ).all()
    shown += [
        {"id": row.id, "what": "case", "unit": row.unit, "at": row.updated_at, "fault": fault_both(row.fault)}
        for row in rows
    ]
    shown.sort(key=lambda entry: str(entry["id"]))
    return sorted(shown, key=lambda entry: str(entry["at"]), reverse=True)[:limit]


def refused(look: Connection, unit: str, limit: int) -> list[dict[str, Any]]:
    """Refused messages, newest first."""
    table = schema.REFUSED
    question = select(table).where(_of_unit(table, unit)).order_by(table.c.seq.desc()).limit(limit)
    return [refused_view(row) for row in look.execute(question)]


def refused_view(row: Row[Any]) -> dict[str, Any]:
    """A refused message without its bytes: {id, unit, source, at, fault in both languages}."""
    return {
        "id": f"{REFUSED}{row.seq}",
        "unit": row.unit,
        "source": row.source,
        "at": row.at,
        "fault": fault_both(row.fault),
    }


def units(look: Connection) -> list[str]:
    """Units that have numbers, or have sent something."""
    return sorted(look.scalars(union(select(schema.SEGMENT.c.unit), select(schema.TALLY.c.unit))))


def pauses(look: Connection) -> list[dict[str, Any]]:
    """Paused units: {unit, at, actor, reason, doors}."""
    table = schema.PAUSE
    rows = look.execute(select(table).order_by(table.c.unit)).mappings()
    return [{**row, "doors": bool(row["doors"])} for row in rows]


def alarms(look: Connection) -> list[dict[str, Any]]:
    """What keeps bills from being issued or confirmed, or a payment from being known: {unit, what, count, fault}."""
    bill, outbox = schema.BILL, schema.OUTBOX
    kept = bill.c.status.in_(["due", "issued", "issued_offline"]) & bill.c.fault.is_not(None)
    questions = (
        select(bill.c.unit, bill.c.status.label("what"), bill.c.fault, func.count().label("n"))
        .where(kept)
        .group_by(bill.c.unit, bill.c.status, bill.c.fault)
        .order_by(bill.c.unit, bill.c.status, bill.c.fault),
        select(outbox.c.unit, outbox.c.kind.label("what"), outbox.c.fault, func.count().label("n"))
        .where(outbox.c.kind == "ask", outbox.c.fault.is_not(None))
        .group_by(outbox.c.unit, outbox.c.kind, outbox.c.fault)
        .order_by(outbox.c.unit, outbox.c.kind, outbox.c.fault),
    )
    return _held(look) + [
        {"unit": row.unit, "what": row.what, "count": row.n, "fault": fault_both(row.fault)}
        for question in questions
        for row in look.execute(question)
    ]


def _inside(table: Table, area: Area | None) -> ColumnElement[bool]:
    return true() if area is None else table.c.unit.in_(sorted(area.units))


def _held(look: Connection) -> list[dict[str, Any]]:
    """An epoch that a restore opened and nobody released."""
    bill, epoch = schema.BILL, schema.EPOCH
    number = look.scalar(select(epoch.c.number).where(epoch.c.state == "held"))
    if number is None:
        return []
    due = look.scalar(select(func.count()).select_from(bill).where(bill.c.status == "due")) or 0
    fault = HELD(epoch=number)
    return [{"unit": "", "what": "epoch", "count": due, "fault": {"zh": fault.json("zh"), "en": fault.json("en")}}]


def _of_unit(table: Table, unit: str) -> ColumnElement[bool]:
    return table.c.unit == unit if unit else true()


def fault_json(column: str | None, lang: Lang = "zh") -> FaultJson | None:
    """A fault column in the outer shape."""
    if not column:
        return None
    code, where, values = orjson.loads(column)
    return fault_from(code, where, **values).json(lang)


def fault_both(column: str | None) -> dict[Lang, FaultJson] | None:
    """A fault column in both languages."""
    if not column:
        return None
    code, where, values = orjson.loads(column)
    fault = fault_from(code, where, **values)
    return {"zh": fault.json("zh"), "en": fault.json("en")}


def parked_count(look: Connection) -> int:
    """How many messages and cases wait for a person."""
    message, case = schema.MESSAGE, schema.CASE
    joined = exists().where(schema.EVENT.c.message_seq == message.c.seq)
    messages = select(func.count()).select_from(message).where(message.c.place == _PARKED, ~joined)
    cases = select(func.count()).select_from(case).where(case.c.status == _PARKED)
    return (look.scalar(messages) or 0) + (look.scalar(cases) or 0)
