"""Reads what a batch of submissions may touch, three questions for the whole batch however long it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from hub.flow.case import Case
from hub.ledger.held import Held, Known, Loaded
from hub.ledger.records import Submission
from hub.ledger.rows import BILL_COLUMNS, bill_draft, fault_record, key_id

_MESSAGES: Final = """
SELECT m.id, m.fingerprint, m.place, m.fault, m.case_id, m.seq
FROM json_each(?) j CROSS JOIN message m ON m.id = j.value"""
_KEYS: Final = "SELECT k.key, k.case_id FROM json_each(?) j CROSS JOIN key k ON k.key = j.value"
_NUMBERED: Final = "SELECT case_id FROM bill WHERE bill_code = ? AND bill_number = ? AND unit = ?"
_CASES: Final = """
SELECT c.id, c.unit, c.status, c.facts, c.bills, c."into" FROM json_each(?) j CROSS JOIN matter c ON c.id = j.value"""
_BILLS: Final = f"SELECT {BILL_COLUMNS} FROM json_each(?) j CROSS JOIN bill b ON b.id = j.value"  # noqa: S608


class _Loaded(Loaded):
    """Looks up what was not asked for with the batch."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection

    def find_message(self, id_: str) -> Known | None:
        if id_ not in self.messages:
            _load_messages(self._connection, self, [id_])
        return self.messages.get(id_)


def load(connection: sqlite3.Connection, submissions: Sequence[Submission]) -> Loaded:
    """Messages seen before, keys known, and the cases and bills behind them."""
    loaded = _Loaded(connection)
    _load_messages(connection, loaded, [submission.id for submission in submissions])
    wanted = wanted_keys(submissions, loaded)
    if wanted:
        loaded.keys.update(connection.execute(_KEYS, (_json(wanted),)))
        _load_numbered(connection, loaded, wanted)
    cases = set(loaded.keys.values()) | {known.case_id for known in loaded.messages.values() if known.case_id}
    if cases:
        _load_cases(connection, loaded, cases)
    return loaded


def wanted_keys(submissions: Iterable[Submission], loaded: Loaded) -> set[str]:
    """The keys of everything that is not a repeat."""
    return {
        key_id(submission.unit, kind, value)
        for submission in submissions
        if submission.replay
        or submission.id not in loaded.messages
        or loaded.messages[submission.id].place == "archived"
        for event in submission.events
        for kind, value in event.fact["keys"]
    }


def numbered_keys(keys: Iterable[str]) -> list[tuple[str, str, str, str]]:
    """(key, unit, bill code, bill number) of keys that name a bill: the bill itself is the entry."""
    found = []
    for key in keys:
        unit, kind, value = key.split("\x1f", 2)
        if kind == "bill":
            code, _, number = value.partition("-")
            found.append((key, unit, code, number))
    return found


def _load_numbered(connection: sqlite3.Connection, loaded: Loaded, keys: Iterable[str]) -> None:
    for key, unit, code, number in numbered_keys(keys):
        for (case_id,) in connection.execute(_NUMBERED, (code, number, unit)):
            loaded.keys[key] = case_id


def _load_messages(connection: sqlite3.Connection, loaded: Loaded, ids: Iterable[str]) -> None:
    for id_, fingerprint, place, fault, case_id, seq in connection.execute(_MESSAGES, (_json(ids),)):
        loaded.messages[id_] = Known(fingerprint, place, fault_record(fault), case_id, seq)


def _load_cases(connection: sqlite3.Connection, loaded: Loaded, ids: Iterable[str]) -> None:
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


def _json(values: Iterable[str]) -> str:
    return orjson.dumps(list(values)).decode()
