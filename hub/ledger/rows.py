"""How records lie in columns, alike on either database: bills, faults, keys, histories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from hub.ledger.records import BillDraft, FaultRecord

VISIBLE: Final = frozenset({"issued", "issued_offline", "confirmed", "reversing", "reversed"})
"""Statuses that insurers may learn of: changes among them get a place in the change sequence."""

BILL_COLUMNS: Final = (
    "b.id, b.unit, b.case_id, b.source, b.bill, b.status, b.face, b.charge_no, b.charge_event, b.digest, b.part, "
    "b.first_item, b.last_item, b.receipt, b.total, b.insured, b.allocations, b.payment_events, b.visit_events, "
    "b.due_at, b.reverses, b.replaces, b.reason, b.holds, b.bill_code, b.bill_number, b.issue, b.before"
)


def bill_draft(row: Sequence[object]) -> BillDraft:
    """A bill from a row of `BILL_COLUMNS`."""
    values = list(row)
    for index in (16, 17, 18, 23):
        values[index] = orjson.loads(str(values[index]))
    values[16] = [(key, fen) for key, fen in values[16]]  # type: ignore[attr-defined]
    values[24] = values[24] or ""
    values[25] = values[25] or ""
    return BillDraft(*values)  # type: ignore[arg-type]


def bill_row(bill: BillDraft, history: str) -> tuple[object, ...]:
    """A new bill's columns from `id` to `number`, then its history."""
    return (
        bill.id,
        bill.unit,
        bill.case_id,
        bill.source,
        bill.bill,
        bill.status,
        bill.face,
        bill.charge_no,
        bill.charge_event,
        bill.digest,
        bill.part,
        bill.first_item,
        bill.last_item,
        bill.receipt,
        bill.total,
        bill.insured,
        orjson.dumps(bill.allocations).decode(),
        orjson.dumps(bill.payment_events).decode(),
        orjson.dumps(bill.visit_events).decode(),
        bill.due_at,
        bill.reverses,
        bill.replaces,
        bill.reason,
        orjson.dumps(bill.holds).decode(),
        bill.issue,
        bill.bill_code or None,
        bill.bill_number or None,
        history,
    )


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


def fault_record(text: str | None) -> FaultRecord | None:
    """A fault as a column holds it."""
    return FaultRecord(*orjson.loads(text)) if text else None


def fault_text(fault: FaultRecord | None) -> str | None:
    """A fault as a column holds it."""
    return orjson.dumps([fault.code, fault.where, fault.values]).decode() if fault else None


def step(at: str, event: str, before: str, after: str) -> str:
    """One history entry, as appended to the column: JSON objects with a comma after each."""
    return f'{{"at":"{at}","event":"{event}","from":"{before}","to":"{after}"}},'
