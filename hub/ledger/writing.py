"""Writes the changes of one batch, a statement a table however many rows. Runs inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

import orjson

from hub.ledger.applying import Changes
from hub.ledger.held import Held
from hub.ledger.ids import message_of
from hub.ledger.records import EventIn, Submission
from hub.ledger.rows import VISIBLE, bill_row, fault_text, step

_MESSAGE: Final = """
INSERT INTO message (seq, id, unit, source, at, kind, identity, fingerprint, place, fault, case_id, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    place = excluded.place, fault = excluded.fault, case_id = excluded.case_id, revision = excluded.revision"""
_JOURNAL: Final = "INSERT INTO journal (message_seq, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING"
_REFUSED: Final = "INSERT INTO refused (unit, source, at, fault, sealed) VALUES (?, ?, ?, ?, ?)"
_REPEATS: Final = "UPDATE message SET repeats = repeats + ? WHERE id = ?"
_TALLY: Final = """
INSERT INTO tally (unit, source, place, count) VALUES (?, ?, ?, ?)
ON CONFLICT (unit, source, place) DO UPDATE SET count = count + excluded.count"""
_EVENT: Final = """
INSERT INTO event (message_seq, place, kind, sealed) VALUES (?, ?, ?, ?)
ON CONFLICT (message_seq, place) DO UPDATE SET kind = excluded.kind, sealed = excluded.sealed"""
_KEY: Final = "INSERT INTO key (key, case_id) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET case_id = excluded.case_id"
_CASE: Final = """
INSERT INTO matter (id, unit, status, fault, surplus, facts, bills, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status, fault = excluded.fault, surplus = excluded.surplus, facts = excluded.facts,
    bills = excluded.bills, updated_at = excluded.updated_at"""
_MERGED: Final = """
INSERT INTO matter (id, unit, status, facts, bills, "into", updated_at)
VALUES (?, ?, 'merged', CAST('' AS BLOB), '[]', ?, ?)
ON CONFLICT (id) DO UPDATE SET
    "into" = excluded."into", status = 'merged', fault = NULL, facts = excluded.facts,
    updated_at = excluded.updated_at"""
_MOVED_BILL: Final = "UPDATE bill SET case_id = ? WHERE id = ?"
_NEW_BILL: Final = """
INSERT INTO bill (seq, id, unit, case_id, source, bill, status, face, charge_no, charge_event, digest, part, first_item,
    last_item, receipt, total, insured, allocations, payment_events, visit_events, due_at, reverses, replaces, reason,
    holds, issue, bill_code, bill_number, history)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_CHANGED_BILL: Final = "UPDATE bill SET status = ?, before = ?, history = history || ?, change = ? WHERE id = ?"
_VOID: Final = """
INSERT INTO void_number (code, number, unit, bill_id, reason, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_ASK: Final = """
INSERT INTO outbox (unit, kind, subject, payload, due_at) VALUES (?, 'ask', ?, ?, ?) ON CONFLICT DO NOTHING"""


@dataclass(slots=True)
class Sequences:
    """The last numbers given, kept by the one writer: of messages, bills, and changes that insurers page by."""

    message: int = 0
    bill: int = 0
    change: int = 0


def write(connection: sqlite3.Connection, changes: Changes, at: str, last: Sequences) -> None:
    """Writes a batch, and moves the sequences on."""
    seqs: dict[str, int] = {}
    for message, _ in changes.messages:
        known = changes.replayed.get(message.id)
        if known is None:
            last.message += 1
        seqs[message.id] = known or last.message
    if changes.messages:
        connection.executemany(
            _MESSAGE,
            [
                (
                    seqs[message.id],
                    message.id,
                    message.unit,
                    message.source,
                    message.at,
                    message.kind,
                    message.identity,
                    message.fingerprint,
                    verdict.place,
                    fault_text(verdict.fault),
                    verdict.case_id,
                    message.revision,
                )
                for message, verdict in changes.messages
            ],
        )
        connection.executemany(
            _JOURNAL, [(seqs[message.id], message.body) for message, _ in changes.messages if not message.replay]
        )
    if changes.refused:
        connection.executemany(
            _REFUSED, [(m.unit, m.source, m.at, fault_text(m.fault) or "", m.body) for m in changes.refused]
        )
    if changes.repeats:
        connection.executemany(_REPEATS, [(count, id_) for id_, count in changes.repeats.items()])
    if changes.tally:
        connection.executemany(_TALLY, [(*where, count) for where, count in changes.tally.items()])
    if changes.events:
        connection.executemany(_EVENT, [_event_row(event, seqs) for event in changes.events])
    if changes.keys:
        connection.executemany(_KEY, list(changes.keys.items()))
    if changes.merged:
        _write_merged(connection, changes, at)
    if changes.cases:
        connection.executemany(
            _CASE,
            [
                (id_, held.unit, status, fault_text(fault), surplus, held.case.dump(), _bill_ids(held), at)
                for id_, (held, status, fault, surplus) in changes.cases.items()
            ],
        )
    _write_bills(connection, changes, at, last)
    if changes.questions:
        connection.executemany(_ASK, [_question_row(message, at) for message in changes.questions])


def _write_merged(connection: sqlite3.Connection, changes: Changes, at: str) -> None:
    """A case that went into another forwards to it, even one that never was written: its messages name it."""
    rows = [(gone, unit, into, at) for gone, (unit, into) in changes.merged.items()]
    connection.executemany(_MERGED, rows)
    homes = {into for _unit, into in changes.merged.values()} & changes.cases.keys()
    moved = [(home, bill.id) for home in homes for bill in changes.cases[home][0].bills]
    connection.executemany(_MOVED_BILL, moved)


def _event_row(event: EventIn, seqs: dict[str, int]) -> tuple[object, ...]:
    message, place = message_of(event.id)
    return seqs[message], place, event.fact["kind"], event.body


def _bill_ids(held: Held) -> str:
    return orjson.dumps([bill.id for bill in held.bills]).decode()


def _question_row(message: Submission, at: str) -> tuple[object, ...]:
    payload = orjson.dumps({"source": message.source, **(message.question or {})}).decode()
    return message.unit, message.id, payload, at


def _write_bills(connection: sqlite3.Connection, changes: Changes, at: str, last: Sequences) -> None:
    steps: dict[str, list[str]] = {}
    for bill_id, event, before, after in changes.steps:
        steps.setdefault(bill_id, []).append(step(at, event, before, after))
    if changes.new_bills:
        first = last.bill + 1
        last.bill += len(changes.new_bills)
        rows = [
            (seq, *bill_row(bill, "".join(steps.get(bill.id, ()))))
            for seq, bill in enumerate(changes.new_bills.values(), first)
        ]
        connection.executemany(_NEW_BILL, rows)
    for bill in changes.changed_bills.values():
        visible = bill.status in VISIBLE
        last.change += visible
        history = "".join(steps.get(bill.id, ()))
        change = last.change if visible else 0
        connection.execute(_CHANGED_BILL, (bill.status, bill.before, history, change, bill.id))
    for bill in (*changes.new_bills.values(), *changes.changed_bills.values()):
        if bill.status == "void" and bill.bill_number:
            connection.execute(_VOID, (bill.bill_code, bill.bill_number, bill.unit, bill.id, "withdrawn", at))
