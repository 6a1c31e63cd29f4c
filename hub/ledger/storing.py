"""Takes signed bills in: documents, status, search hashes, the change sequence; inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from hub.ledger.records import Confirmed, Issued, NotIssued
from hub.ledger.rows import fault_text, step
from hub.ledger.rules import UnitRules
from hub.ledger.writing import Sequences

_ISSUED: Final = """
UPDATE bill SET status = 'issued', check_code = ?, issued_at = ?, change = ?, fault = NULL, history = history || ?
WHERE id = ? AND status = 'due' AND bill_code = ? AND bill_number = ? AND unit NOT IN (SELECT unit FROM pause)
RETURNING unit, reverses, seq"""
_DOCUMENT: Final = """
INSERT INTO document (bill_seq, json, xml) VALUES (?, ?, ?)
ON CONFLICT (bill_seq) DO UPDATE SET json = excluded.json, xml = excluded.xml"""
_COUNTERSIGNED: Final = "UPDATE document SET xml = ? WHERE bill_seq = (SELECT seq FROM bill WHERE id = ?)"
_SEARCH: Final = "INSERT INTO search_new (hash, bill_seq) VALUES (?, ?)"
_REVERSED: Final = """
UPDATE bill SET status = 'reversed', change = ?, history = history || ? WHERE id = ? AND status != 'reversed'"""
_CONFIRM: Final = """
INSERT INTO outbox (unit, kind, subject, payload, due_at) VALUES (?, 'confirm', ?, '{}', ?) ON CONFLICT DO NOTHING"""
_CONFIRMED: Final = """
UPDATE bill SET status = 'confirmed', change = ?, fault = NULL, history = history || ?
WHERE id = ? AND status IN ('issued', 'issued_offline')"""
_BEFORE: Final = "UPDATE bill SET before = 'confirmed' WHERE id = ? AND status = 'reversing'"
_FAULT: Final = "UPDATE bill SET fault = ? WHERE id = ?"
_DONE: Final = "DELETE FROM outbox WHERE kind = 'confirm' AND subject = ?"


def store_issued(
    connection: sqlite3.Connection, bills: Sequence[Issued], rules: Mapping[str, UnitRules], at: str, last: Sequences
) -> list[str]:
    """Stores what was signed; returns the bills now issued.

    A bill withdrawn, or renumbered, while it was being signed is not due under that number: its signature is dropped.
    So is that of a unit that was paused meanwhile.
    """
    stored: list[str] = []
    documents: list[tuple[int, bytes, bytes]] = []
    hashes: list[tuple[bytes, int]] = []
    for bill in bills:
        row = connection.execute(
            _ISSUED,
            (
                bill.check_code,
                bill.issued_at,
                last.change + 1,
                step(at, "issue", "due", "issued"),
                bill.bill_id,
                bill.bill_code,
                bill.bill_number,
            ),
        ).fetchall()
        if not row:
            continue
        last.change += 1
        unit, reverses, seq = row[0]
        stored.append(bill.bill_id)
        documents.append((seq, bill.document, bill.xml))
        hashes.extend((value, seq) for _kind, value in bill.search)
        if reverses:
            last.change += 1
            connection.execute(_REVERSED, (last.change, step(at, "reversed", "reversing", "reversed"), reverses))
        if unit in rules and rules[unit].countersigned:
            connection.execute(_CONFIRM, (unit, bill.bill_id, at))
    connection.executemany(_DOCUMENT, documents)
    connection.executemany(_SEARCH, hashes)
    return stored


def store_not_issued(connection: sqlite3.Connection, bills: Sequence[NotIssued]) -> None:
    """Keeps why a bill is still due."""
    connection.executemany(_FAULT, [(fault_text(bill.fault), bill.bill_id) for bill in bills])


def store_confirmed(connection: sqlite3.Connection, bills: Sequence[Confirmed], last: Sequences) -> None:
    """Stores the supervisor's signatures."""
    for bill in bills:
        if bill.fault is not None:
            connection.execute(_FAULT, (fault_text(bill.fault), bill.bill_id))
            continue
        text = step(bill.at, "confirm", "issued", "confirmed")
        if connection.execute(_CONFIRMED, (last.change + 1, text, bill.bill_id)).rowcount:
            last.change += 1
        else:
            connection.execute(_BEFORE, (bill.bill_id,))
        connection.execute(_COUNTERSIGNED, (bill.xml, bill.bill_id))
        connection.execute(_DONE, (bill.bill_id,))
