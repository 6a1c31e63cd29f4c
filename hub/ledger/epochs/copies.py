"""What of a bill is kept outside its ledger: enough to enter it into one that never knew it.

Sealed stays sealed; what lies open are ids, numbers and amounts, as in the ledger itself.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, Final

import msgspec
import orjson
from sqlalchemy import Connection, select

from hub.ledger import schema
from hub.ledger.bodies import body_of
from hub.ledger.ids import message_of
from hub.ledger.records import BillDraft
from hub.ledger.rows import BILL_COLUMNS, bill_draft
from hub.ledger.working import messages_behind

DRAFT: Final = tuple(schema.BILL.c[name.strip().removeprefix("b.")] for name in BILL_COLUMNS.split(","))
_ASKED: Final = 500
"""Ids in one question: SQLite takes some thousands of parameters."""


class EventCopy(msgspec.Struct, frozen=True, array_like=True):
    """An event, sealed."""

    place: int
    kind: str
    sealed: bytes


class MessageCopy(msgspec.Struct, frozen=True, array_like=True):
    """A message behind a bill, with its events; `body` is empty where its time was over."""

    id: str
    unit: str
    source: str
    at: str
    kind: str
    identity: str
    fingerprint: bytes
    case_id: str
    revision: str
    body: bytes
    events: list[EventCopy]


class CaseCopy(msgspec.Struct, frozen=True, array_like=True):
    """Facts of a case, those of the messages that come with it: ids, keys and amounts."""

    id: str
    unit: str
    facts: list[Any]


class BillCopy(msgspec.Struct, frozen=True, array_like=True):
    """A bill as it stood at a change, with its documents."""

    draft: BillDraft
    check_code: str
    issued_at: str
    change: int
    history: str
    json: bytes
    xml: bytes


class Page(msgspec.Struct, frozen=True, array_like=True):
    """Bills in the order of their changes, and what they were made of."""

    epoch: int
    first: int
    last: int
    messages: list[MessageCopy]
    cases: list[CaseCopy]
    bills: list[BillCopy]


def gather(look: Connection, after: int, limit: int, known: Container[str]) -> Page | None:
    """The next bills that changed for the outside; messages in `known` came with earlier ones. None: nothing new."""
    bill, document = schema.BILL, schema.DOCUMENT
    rows = look.execute(
        select(
            *DRAFT, bill.c.check_code, bill.c.issued_at, bill.c.change, bill.c.history, document.c.json, document.c.xml
        )
        .join(document, document.c.bill_seq == bill.c.seq)
        .where(bill.c.change > after)
        .order_by(bill.c.change)
        .limit(limit)
    ).all()
    if not rows:
        return None
    bills = [_bill(row) for row in rows]
    cases = _cases(look, sorted({one.draft.case_id for one in bills}))
    wanted = messages_behind([one.draft for one in bills])
    wanted |= {message_of(fact["id"])[0] for case in cases for fact in case.facts}
    messages = _messages(look, sorted(id_ for id_ in wanted if id_ not in known))
    came = {message.id for message in messages}
    told = [
        CaseCopy(case.id, case.unit, [fact for fact in case.facts if message_of(fact["id"])[0] in came])
        for case in cases
    ]
    return Page(epoch_of(look), bills[0].change, bills[-1].change, messages, told, bills)


def epoch_of(look: Connection) -> int:
    """The epoch a ledger is in; the first has no row."""
    row = look.execute(select(schema.EPOCH.c.number).order_by(schema.EPOCH.c.number.desc()).limit(1)).first()
    return int(row.number) if row else 1


def _bill(row: Sequence[Any]) -> BillCopy:
    values = tuple(row)
    return BillCopy(bill_draft(values[: len(DRAFT)]), *values[len(DRAFT) :])


def _cases(look: Connection, ids: list[str]) -> list[CaseCopy]:
    case = schema.CASE
    found = []
    for start in range(0, len(ids), _ASKED):
        question = select(case.c.id, case.c.unit, case.c.facts).where(case.c.id.in_(ids[start : start + _ASKED]))
        found += [CaseCopy(row.id, row.unit, orjson.loads(row.facts)["facts"]) for row in look.execute(question)]
    return found


def _messages(look: Connection, ids: list[str]) -> list[MessageCopy]:
    message, event = schema.MESSAGE, schema.EVENT
    made = []
    for start in range(0, len(ids), _ASKED):
        some = ids[start : start + _ASKED]
        rows = look.execute(select(*schema.on_both(message)).where(message.c.id.in_(some))).all()
        events: dict[int, list[EventCopy]] = {}
        for one in look.execute(select(event).where(event.c.message_seq.in_([row.seq for row in rows]))):
            events.setdefault(one.message_seq, []).append(EventCopy(one.place, one.kind, one.sealed))
        made += [
            MessageCopy(
                row.id,
                row.unit,
                row.source,
                row.at,
                row.kind,
                row.identity,
                row.fingerprint,
                row.case_id,
                row.revision,
                body_of(look, row.seq, row.at) or b"",
                events.get(row.seq, []),
            )
            for row in rows
        ]
    return made
