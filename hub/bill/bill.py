"""The bill: a document made from a case. Frozen; it is answered by another bill, never edited."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from hub.bill.education import Education
from hub.bill.line import Detail, Extension, Item
from hub.bill.medical import Medical
from hub.bill.model import Code, Instant, Record, Text, empty
from hub.bill.money import Fen
from hub.bill.party import Operator, Payer, Unit
from hub.bill.shares import Shares

Status = Literal["waiting", "due", "issued", "issued_offline", "confirmed", "reversing", "reversed", "void"]


class Paid(Record):
    """One payment's part in a bill: an explicit allocation."""

    channel: Code
    trade_no: Code | None = None
    amount_fen: Fen
    paid_at: Instant | None = None


class Related(Record):
    """Another bill this one answers or is answered by."""

    relation: Literal["red_of", "reversed_by", "replaces", "replaced_by", "part_of"]
    bill_code: Code
    bill_number: Code


class Step(Record):
    """A status change."""

    at: Instant
    event: Code
    from_: Status | None = Field(default=None, alias="from")
    to: Status

    model_config = ConfigDict(populate_by_name=True)


class Bill(Record):
    """The canonical bill, `billhub.bill/1` (contract: Shapes)."""

    schema_: Literal["billhub.bill/1"] = Field(default="billhub.bill/1", alias="schema")
    id: Code
    status: Status
    kind: Code
    unit: Unit
    bill_name: Text
    bill_code: Code | None = None
    bill_number: Code | None = None
    check_code: Code | None = None
    issued_at: Instant | None = None
    business_at: Instant | None = None
    face: Literal["blue", "red"] = "blue"
    charge_no: Code | None = None
    pay_code: Code | None = None
    order_no: Code | None = None
    visit_no: Code | None = None
    payer: Payer
    items: tuple[Item, ...] = Field(min_length=1)
    details: tuple[Detail, ...] = Field(default=(), exclude_if=empty)
    total_fen: Fen
    paid_fen: Fen
    payments: tuple[Paid, ...] = Field(default=(), exclude_if=empty)
    shares: Shares | None = None
    medical: Medical | None = None
    education: Education | None = None
    extensions: tuple[Extension, ...] = Field(default=(), exclude_if=empty)
    operator: Operator | None = None
    remark: Text | None = None
    related: tuple[Related, ...] = Field(default=(), exclude_if=empty)
    history: tuple[Step, ...] = Field(default=(), exclude_if=empty)

    model_config = ConfigDict(populate_by_name=True)

    def to_json(self) -> bytes:
        """UTF-8 JSON by outer names, absent values left out."""
        return self.model_dump_json(exclude_none=True, by_alias=True).encode()
