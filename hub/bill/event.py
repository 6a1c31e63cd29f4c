"""What a message says happened, in canonical words. Immutable; its id is made by the hub of the sender's own ids.

Keys (`charge_no`, `pay_code`, `order_no`, `visit_no`, and a payment's `trade_no`) are how an event finds its case.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from hub.bill.education import Education
from hub.bill.line import Detail, Extension, Item
from hub.bill.medical import Medical
from hub.bill.model import Code, Instant, Record, Text, empty
from hub.bill.money import Fen
from hub.bill.party import Operator, Payer
from hub.bill.shares import Shares


class EventBase(Record):
    """What every event may carry: its business time and the keys it goes by."""

    occurred_at: Instant | None = None
    charge_no: Code | None = None
    pay_code: Code | None = None
    order_no: Code | None = None
    visit_no: Code | None = None


class Charge(EventBase):
    """What is owed. A later `version` (or, without one, a later `occurred_at`) of the same charge_no replaces it."""

    kind: Literal["charge"] = "charge"
    charge_no: Code
    version: Code | None = None
    bill: Code | None = None
    """The bill of the unit's YAML this charge makes; the source's own where absent."""
    payer: Payer
    items: tuple[Item, ...] = Field(min_length=1, max_length=2000)
    details: tuple[Detail, ...] = Field(default=(), max_length=20000, exclude_if=empty)
    total_fen: Fen
    shares: Shares | None = None
    medical: Medical | None = None
    education: Education | None = None
    extensions: tuple[Extension, ...] = Field(default=(), exclude_if=empty)
    operator: Operator | None = None
    remark: Text | None = None


class Order(EventBase):
    """Links charges, pay code and merchant order; `amount_fen` is what the order asks for in all."""

    kind: Literal["order"] = "order"
    charge_nos: tuple[Code, ...] = Field(default=(), exclude_if=empty)
    amount_fen: Fen | None = None
    expires_at: Instant | None = None


class Payment(EventBase):
    """A report of money. Reports of one (channel, merchant, trade_no) merge; without trade_no it is provisional.

    `state`: `confirmed` by someone who holds the money's record, or merely `reported`.
    `deposit`: belongs to the visit and is used at settlement (预交金).
    """

    kind: Literal["payment"] = "payment"
    channel: Code
    merchant: Code | None = None
    trade_no: Code | None = None
    amount_fen: Fen
    paid_at: Instant | None = None
    state: Literal["reported", "confirmed"] = "confirmed"
    deposit: bool = False


class Refund(EventBase):
    """Money given back: this refund's `amount_fen` with its `refund_no`, or `refunded_fen`, all refunded so far."""

    kind: Literal["refund"] = "refund"
    channel: Code
    merchant: Code | None = None
    trade_no: Code | None = None
    refund_no: Code | None = None
    amount_fen: Fen | None = None
    refunded_fen: Fen | None = None
    refunded_at: Instant | None = None


class Cancel(EventBase):
    """A charge withdrawn by the system that owns it, named by charge_no or by the bill it made."""

    kind: Literal["cancel"] = "cancel"
    version: Code | None = None
    bill_code: Code | None = None
    bill_number: Code | None = None
    reason: Text | None = None
    operator: Text | None = None


class Visit(EventBase):
    """Enriches the payer and the medical block of charges of the visit; never issues."""

    kind: Literal["visit"] = "visit"
    visit_no: Code
    name: Text | None = None
    id_type: Code | None = None
    id_no: Code | None = None
    phone: Code | None = None
    medical: Medical | None = None


class Claim(EventBase):
    """An insurer locks, settles or releases a bill."""

    kind: Literal["claim"] = "claim"
    action: Literal["lock", "settle", "release"]
    insurer: Code
    claim_no: Code
    bill_code: Code
    bill_number: Code
    amount_fen: Fen | None = None


Event = Annotated[Charge | Order | Payment | Refund | Cancel | Visit | Claim, Field(discriminator="kind")]
EVENT: TypeAdapter[Charge | Order | Payment | Refund | Cancel | Visit | Claim] = TypeAdapter(Event)
"""Validates an event from JSON bytes or a dict."""
