"""What flow knows of an event: ids, keys and amounts, no persons. The documents stay encrypted where they are.

`facts_of` is run where the event is made (a door process), so that the ledger's process handles no document at all.
A fact is a plain JSON object (short names are its storage form), cheap to carry between processes and to keep.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal, NotRequired, TypedDict

from hub.bill.event import Cancel, Charge, Claim, Event, Order, Payment, Refund

KeyKind = Literal["charge", "pay", "order", "visit", "trade", "bill"]
"""`bill` keys (code-number) are registered when a bill is numbered."""

_NOT_CONTENT: Final = {"version", "occurred_at"}
"""What may differ between two sendings of the same charge."""

SCHEMA: Final = 1
"""Schema version of facts; the last release's stay readable."""


class Fact(TypedDict):
    """One event, as a case keeps it. Amounts are fen; times are RFC 3339 in UTC, so that they sort as text."""

    v: int
    id: str
    kind: str
    source: str
    keys: list[list[str]]
    """[[key kind, value], …] by which it finds its case."""
    at: NotRequired[str]
    # charge, cancel
    charge_no: NotRequired[str]
    version: NotRequired[str]
    bill: NotRequired[str]
    parts: NotRequired[list[list[str | int]]]
    """charge: [[receipt ("fiscal" or "other"), amount, items], …]"""
    lines: NotRequired[list[int]]
    """charge: amounts of the fiscal items in order, where there are several: what a split is made of"""
    total: NotRequired[int]
    insured: NotRequired[int]
    """fund + other fund + account shares"""
    digest: NotRequired[str]
    """hash of the charge's content: tells a revision from a repeat"""
    bill_key: NotRequired[str]
    # order
    charge_nos: NotRequired[list[str]]
    amount: NotRequired[int]
    # payment, refund
    channel: NotRequired[str]
    merchant: NotRequired[str]
    trade_no: NotRequired[str]
    confirmed: NotRequired[bool]
    trusted: NotRequired[bool]
    deposit: NotRequired[bool]
    refund_no: NotRequired[str]
    refunded: NotRequired[int]


def keys_of(event: Event) -> list[list[str]]:
    """The keys an event goes by, most telling first. Scoped to the unit by whoever stores them."""
    found: list[list[str]] = []
    if isinstance(event, (Payment, Refund)) and event.trade_no:
        found.append(["trade", f"{event.channel}/{event.merchant or ''}/{event.trade_no}"])
    if event.charge_no:
        found.append(["charge", event.charge_no])
    if isinstance(event, Order):
        found.extend(["charge", number] for number in event.charge_nos if number != event.charge_no)
    if event.order_no:
        found.append(["order", event.order_no])
    if event.pay_code:
        found.append(["pay", event.pay_code])
    if event.visit_no:
        found.append(["visit", event.visit_no])
    if isinstance(event, (Cancel, Claim)) and event.bill_code and event.bill_number:
        found.append(["bill", f"{event.bill_code}-{event.bill_number}"])
    return found


def facts_of(
    event: Event, *, event_id: str, source: str, bill: str, trusted_channels: frozenset[str] | Literal["all"]
) -> Fact:
    """What flow keeps of an event. `bill` is the source's own bill; a charge may name another.

    A payment is `trusted` where its channel counts on this source's word alone (a manifest's `trusts`).
    """
    fact: Fact = {"v": SCHEMA, "id": event_id, "kind": event.kind, "source": source, "keys": keys_of(event)}
    at = event.occurred_at
    if isinstance(event, Payment):
        at = event.paid_at or at
    elif isinstance(event, Refund):
        at = event.refunded_at or at
    if at is not None:
        fact["at"] = _utc(at)
    if event.charge_no:
        fact["charge_no"] = event.charge_no
    tell = _TELL.get(type(event))
    if tell is not None:
        tell(fact, event)
    if isinstance(event, Charge):
        fact["bill"] = event.bill or bill
    elif isinstance(event, Payment) and (trusted_channels == "all" or event.channel in trusted_channels):
        fact["trusted"] = True
    return fact


@lru_cache(maxsize=1024)  # many events of a busy second share their time
def _utc(at: datetime) -> str:
    """Fixed width, so that it sorts as text."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _charge(fact: Fact, event: Charge) -> None:
    if event.version:
        fact["version"] = event.version
    lines: dict[str, list[int]] = {}
    for item in event.items:
        lines.setdefault(item.receipt, []).append(int(item.amount_fen))
    fact["parts"] = [[receipt, sum(lines[receipt]), len(lines[receipt])] for receipt in sorted(lines)]
    if len(fiscal := lines.get("fiscal", ())) > 1:
        fact["lines"] = list(fiscal)
    fact["total"] = int(event.total_fen)
    if event.shares is not None and event.shares.insured_fen:
        fact["insured"] = int(event.shares.insured_fen)
    content = event.__pydantic_serializer__.to_json(event, exclude_none=True, exclude=_NOT_CONTENT)
    fact["digest"] = hashlib.sha256(content).hexdigest()[:16]


def _order(fact: Fact, event: Order) -> None:
    named = [event.charge_no] if event.charge_no else []
    fact["charge_nos"] = [*named, *(number for number in event.charge_nos if number not in named)]
    if event.amount_fen is not None:
        fact["amount"] = int(event.amount_fen)


def _payment(fact: Fact, event: Payment) -> None:
    _money(fact, event)
    fact["amount"] = int(event.amount_fen)
    if event.state == "confirmed":
        fact["confirmed"] = True
    if event.deposit:
        fact["deposit"] = True


def _refund(fact: Fact, event: Refund) -> None:
    _money(fact, event)
    if event.refund_no:
        fact["refund_no"] = event.refund_no
    if event.amount_fen is not None:
        fact["amount"] = int(event.amount_fen)
    if event.refunded_fen is not None:
        fact["refunded"] = int(event.refunded_fen)


def _money(fact: Fact, event: Payment | Refund) -> None:
    fact["channel"] = event.channel
    if event.merchant:
        fact["merchant"] = event.merchant
    if event.trade_no:
        fact["trade_no"] = event.trade_no


def _cancel(fact: Fact, event: Cancel) -> None:
    if event.version:
        fact["version"] = event.version
    if event.bill_code and event.bill_number:
        fact["bill_key"] = f"{event.bill_code}-{event.bill_number}"


_TELL: Final[dict[type, Callable[[Fact, Any], None]]] = {
    Charge: _charge,
    Order: _order,
    Payment: _payment,
    Refund: _refund,
    Cancel: _cancel,
}
