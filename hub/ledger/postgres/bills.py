"""Writes the bills of a batch; what insurers see of it comes last, with its places in the change sequence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.ledger.applying import Changes
from hub.ledger.postgres.arrays import columns
from hub.ledger.postgres.pool import Connection
from hub.ledger.records import BillDraft
from hub.ledger.rows import VISIBLE, bill_row, step

_NEW_BILL: Final = """
INSERT INTO bill (seq, id, unit, case_id, source, bill, status, face, charge_no, charge_event, digest, part, first_item,
    last_item, receipt, total, insured, allocations, payment_events, visit_events, due_at, reverses, replaces, reason,
    holds, issue, bill_code, bill_number, history)
SELECT nextval('seq_bill'), n.* FROM unnest($1::bill_in[]) n"""
_CHANGED_BILL: Final = """
WITH n AS MATERIALIZED (
    SELECT u.*, {change} AS change
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) u (id, status, before, history)
)
UPDATE bill b SET status = n.status, before = n.before, history = b.history || n.history, change = n.change,
    starved = NULL, lease_owner = NULL, lease_until = NULL
FROM n WHERE b.id = n.id"""
_HIDDEN_BILL: Final = _CHANGED_BILL.format(change="0")
_VISIBLE_BILL: Final = _CHANGED_BILL.format(change="nextval('seq_change')")
_VOID: Final = """
INSERT INTO void_number (code, number, unit, bill_id, reason, at)
SELECT n.*, 'withdrawn', $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) n ON CONFLICT DO NOTHING"""
_CHANGE_LOCK: Final = "SELECT pg_advisory_xact_lock(7411260128)"


async def write_bills(connection: Connection, changes: Changes, at: str) -> None:
    """New bills, those that insurers do not see, and numbers that are given up."""
    if changes.new_bills:
        steps = _steps(changes, at)
        rows = [bill_row(bill, steps.get(bill.id, "")) for bill in changes.new_bills.values()]
        await connection.execute(_NEW_BILL, rows)
    hidden = [bill for bill in changes.changed_bills.values() if bill.status not in VISIBLE]
    if hidden:
        await connection.execute(_HIDDEN_BILL, *columns(_changed_rows(hidden, changes, at)))
    void = [
        (bill.bill_code, bill.bill_number, bill.unit, bill.id)
        for bill in (*changes.new_bills.values(), *changes.changed_bills.values())
        if bill.status == "void" and bill.bill_number
    ]
    if void:
        await connection.execute(_VOID, *columns(sorted(void)), at)


async def write_visible_bills(connection: Connection, changes: Changes, at: str) -> None:
    """Bills that change for insurers. The last writing of a batch."""
    visible = [bill for bill in changes.changed_bills.values() if bill.status in VISIBLE]
    if visible:
        await lock_changes(connection)
        await connection.execute(_VISIBLE_BILL, *columns(_changed_rows(visible, changes, at)))


async def lock_changes(connection: Connection) -> None:
    """From here to the end of the transaction nobody else gets a place in the change sequence.

    So places become visible in their order, and who reads on from the last one it saw misses none. Nothing that may
    have to wait comes after this.
    """
    await connection.execute(_CHANGE_LOCK)


def _changed_rows(bills: Iterable[BillDraft], changes: Changes, at: str) -> list[tuple[object, ...]]:
    steps = _steps(changes, at)
    return [(bill.id, bill.status, bill.before, steps.get(bill.id, "")) for bill in bills]


def _steps(changes: Changes, at: str) -> dict[str, str]:
    """Bill id → what its history grows by."""
    steps: dict[str, str] = {}
    for bill_id, event, before, after in changes.steps:
        steps[bill_id] = steps.get(bill_id, "") + step(at, event, before, after)
    return steps
