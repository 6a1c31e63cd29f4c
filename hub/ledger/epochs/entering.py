"""Enters what an archive knows into a ledger that does not, or knows less: the archive wins, and nothing is decided.

A message entered has the place `archived`: its bills are here, so when its sender, or a broker, brings it again it is
taken in like a new one, adds what it says to its case, and issues nothing a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, delete, func, insert, select, text, update

from hub.flow.case import Case
from hub.ledger import schema
from hub.ledger.epochs import numbers
from hub.ledger.epochs.copies import DRAFT, BillCopy, MessageCopy, Page
from hub.ledger.epochs.faults import NUMBER_TWICE
from hub.ledger.rows import bill_row, key_id

ARCHIVED: Final = "archived"
Hashes = Callable[[BillCopy], list[bytes]]
"""The search hashes of a bill, from its sealed document."""
BILL_ROW: Final = (*(column.name for column in DRAFT[:24]), "issue", "bill_code", "bill_number", "history")
"""Names of what `bill_row` gives."""


@dataclass(slots=True)
class Entered:
    """What a page added."""

    bills: int = 0
    """that the ledger did not know"""
    changed: int = 0
    """that it knew less of"""
    messages: int = 0


def enter(c: Connection, page: Page, hashes: Hashes, awaits: Callable[[BillCopy], bool], at: str) -> Entered:
    """Enters a page. Doing it again adds nothing. `awaits`: whether the platform's signature is still missing.

    Raises:
        Config: a number of it is on another bill here.
    """
    done = Entered()
    for message in page.messages:
        done.messages += _message(c, message)
    facts = {case.id: case for case in page.cases}
    bills: dict[str, list[BillCopy]] = {}
    for copy in page.bills:
        bills.setdefault(copy.draft.case_id, []).append(copy)
    for case_id in [*bills, *(id_ for id_ in facts if id_ not in bills)]:
        told = facts.get(case_id)
        some = bills.get(case_id, [])
        unit = told.unit if told else some[0].draft.unit
        home = _case(c, case_id, unit, told.facts if told else [], some, at)
        for copy in some:
            new = _bill(c, copy, home, hashes, awaits(copy), at)
            done.bills += new is True
            done.changed += new is False
    return done


def _message(c: Connection, message: MessageCopy) -> bool:
    table = schema.MESSAGE
    if c.execute(select(table.c.seq).where(table.c.id == message.id)).first() is not None:
        return False
    seq = next_of(c, table, "seq_message")
    c.execute(
        insert(table).values(
            seq=seq,
            id=message.id,
            unit=message.unit,
            source=message.source,
            at=message.at,
            kind=message.kind,
            identity=message.identity,
            fingerprint=message.fingerprint,
            place=ARCHIVED,
            case_id=message.case_id,
            revision=message.revision,
        )
    )
    if message.body:
        days = ("", "") if c.dialect.name == "sqlite" else ("day, ", ":day, ")
        statement = f"INSERT INTO journal (message_seq, {days[0]}sealed) VALUES (:seq, {days[1]}:sealed)"  # noqa: S608
        values: dict[str, Any] = {"seq": seq, "sealed": message.body}
        c.execute(text(statement), values | ({"day": message.at[:10]} if days[0] else {}))
    for event in message.events:
        row = {"message_seq": seq, "place": event.place, "kind": event.kind, "sealed": event.sealed}
        c.execute(insert(schema.EVENT).values(row))
    count(c, message.unit, message.source, "applied")
    return True


def count(c: Connection, unit: str, source: str, place: str) -> None:
    """One more in the tally."""
    tally = schema.TALLY
    where = tally.c.unit == unit, tally.c.source == source, tally.c.place == place
    if not c.execute(update(tally).where(*where).values(count=tally.c.count + 1)).rowcount:
        c.execute(insert(tally).values(unit=unit, source=source, place=place, count=1))


def _case(c: Connection, id_: str, unit: str, facts: list[Any], bills: list[BillCopy], at: str) -> str:
    """The case that stands for an archived one here, with its facts, keys and bills; returns its id.

    Cases that were merged after the backup are merged again.
    """
    keys = {key_id(unit, kind, value) for fact in facts for kind, value in fact["keys"]}
    keys |= {key_id(unit, "charge", copy.draft.charge_no) for copy in bills}
    known = dict(_asked(c, select(schema.KEY.c.key, schema.KEY.c.case_id), schema.KEY.c.key, keys))
    own = {copy.draft.id for copy in bills}
    holders = {row[0] for row in _asked(c, select(schema.BILL.c.case_id), schema.BILL.c.id, own)}
    table = schema.CASE
    homes = {_home(c, case_id) for case_id in {id_, *known.values(), *holders}}
    rows = list(_asked(c, select(table), table.c.id, homes))
    home = id_ if any(row.id == id_ for row in rows) or not rows else min(row.id for row in rows)
    case = Case(home)
    held: list[str] = []
    for row in rows:
        case = Case(home, case.join(Case.load(row.id, row.facts)).facts)
        held += orjson.loads(row.bills)
    for fact in facts:
        case = case.add(fact)
    held += [copy.draft.id for copy in bills]
    values = {
        "facts": case.dump(),
        "bills": orjson.dumps(list(dict.fromkeys(held))).decode(),
        "status": "settled",
        "fault": None,
        "updated_at": at,
    }
    if any(row.id == home for row in rows):
        c.execute(update(table).where(table.c.id == home).values(values))
    else:
        c.execute(insert(table).values(id=home, unit=unit, **values))
    for gone in [row.id for row in rows if row.id != home]:
        c.execute(update(table).where(table.c.id == gone).values(status="merged", fault=None, facts=b"", into=home))
        c.execute(update(schema.BILL).where(schema.BILL.c.case_id == gone).values(case_id=home))
        c.execute(update(schema.KEY).where(schema.KEY.c.case_id == gone).values(case_id=home))
    for key in keys:
        if key not in known:
            c.execute(insert(schema.KEY).values(key=key, case_id=home))
        elif known[key] != home:
            c.execute(update(schema.KEY).where(schema.KEY.c.key == key).values(case_id=home))
    return home


def _asked(c: Connection, question: Any, column: Any, values: Iterable[str]) -> Iterable[Any]:
    wanted = sorted(values)
    for start in range(0, len(wanted), 500):
        yield from c.execute(question.where(column.in_(wanted[start : start + 500]))).all()


def _home(c: Connection, id_: str) -> str:
    """The case a case went into, itself where it is one, or unknown."""
    table = schema.CASE
    while into := c.scalar(select(table.c.into).where(table.c.id == id_)):
        id_ = into
    return id_


def _bill(c: Connection, copy: BillCopy, home: str, hashes: Hashes, awaits: bool, at: str) -> bool | None:
    """Enters a bill: True for a new one, False for one that was known less of, None where the ledger knows as much."""
    bill, draft = schema.BILL, copy.draft
    other = select(bill.c.id).where(bill.c.bill_code == draft.bill_code, bill.c.bill_number == draft.bill_number)
    if (holder := c.scalar(other)) is not None and holder != draft.id:
        raise NUMBER_TWICE(number=f"{draft.bill_code}-{draft.bill_number}")
    row = c.execute(select(bill.c.seq, bill.c.change).where(bill.c.id == draft.id)).first()
    if row is not None and row.change >= copy.change:
        return None
    values = dict(zip(BILL_ROW, bill_row(draft, copy.history), strict=True))
    values |= {"case_id": home, "before": draft.before, "check_code": copy.check_code, "issued_at": copy.issued_at}
    values |= {"change": copy.change, "fault": None}
    if c.dialect.name != "sqlite":
        values |= {"lease_owner": None, "lease_until": None, "starved": None}
    if row is None:
        seq = next_of(c, bill, "seq_bill")
        c.execute(insert(bill).values(seq=seq, **values))
    else:
        seq = row.seq
        c.execute(update(bill).where(bill.c.seq == seq).values(values))
    document(c, seq, copy.json, copy.xml, hashes(copy))
    opened_at = c.scalar(select(schema.EPOCH.c.opened_at).order_by(schema.EPOCH.c.number.desc()).limit(1)) or at
    numbers.use(c, draft.unit, draft.bill_code, draft.bill_number, opened_at)
    outbox = schema.OUTBOX
    mine = outbox.c.kind == "confirm", outbox.c.subject == draft.id
    there = c.execute(select(outbox.c.id).where(*mine)).first() is not None
    confirmed = draft.status == "confirmed" or draft.before == "confirmed" or '"to":"confirmed"' in copy.history
    wanted = awaits and not confirmed
    if there and not wanted:
        c.execute(delete(outbox).where(*mine))
    elif wanted and not there:
        c.execute(insert(outbox).values(unit=draft.unit, kind="confirm", subject=draft.id, payload="{}", due_at=at))
    return row is None


def document(c: Connection, seq: int, json: bytes, xml: bytes, hashes: list[bytes]) -> None:
    """Keeps a bill's documents, and the hashes it is found by."""
    table = schema.DOCUMENT
    if not c.execute(update(table).where(table.c.bill_seq == seq).values(json=json, xml=xml)).rowcount:
        c.execute(insert(table).values(bill_seq=seq, json=json, xml=xml))
        for value in hashes:
            c.execute(insert(schema.SEARCH_NEW).values(hash=value, bill_seq=seq))


def next_of(c: Connection, table: Any, sequence: str) -> int:
    """The next place of a sequence."""
    if c.dialect.name == "sqlite":
        return int(c.scalar(select(func.coalesce(func.max(table.c.seq), 0))) or 0) + 1
    return int(c.scalar(select(func.nextval(sequence))) or 0)
