"""Bills the fiscal platform has and a restored ledger does not know: kept until their case is here again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from hub.ledger import schema
from hub.ledger.epochs import numbers
from hub.ledger.epochs.copies import DRAFT
from hub.ledger.epochs.entering import document
from hub.ledger.epochs.opening import next_change
from hub.ledger.ids import event_id
from hub.ledger.records import Issued, Work
from hub.ledger.rows import bill_draft, step
from hub.ledger.working import messages_behind, work_of

FOUND_AAD = b"found"


def keep(c: Connection, unit: str, code: str, number: str, sealed: bytes, at: str) -> bool:
    """Keeps a bill's XML; returns whether the ledger did not have it, as a bill or as a find."""
    bill, found = schema.BILL, schema.FOUND
    if c.scalar(select(bill.c.seq).where(bill.c.bill_code == code, bill.c.bill_number == number)) is not None:
        return False
    if c.scalar(select(found.c.unit).where(found.c.code == code, found.c.number == number)) is not None:
        return False
    c.execute(insert(found).values(unit=unit, code=code, number=number, sealed=sealed, at=at))
    return True


def finds(look: Connection) -> list[tuple[str, str, str, bytes]]:
    """(unit, code, number, sealed XML) of what has no case yet."""
    found = schema.FOUND
    question = select(found.c.unit, found.c.code, found.c.number, found.c.sealed).order_by(found.c.code, found.c.number)
    return [tuple(row) for row in look.execute(question).all()]


def unknown_numbers(look: Connection) -> list[tuple[str, str, int, int]]:
    """(unit, code, first, last) of what is quarantined: what the platform is asked about."""
    kept = schema.QUARANTINE
    question = select(kept.c.unit, kept.c.code, kept.c.first, kept.c.last).order_by(kept.c.code, kept.c.first)
    return [(row.unit, row.code, row.first, row.last) for row in look.execute(question).all()]


def take(c: Connection, bills: Iterable[Issued], now: datetime) -> list[str]:
    """Bills that are signed already, with both signatures, take their number and bytes; returns their ids.

    They are due, or void: withdrawn before they were issued here, though they had been issued before the fire.
    """
    bill, found, outbox = schema.BILL, schema.FOUND, schema.OUTBOX
    at = now.isoformat(timespec="milliseconds")
    taken: list[str] = []
    for one in bills:
        here = found.c.code == one.bill_code, found.c.number == one.bill_number
        row = c.execute(
            select(bill.c.seq, bill.c.unit, bill.c.reverses, bill.c.status).where(*_open(one.bill_id))
        ).first()
        if row is None or c.scalar(select(found.c.unit).where(*here)) != row.unit:
            continue
        change = next_change(c)
        grown = bill.c.history + (step(at, "issue", row.status, "issued") + step(at, "confirm", "issued", "confirmed"))
        values: dict[str, Any] = {"status": "confirmed", "bill_code": one.bill_code, "bill_number": one.bill_number}
        values |= {"check_code": one.check_code, "issued_at": one.issued_at, "change": change, "fault": None}
        c.execute(update(bill).where(bill.c.seq == row.seq).values(history=grown, **values))
        if row.reverses:
            grown = bill.c.history + step(at, "reversed", "reversing", "reversed")
            original = bill.c.id == row.reverses, bill.c.status != "reversed"
            c.execute(update(bill).where(*original).values(status="reversed", history=grown, change=next_change(c)))
        document(c, row.seq, one.document, one.xml, [value for _kind, value in one.search])
        numbers.use(c, row.unit, one.bill_code, one.bill_number, at)
        c.execute(delete(found).where(*here))
        c.execute(delete(outbox).where(outbox.c.kind == "confirm", outbox.c.subject == one.bill_id))
        taken.append(one.bill_id)
    return taken


def _open(bill_id: str) -> tuple[ColumnElement[bool], ...]:
    bill = schema.BILL
    return bill.c.id == bill_id, bill.c.status.in_(["due", "void"]), bill.c.bill_number.is_(None)


def due_work(look: Connection, charges: Iterable[str]) -> list[Work]:
    """What is behind each bill of these charges that was not issued: what a find may belong to."""
    bill, message, event, document_ = schema.BILL, schema.MESSAGE, schema.EVENT, schema.DOCUMENT
    mine = bill.c.status.in_(["due", "void"]), bill.c.bill_number.is_(None), bill.c.charge_no.in_(sorted(set(charges)))
    question = select(*DRAFT).where(*mine).order_by(bill.c.due_at, bill.c.id)
    made: list[Work] = []
    for row in look.execute(question).all():
        draft = bill_draft(tuple(row))
        asked = (
            select(message.c.id, event.c.place, event.c.sealed)
            .join(event, event.c.message_seq == message.c.seq)
            .where(message.c.id.in_(sorted(messages_behind([draft]))))
        )
        sealed = {event_id(one.id, one.place): one.sealed for one in look.execute(asked)}
        earlier = [
            look.execute(
                select(bill.c.bill_code, bill.c.bill_number, document_.c.json)
                .outerjoin(document_, document_.c.bill_seq == bill.c.seq)
                .where(bill.c.id == id_)
            ).first()
            if id_
            else None
            for id_ in (draft.reverses, draft.replaces)
        ]
        if {draft.charge_event, *draft.payment_events, *draft.visit_events} <= sealed.keys():
            first, second = (tuple(one) if one is not None else None for one in earlier)
            made.append(work_of(draft, sealed, first, second))
    return made
