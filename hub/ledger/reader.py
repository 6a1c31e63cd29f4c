"""What people and programs look at: read-only, beside the writer, in any process. Written once, in SQLAlchemy Core.

Documents are opened here, so a reader needs the vault; nothing it returns is masked: that is the caller's duty.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Column, Connection, Row, Select, and_, literal_column, or_, select, tuple_

from hub.bill.bill import Bill, Related, Step
from hub.bill.event import EVENT, Charge
from hub.errors import Lang
from hub.ledger import books, schema
from hub.ledger.aad import REFUSED, document_aad, event_aad, message_aad
from hub.ledger.accounting import account_tree
from hub.ledger.area import Area
from hub.ledger.epochs.copies import Page, gather
from hub.ledger.epochs.found import FOUND_AAD, due_work, finds, unknown_numbers
from hub.ledger.epochs.opening import history
from hub.ledger.glance import Seen, glance
from hub.ledger.ids import message_of
from hub.ledger.looking import Window, sqlite_window
from hub.ledger.records import Work
from hub.ledger.retiring import HASHED
from hub.ledger.rows import VISIBLE, key_id, trade_range
from hub.security.vault import Vault

BILL: Final = schema.BILL
KEY_KINDS: Final = ("charge", "pay", "order", "visit")
"""Kinds of keys that lead to a whole case, beside trade numbers; a bill number leads to its bill alone."""
LIMIT: Final = 1000
UNITS_AT_ONCE: Final = 200
"""Units whose keys one question looks for."""


class Reader:
    """A read-only view of a ledger."""

    def __init__(self, where: Path | Window, vault: Vault, *, shared: bool = False) -> None:
        """`where` is a data folder, or a window into another database.

        `shared` keeps one connection to the folder open, for a process that looks often from one thread.
        """
        self.lang: Lang = "zh"
        """the language of faults in what is shown"""
        self._vault = vault
        self._window = where if isinstance(where, Window) else sqlite_window(where, shared=shared)
        self._look = self._window.look

    def close(self) -> None:
        """Closes what is open."""
        self._window.close()

    # bills

    def by_id(self, ids: Sequence[str]) -> dict[str, Bill]:
        """Issued bills among these ids, with the status, history and relations of today."""
        with self._look() as look:
            rows = look.execute(_bills().where(BILL.c.id.in_(list(ids)))).all()
            return {row.id: bill for row in rows if (bill := self._bill(look, row)) is not None}

    def changes(self, after: int, limit: int, units: Sequence[str], statuses: Iterable[str]) -> list[tuple[int, Bill]]:
        """Bills by change sequence, oldest change first."""
        question = (
            _bills()
            .where(BILL.c.change > after, BILL.c.unit.in_(list(units)), BILL.c.status.in_(list(statuses)))
            .order_by(BILL.c.change)
            .limit(limit)
        )
        with self._look() as look:
            return [(row.change, bill) for row in look.execute(question).all() if (bill := self._bill(look, row))]

    def find(
        self, keys: Sequence[str] = (), *, status: str = "", since: str = "", unit: str = "", limit: int = LIMIT
    ) -> list[dict[str, Any]]:
        """Bills in the outer shape, also those that are only due or waiting; newest first where no key is given."""
        with self._look() as look:
            question = _bills().order_by(BILL.c.seq.desc()).limit(limit)
            cases: list[str] | None = None
            if keys:
                cases, bills = self._by_keys(look, keys, [unit] if unit else None)
                question = question.where(BILL.c.id.in_([*bills, *self._bills_of(look, cases)]))
            if status:
                question = question.where(BILL.c.status == status)
            if since:
                question = question.where(BILL.c.due_at >= since)
            if unit:
                question = question.where(BILL.c.unit == unit)
            rows = look.execute(question).all()
            found = [self._view(look, row) for row in rows]
            if status in {"", "waiting"} and (keys or status):
                done = {row.charge_no for row in rows if row.status != "void"}
                found += self._waiting(look, cases, unit, since, done, limit - len(found))
            return found

    def _by_keys(
        self, look: Connection, keys: Sequence[str], units: Sequence[str] | None = None
    ) -> tuple[list[str], list[str]]:
        if units is None:
            units = look.scalars(select(schema.TALLY.c.unit).distinct()).all()
        codes = look.scalars(select(schema.SEGMENT.c.code).distinct()).all()
        table = schema.KEY
        cases: list[str] = []
        for start in range(0, len(units), UNITS_AT_ONCE):
            some = units[start : start + UNITS_AT_ONCE]
            wanted = [key_id(unit, kind, key) for unit in some for kind in KEY_KINDS for key in keys]
            ranges = [trade_range(unit, key) for unit in some for key in keys]
            trades = [and_(table.c.key >= first, table.c.key <= last) for first, last in ranges]
            cases += look.scalars(select(table.c.case_id).where(or_(table.c.key.in_(wanted), *trades)))
        messages = select(schema.MESSAGE.c.case_id).where(schema.MESSAGE.c.id.in_(list(keys)))
        cases += [case_id for case_id in look.scalars(messages) if case_id]
        return self._forwarded(look, cases), [*keys, *self._numbered(look, codes, keys)]

    def _numbered(self, look: Connection, codes: Sequence[str], keys: Sequence[str]) -> list[str]:
        """Bills by code-number, or by a number alone, of whatever code."""
        pairs = [(code, key) for key in keys if "-" not in key for code in codes]
        pairs += [(key.partition("-")[0], key.partition("-")[2]) for key in keys if "-" in key]
        return list(look.scalars(select(BILL.c.id).where(tuple_(BILL.c.bill_code, BILL.c.bill_number).in_(pairs))))

    def _bills_of(self, look: Connection, cases: list[str]) -> list[str]:
        held = look.scalars(select(schema.CASE.c.bills).where(schema.CASE.c.id.in_(cases)))
        return [bill_id for bills in held for bill_id in orjson.loads(bills)]

    def _forwarded(self, look: Connection, cases: list[str]) -> list[str]:
        known = set(cases)
        while cases:
            into = select(schema.CASE.c.into).where(schema.CASE.c.id.in_(cases), schema.CASE.c.into != "")
            cases = [case_id for case_id in look.scalars(into) if case_id not in known]
            known.update(cases)
        return list(known)

    def _waiting(
        self, look: Connection, cases: list[str] | None, unit: str, since: str, done: set[str], limit: int
    ) -> list[dict[str, Any]]:
        """Charges whose money is missing, and money whose charge is missing."""
        table = schema.CASE
        newest = table.c.updated_at.desc(), table.c.id
        question = select(table).where(table.c.status.in_(["waiting", "parked"])).order_by(*newest)
        if cases is not None:
            question = question.where(table.c.id.in_(cases))
        if unit:
            question = question.where(table.c.unit == unit)
        if since:
            question = question.where(table.c.updated_at >= since)
        found: list[dict[str, Any]] = []
        for row in look.execute(question.limit(max(limit, 0))).all():
            facts = orjson.loads(row.facts)["facts"]
            charges = [fact for fact in facts if fact["kind"] == "charge" and fact["charge_no"] not in done]
            halves = charges or [fact for fact in facts if fact["kind"] == "payment" and not done]
            found.extend(self._waiting_view(look, row, fact) for fact in halves)
        return found

    def _waiting_view(self, look: Connection, case: Row[Any], fact: Mapping[str, Any]) -> dict[str, Any]:
        view: dict[str, Any] = {
            "schema": "billhub.bill/1",
            "id": fact["id"],
            "status": "waiting",
            "unit": {"id": case.unit},
            "face": "blue",
        }
        if case.fault:
            view["parked"] = books.fault_json(case.fault, self.lang)
        event = self.event(case.unit, fact["id"], look)
        if event is None:
            return view
        shown = event.to_dict()
        if isinstance(event, Charge):
            names = (
                "charge_no",
                "pay_code",
                "order_no",
                "visit_no",
                "payer",
                "items",
                "details",
                "total_fen",
                "shares",
            )
            view |= {name: shown[name] for name in names if name in shown} | {"paid_fen": 0}
        else:
            view |= {name: shown[name] for name in ("charge_no", "pay_code", "order_no", "visit_no") if name in shown}
            view["payments"] = [
                {name: shown[name] for name in ("channel", "trade_no", "amount_fen", "paid_at") if name in shown}
            ]
        return view

    def event(self, unit: str, event_id: str, look: Connection | None = None) -> Any:
        """An event of the canonical model, or None."""
        if look is None:
            with self._look() as opened:
                return self.event(unit, event_id, opened)
        message_id, place = message_of(event_id)
        seq = select(schema.MESSAGE.c.seq).where(schema.MESSAGE.c.id == message_id).scalar_subquery()
        table = schema.EVENT
        sealed = look.scalar(select(table.c.sealed).where(table.c.message_seq == seq, table.c.place == place))
        return EVENT.validate_json(self._vault.open(unit, event_aad(event_id), sealed)) if sealed else None

    def document(self, bill_id: str, form: str) -> bytes | None:
        """An issued bill's document: `json` or `xml`."""
        table = schema.DOCUMENT
        question = (
            select(BILL.c.unit, table.c[form].label("sealed"))
            .join(BILL, BILL.c.seq == table.c.bill_seq)
            .where(BILL.c.id == bill_id)
        )
        with self._look() as look:
            row = look.execute(question).first()
        return self._vault.open(row.unit, document_aad(bill_id, form), row.sealed) if row else None

    def issued(
        self, keys: Sequence[str] = (), limit: int = 1_000_000, units: Sequence[str] | None = None
    ) -> Iterator[tuple[str, str, str]]:
        """(id, bill code, bill number) of issued bills, all or by key; of some units, or of any."""
        question = select(BILL.c.id, BILL.c.bill_code, BILL.c.bill_number).where(BILL.c.status.in_(list(VISIBLE)))
        if units is not None:
            question = question.where(BILL.c.unit.in_(list(units)))
        with self._look() as look:
            if keys:
                cases, bills = self._by_keys(look, keys, units)
                question = question.where(BILL.c.id.in_([*bills, *self._bills_of(look, cases)]))
            rows = look.execute(question.order_by(BILL.c.issued_at, BILL.c.id).limit(limit)).all()
        for row in rows:
            yield row.id, row.bill_code, row.bill_number

    def _bill(self, look: Connection, row: Row[Any]) -> Bill | None:
        """The issued bill behind a row, with today's status, history and relations."""
        table = schema.DOCUMENT
        sealed = look.scalar(select(table.c.json).where(table.c.bill_seq == row.seq))
        if sealed is None:
            return None
        bill = Bill.model_validate_json(self._vault.open(row.unit, document_aad(row.id, "json"), sealed))
        related = [*bill.related, *_later_bills(look, row.id)]
        return bill.model_copy(
            update={"status": row.status, "history": _history(row.history), "related": tuple(related)}
        )

    def _view(self, look: Connection, row: Row[Any]) -> dict[str, Any]:
        bill = self._bill(look, row)
        if bill is not None:
            return orjson.loads(bill.to_json())  # type: ignore[no-any-return]
        view: dict[str, Any] = {
            "schema": "billhub.bill/1",
            "id": row.id,
            "status": row.status,
            "unit": {"id": row.unit},
            "face": row.face,
            "charge_no": row.charge_no,
            "total_fen": row.total,
            "paid_fen": sum(fen for _, fen in orjson.loads(row.allocations)) + row.insured,
            "history": [step.model_dump(mode="json", by_alias=True) for step in _history(row.history)],
        }
        if row.bill_number:
            view |= {"bill_code": row.bill_code, "bill_number": row.bill_number}
        if row.fault:
            view["fault"] = books.fault_json(row.fault, self.lang)
        charge = self.event(row.unit, row.charge_event, look)
        if isinstance(charge, Charge):
            shown = charge.to_dict()
            view |= {name: shown[name] for name in ("payer", "items", "details", "shares") if name in shown}
        return view

    # books, parked, outbox

    def books(self, area: Area | None = None) -> dict[str, Any]:
        """The books, in the outer shape; of an area, or of everything."""
        with self._look() as look:
            return books.books(look, area)

    def numbers_tree(self, above: Mapping[str, str]) -> list[dict[str, Any]]:
        """Numbers by region and unit, each with what is below it: see `hub.ledger.accounting.account_tree`."""
        with self._look() as look:
            return account_tree(look, above)

    def pauses(self) -> list[dict[str, Any]]:
        """Paused units: {unit, at, actor, reason, doors}."""
        with self._look() as look:
            return books.pauses(look)

    def glance(self, units: list[str], seen: Seen) -> dict[str, Any]:
        """Live figures at little cost; see `hub.ledger.glance.glance`."""
        with self._look() as look:
            return glance(look, units, seen)

    def parked(self, unit: str = "", limit: int = LIMIT) -> list[dict[str, Any]]:
        """Parked messages and cases, newest first."""
        with self._look() as look:
            return books.parked(look, unit, limit)

    def alarms(self) -> list[dict[str, Any]]:
        """What keeps bills due, issued bills unconfirmed, payments unknown: {unit, what, count, fault}."""
        with self._look() as look:
            return books.alarms(look)

    def parked_count(self) -> int:
        """How many messages and cases wait for a person."""
        with self._look() as look:
            return books.parked_count(look)

    def refused(self, unit: str = "", limit: int = LIMIT) -> list[dict[str, Any]]:
        """What was refused, newest first: {id, unit, source, at, fault in both languages}."""
        with self._look() as look:
            return books.refused(look, unit, limit)

    def refused_message(self, id_: str) -> dict[str, Any] | None:
        """A refused message with its bytes, as far as they are kept: {id, unit, source, at, fault, body}."""
        seq = id_.removeprefix(books.REFUSED)
        if seq == id_ or not (seq.isascii() and seq.isdigit() and len(seq) < 19):
            return None
        with self._look() as look:
            row = look.execute(select(schema.REFUSED).where(schema.REFUSED.c.seq == int(seq))).first()
        if row is None:
            return None
        over = len(row.sealed) <= HASHED
        return books.refused_view(row) | {"body": b"" if over else self._vault.open(row.unit, REFUSED, row.sealed)}

    def message(self, message_id: str) -> dict[str, Any] | None:
        """A kept message with its exact bytes: {id, unit, source, at, kind, place, fault?, case_id, body}."""
        table = schema.MESSAGE
        with self._look() as look:
            row = look.execute(select(*schema.on_both(table)).where(table.c.id == message_id)).first()
            if row is None:
                return None
            sealed = body_of(look, row.seq, row.at)
        shown: dict[str, Any] = {
            "id": row.id,
            "unit": row.unit,
            "source": row.source,
            "at": row.at,
            "kind": row.kind,
            "place": row.place,
            "case_id": row.case_id,
            "revision": row.revision,
            "repeats": row.repeats,
        }
        if row.fault:
            shown["fault"] = books.fault_json(row.fault, self.lang)
        shown["body"] = self._vault.open(row.unit, message_aad(row.fingerprint), sealed) if sealed else b""
        return shown

    def case_facts(self, case_id: str) -> list[dict[str, Any]]:
        """The facts of a case: ids, keys and amounts, no persons."""
        with self._look() as look:
            facts = look.scalar(select(schema.CASE.c.facts).where(schema.CASE.c.id == case_id))
        return orjson.loads(facts)["facts"] if facts else []

    def outbox(self, kind: str, now: datetime, limit: int) -> list[dict[str, Any]]:
        """Effects due to go out, oldest first: {id, unit, subject, attempts, and the payload's own names}."""
        table = schema.OUTBOX
        question = (
            select(*schema.on_both(table))
            .where(table.c.kind == kind, table.c.due_at <= now.isoformat(timespec="milliseconds"))
            .order_by(table.c.due_at, table.c.id)
            .limit(limit)
        )
        with self._look() as look:
            return [
                {"id": row.id, "unit": row.unit, "subject": row.subject, "attempts": row.attempts}
                | orjson.loads(row.payload)
                for row in look.execute(question).all()
            ]

    # epochs

    def copies(self, after: int, limit: int, known: Container[str]) -> Page | None:
        """What the archive gets next: bills changed behind `after`, with the messages not in `known`."""
        with self._look() as look:
            return gather(look, after, limit, known)

    def change_of(self, bill_id: str) -> int:
        """A bill's place in the change sequence."""
        with self._look() as look:
            return look.scalar(select(BILL.c.change).where(BILL.c.id == bill_id)) or 0

    def epochs(self) -> list[dict[str, Any]]:
        """Every epoch but the first, the newest first; see `hub.ledger.epochs.opening`."""
        with self._look() as look:
            return history(look)

    def quarantined(self) -> list[tuple[str, str, int, int]]:
        """(unit, code, first, last) of numbers that a restore keeps back."""
        with self._look() as look:
            return unknown_numbers(look)

    def finds(self) -> list[tuple[str, str, str, bytes]]:
        """(unit, code, number, XML) of bills the platform has and no case here."""
        with self._look() as look:
            found = finds(look)
        return [(unit, code, number, self._vault.open(unit, FOUND_AAD, sealed)) for unit, code, number, sealed in found]

    def due_work(self, charges: Iterable[str]) -> list[Work]:
        """What is behind each bill of these charges that was not issued, as an issuer gets it; none has a number."""
        with self._look() as look:
            return due_work(look, charges)

    def number_of(self, bill_id: str) -> tuple[str, str]:
        """Bill code and number."""
        with self._look() as look:
            row = look.execute(select(BILL.c.bill_code, BILL.c.bill_number).where(BILL.c.id == bill_id)).one()
        return row.bill_code, row.bill_number


def _bills() -> Select[Any]:
    return select(*schema.on_both(BILL))


def body_of(look: Connection, seq: int, at: str) -> bytes | None:
    """A message's sealed bytes, or None where their time is over."""
    journal, kept = schema.JOURNAL, schema.JOURNAL_KEPT
    question = select(journal.c.sealed).where(journal.c.message_seq == seq)
    if look.dialect.name == "sqlite":
        return look.scalar(question)
    found = look.scalar(question.where(journal.c.day == at[:10]))
    return found if found is not None else look.scalar(select(kept.c.sealed).where(kept.c.message_seq == seq))


def _history(text: str) -> tuple[Step, ...]:
    return tuple(Step.model_validate(step) for step in orjson.loads(f"[{text.rstrip(',')}]") if step["from"] != "")


def _later_bills(look: Connection, bill_id: str) -> Iterator[Related]:
    """The bills that answered this one: its red bill, and the blue one in its place."""
    answers: tuple[tuple[Column[str], Literal["reversed_by", "replaced_by"]], ...] = (
        (BILL.c.reverses, "reversed_by"),
        (BILL.c.replaces, "replaced_by"),
    )
    for column, relation in answers:
        question = select(BILL.c.bill_code, BILL.c.bill_number).where(
            column == bill_id, column != literal_column("''"), BILL.c.issued_at.is_not(None)
        )
        for row in look.execute(question).all():
            yield Related(relation=relation, bill_code=row.bill_code, bill_number=row.bill_number)
