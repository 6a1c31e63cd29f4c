"""What goes into the ledger and what comes out of it: small typed records, cheap to carry between processes.

Bodies and documents arrive sealed (encrypted by the process that made them); the ledger never sees a person.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hub.adapter import AnswerPoint, Place
from hub.bill.bill import Status
from hub.errors import Fault
from hub.flow.facts import Fact

__all__ = [
    "Batch",
    "BillDraft",
    "Confirmed",
    "EventIn",
    "FaultRecord",
    "Issued",
    "NotIssued",
    "Result",
    "Sealed",
    "Status",
    "Submission",
    "Verdict",
    "Work",
    "record",
]

Sealed = bytes
"""AES-256-GCM ciphertext of a body or a document."""


class FaultRecord(msgspec.Struct, frozen=True, array_like=True):
    """A fault on its way between processes, or at rest."""

    code: str
    where: str = ""
    values: dict[str, str] = {}


def record(fault: Fault) -> FaultRecord:
    """A fault as it travels and rests."""
    return FaultRecord(fault.code.code, fault.where, {name: str(value) for name, value in fault.values.items()})


class EventIn(msgspec.Struct, frozen=True, array_like=True):
    """One event: what flow knows of it, and the sealed whole."""

    id: str
    fact: Fact
    body: Sealed


class Submission(msgspec.Struct, frozen=True, array_like=True):
    """One message, ready for the ledger.

    `id` is a hash of unit, source and the sender's own identity; `fingerprint` tells a repeat from a contradiction.
    A `fault` without events makes it `refused` or `parked`; `at` is RFC 3339 in UTC.
    """

    id: str
    unit: str
    source: str
    at: str
    fingerprint: bytes
    body: Sealed
    kind: str = ""
    identity: str = ""
    revision: str = ""
    events: list[EventIn] = []
    place: Place = "applied"
    fault: FaultRecord | None = None
    answer: AnswerPoint = "durable"
    replay: bool = False
    """a parked message read again: it takes its own place"""
    question: dict[str, Any] | None = None
    """What to ask the other side because of this message (an adapter's `Question`)."""


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """Where a message ended. `bills` are the bills of its case: what a sender who waits for the bill waits for."""

    place: Place
    fault: FaultRecord | None = None
    case_id: str = ""
    bills: list[str] = []


class Work(msgspec.Struct, frozen=True, array_like=True):
    """A due bill with its number reserved: all an issuer needs to compose and sign it."""

    bill_id: str
    unit: str
    source: str
    bill: str
    face: Literal["blue", "red"]
    bill_code: str
    bill_number: str
    charge_no: str
    part: int
    first_item: int
    last_item: int
    receipt: str
    total: int
    insured: int
    charge_event: str
    charge: Sealed
    payments: list[tuple[str, Sealed, int]]
    """[(event id, the sealed event, its part in fen), …]"""
    visits: list[tuple[str, Sealed]]
    due_at: str
    reason: str = ""
    original_bill: str = ""
    original: Sealed = b""
    """red: the sealed bill it reverses"""
    original_code: str = ""
    original_number: str = ""
    replaces_code: str = ""
    replaces_number: str = ""


class Issued(msgspec.Struct, frozen=True, array_like=True):
    """A signed bill on its way into the ledger."""

    bill_id: str
    bill_code: str
    bill_number: str
    check_code: str
    issued_at: str
    xml: Sealed
    document: Sealed
    search: list[tuple[str, bytes]]
    """keyed hashes by which a person's bills are found: [(kind, hash), …]"""


class NotIssued(msgspec.Struct, frozen=True, array_like=True):
    """A bill that could not be composed or signed; it stays due with this fault."""

    bill_id: str
    fault: FaultRecord


class Confirmed(msgspec.Struct, frozen=True, array_like=True):
    """A bill countersigned by the supervisor, or refused by it."""

    bill_id: str
    at: str
    xml: Sealed = b""
    fault: FaultRecord | None = None


class Batch(msgspec.Struct, frozen=True):
    """What one transaction takes in."""

    submissions: list[Submission] = []
    issued: list[Issued] = []
    not_issued: list[NotIssued] = []
    confirmed: list[Confirmed] = []


class BillDraft(msgspec.Struct, array_like=True):
    """A bill of the ledger while a batch works on it; a row of table `bill` without its documents."""

    id: str
    unit: str
    case_id: str
    source: str
    bill: str
    status: Status
    face: Literal["blue", "red"]
    charge_no: str
    charge_event: str
    digest: str
    part: int
    first_item: int
    last_item: int
    receipt: str
    total: int
    insured: int
    allocations: list[tuple[str, int]]
    """(payment key, fen), in the order of `payment_events`"""
    payment_events: list[str]
    visit_events: list[str]
    due_at: str
    reverses: str = ""
    replaces: str = ""
    reason: str = ""
    holds: list[str] = []
    bill_code: str = ""
    bill_number: str = ""
    issue: Literal["on_payment", "manual", "shadow"] = "on_payment"
    before: str = ""
    """reversing: the status it would go back to"""


class Result(msgspec.Struct, frozen=True):
    """What one transaction made: verdicts in the order of the submissions, bills now issued, bills now given up."""

    verdicts: list[Verdict]
    issued: list[str] = []
    work: list[Work] = []
    withdrawn: list[str] = []
    outgoing: bool = False
    """whether there is something new in the outbox"""
    redelivered: int = 0
    """submissions that a broker, and not their sender, brought once more"""
