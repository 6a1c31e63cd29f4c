"""Reads what a batch of submissions may touch, three questions for the whole batch however long it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from hub.flow.case import Case
from hub.ledger.records import BillDraft, FaultRecord, Submission

_MESSAGES: Final = """
SELECT m.id, m.fingerprint, m.place, m.fault, m.case_id, m.seq
FROM json_each(?) j CROSS JOIN message m ON m.id = j.value"""
_KEYS: Final = "SELECT k.key, k.case_id FROM json_each(?) j CROSS JOIN key k ON k.key = j.value"
_NUMBERED: Final = "SELECT case_id FROM bill WHERE bill_code = ? AND bill_number = ? AND unit = ?"
_CASES: Final = """
SELECT c.id, c.unit, c.status, c.facts, c.bills, c."into" FROM json_each(?) j CROSS JOIN matter c ON c.id = j.value"""
BILL_COLUMNS: Final = (
    "b.id, b.unit, b.case_id, b.source, b.bill, b.status, b.face, b.charge_no, b.charge_event, b.digest, b.part, "
    "b.first_item, b.last_item, b.receipt, b.total, b.insured, b.allocations, b.payment_events, b.visit_events, "
    "b.due_at, b.reverses, b.replaces, b.reason, b.holds, b.bill_code, b.bill_number, b.issue, b.before"
)
_BILLS: Final = f"SELECT {BILL_COLUMNS} FROM json_each(?) j CROSS JOIN bill b ON b.id = j.value"  # noqa: S608


@dataclass(slots=True)
class Known:
    """A message seen before."""

    fingerprint: bytes
    place: str
    fault: FaultRecord | None
    case_id: str
    seq: int = 0


@dataclass(slots=True)
class Held:
    """A case in hand, with its bills."""

    case: Case
    unit: str
    status: str
    bills: list[BillDraft]
    fresh: bool = False


@dataclass(slots=True)
class Loaded:
    """What the database knows of a batch, and what the batch changes in it."""

    connection: sqlite3.Connection
    messages: dict[str, Known] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    cases: dict[str, Held] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    """case that went into another → the other"""

    def home(self, case_id: str) -> str:
        """The case that stands for a case now."""
        while case_id in self.merged:
            case_id = self.merged[case_id]
        return case_id

    def find_message(self, id_: str) -> Known | None:
        """A message that was not asked for with the batch."""
        if id_ not in self.messages:
            _load_messages(self, [id_])
        return self.messages.get(id_)


def key_id(unit: str, kind: str, value: str) -> str:
    """The key column: unit, kind and value joined by a character none of them can hold.

    A payment's trade number comes before its channel and merchant, so that `trade_range` finds it by the number alone.
    """
    if kind == "trade":
        channel, merchant, trade_no = value.split("/", 2)
        value = f"{trade_no}\x1f{channel}/{merchant}"
    return f"{unit}\x1f{kind}\x1f{value}"


def trade_range(unit: str, trade_no: str) -> tuple[str, str]:
    """First and last key that a trade number may have, of whatever channel."""
    start = f"{unit}\x1ftrade\x1f{trade_no}"
    return f"{start}\x1f", f"{start}\x20"


def load(connection: sqlite3.Connection, submissions: Sequence[Submission]) -> Loaded:
    """Messages seen before, keys known, and the cases and bills behind them."""
    loaded = Loaded(connection)
    _load_messages(loaded, [submission.id for submission in submissions])
    wanted = {
        key_id(submission.unit, kind, value)
        for submission in submissions
        if submission.replay or submission.id not in loaded.messages
        for event in submission.events
        for kind, value in event.fact["keys"]
    }
    if wanted:
        loaded.keys.update(connection.execute(_KEYS, (_json(wanted),)))
        _load_numbered(loaded, wanted)
    cases = set(loaded.keys.values()) | {known.case_id for known in loaded.messages.values() if known.case_id}
    if cases:
        load_cases(connection, loaded, cases)
    return loaded


def _load_numbered(loaded: Loaded, keys: Iterable[str]) -> None:
    """Cases that a bill's code and number lead to: the bill itself is the entry."""
    for key in keys:
        unit, kind, value = key.split("\x1f", 2)
        if kind == "bill":
            code, _, number = value.partition("-")
            for (case_id,) in loaded.connection.execute(_NUMBERED, (code, number, unit)):
                loaded.keys[key] = case_id


def _load_messages(loaded: Loaded, ids: Iterable[str]) -> None:
    for id_, fingerprint, place, fault, case_id, seq in loaded.connection.execute(_MESSAGES, (_json(ids),)):
        loaded.messages[id_] = Known(fingerprint, place, fault_record(fault), case_id, seq)


def load_cases(connection: sqlite3.Connection, loaded: Loaded, ids: Iterable[str]) -> None:
    """Adds cases and their bills; a merged case is followed to the one it went into."""
    wanted = set(ids)
    while wanted:
        forward: set[str] = set()
        found: list[str] = []
        for id_, unit, status, facts, bills, into in connection.execute(_CASES, (_json(wanted),)):
            if into:
                forward.add(into)
                loaded.merged[id_] = into
            else:
                loaded.cases[id_] = Held(Case.load(id_, facts), unit, status, [])
                found += orjson.loads(bills)
        if found:
            for row in connection.execute(_BILLS, (_json(found),)):
                bill = bill_draft(row)
                loaded.cases[bill.case_id].bills.append(bill)
        wanted = {id_ for id_ in forward if id_ not in loaded.cases}


def bill_draft(row: Sequence[object]) -> BillDraft:
    """A bill from a row of `BILL_COLUMNS`."""
    values = list(row)
    for index in (16, 17, 18, 23):
        values[index] = orjson.loads(str(values[index]))
    values[16] = [(key, fen) for key, fen in values[16]]  # type: ignore[attr-defined]
    values[24] = values[24] or ""
    values[25] = values[25] or ""
    return BillDraft(*values)  # type: ignore[arg-type]


def fault_record(text: str | None) -> FaultRecord | None:
    """A fault as a column holds it."""
    return FaultRecord(*orjson.loads(text)) if text else None


def fault_text(fault: FaultRecord | None) -> str | None:
    """A fault as a column holds it."""
    return orjson.dumps([fault.code, fault.where, fault.values]).decode() if fault else None


def _json(values: Iterable[str]) -> str:
    return orjson.dumps(list(values)).decode()
