"""What flow knows of an event: ids, keys and amounts, no persons. The documents stay encrypted where they are.

`facts_of` is run where the event is made (a door process), so that the ledger's process handles no document at all.
A fact is a plain JSON object (short names are its storage form), cheap to carry between processes and to keep in a case.
"""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict

from hub.bill.event import Cancel, Claim, Event, Order, Payment, Refund

KeyKind = Literal["charge", "pay", "order", "visit", "trade", "bill"]
"""`bill` keys (code-number) are registered when a bill is numbered."""

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
