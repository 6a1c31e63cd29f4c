"""Gathers what an issuer needs to compose and sign bills: the sealed events and originals behind them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from hub.ledger.ids import message_of
from hub.ledger.records import BillDraft, Work

Earlier = tuple[str | None, str | None, bytes | None]
"""(bill code, bill number, sealed document) of a bill that another one answers."""

_EVENTS: Final = """
SELECT m.id || '-' || e.place, e.sealed
FROM json_each(?) j CROSS JOIN message m ON m.id = j.value CROSS JOIN event e ON e.message_seq = m.seq"""
_BILL: Final = """
SELECT b.bill_code, b.bill_number, d.json
FROM bill b LEFT JOIN document d ON d.bill_seq = b.seq WHERE b.id = ?"""


def work_for(connection: sqlite3.Connection, bills: Sequence[BillDraft]) -> list[Work]:
    """The work behind due bills whose numbers are reserved, in their order."""
    wanted = messages_behind(bills)
    sealed: dict[str, bytes] = dict(connection.execute(_EVENTS, (orjson.dumps(list(wanted)).decode(),)))
    return [_work(connection, bill, sealed) for bill in bills]


def messages_behind(bills: Sequence[BillDraft]) -> set[str]:
    """The messages whose events bills are made of."""
    return {
        message_of(event)[0]
        for bill in bills
        for event in (bill.charge_event, *bill.payment_events, *bill.visit_events)
    }


def _work(connection: sqlite3.Connection, bill: BillDraft, sealed: dict[str, bytes]) -> Work:
    original = connection.execute(_BILL, (bill.reverses,)).fetchone() if bill.reverses else None
    replaced = connection.execute(_BILL, (bill.replaces,)).fetchone() if bill.replaces else None
    return work_of(bill, sealed, original, replaced)


def work_of(bill: BillDraft, sealed: Mapping[str, bytes], original: Earlier | None, replaced: Earlier | None) -> Work:
    """What an issuer gets, of a bill, the sealed events by their ids, and the bills it answers."""
    return Work(
        bill_id=bill.id,
        unit=bill.unit,
        source=bill.source,
        bill=bill.bill,
        face=bill.face,
        bill_code=bill.bill_code,
        bill_number=bill.bill_number,
        charge_no=bill.charge_no,
        part=bill.part,
        first_item=bill.first_item,
        last_item=bill.last_item,
        receipt=bill.receipt,
        total=bill.total,
        insured=bill.insured,
        charge_event=bill.charge_event,
        charge=sealed[bill.charge_event],
        payments=[
            (event, sealed[event], fen)
            for event, (_payment, fen) in zip(bill.payment_events, bill.allocations, strict=True)
        ],
        visits=[(event, sealed[event]) for event in bill.visit_events],
        due_at=bill.due_at,
        reason=bill.reason,
        original_bill=bill.reverses,
        original=(original[2] or b"") if original else b"",
        original_code=(original[0] or "") if original else "",
        original_number=(original[1] or "") if original else "",
        replaces_code=(replaced[0] or "") if replaced else "",
        replaces_number=(replaced[1] or "") if replaced else "",
    )
