"""The first of two passes over an event: the same content in one spelling. Nothing is judged and no amount is changed.

It runs on the plain values a mapping made, before the models validate them; what it cannot read it leaves for them. A
mapping spells each value as it makes it (`IDS`, `half_width`), so that only `complete` is left to do for the event.
"""

from __future__ import annotations

from typing import Any, Final, TypeGuard

from hub.bill.identity import id_type_of
from hub.bill.money import LIMIT, Fen

IDS: Final = frozenset(
    {
        "account", "bill_code", "bill_number", "case_no", "channel", "charge_no", "charge_nos", "claim_no", "code",
        "hospitalization_no", "id_no", "insurance_no", "insurance_type_code", "item_code", "merchant", "order_no",
        "patient_no", "pay_code", "phone", "place", "refund_no", "school_code", "settlement_no", "student_no",
        "trade_no", "version", "visit_no",
    }
)  # fmt: skip
"""Names of ids and codes: their full-width digits and letters become half-width. Names of persons and goods stay."""

_HALF_WIDTH: Final = {
    full: full - 0xFEE0
    for first, last in (("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ"))
    for full in range(ord(first), ord(last) + 1)
}
_INSURED: Final = ("fund_fen", "other_fund_fen", "account_fen")


def half_width(text: str) -> str:
    """Full-width digits and letters as half-width ones."""
    return text if text.isascii() else text.translate(_HALF_WIDTH)


def normalise(raw: dict[str, Any]) -> dict[str, Any]:
    """A new dict: trimmed, ids in half-width, empty values gone, and derived values supplied where they are absent."""
    return complete(_record(raw))


def complete(event: dict[str, Any]) -> dict[str, Any]:
    """The same dict, already in one spelling, with derived values supplied.

    Supplied on a charge: `total_fen` (Σ items), `shares.cash_fen` (total − insured), an item's `receipt`; on a payer
    or a visit: `id_type`, where the number's own check character proves it. A given value is never replaced.
    """
    if event.get("kind") == "charge":
        _complete_charge(event)
        if isinstance(payer := event.get("payer"), dict):
            _complete_identity(payer)
    elif "id_no" in event:
        _complete_identity(event)
    return event


def _record(raw: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in raw.items():
        if isinstance(value, str):
            text = value.strip()
            if not text:
                continue
            made[name] = half_width(text) if name in IDS else text
        elif (kept := _value(name, value)) is not None:
            made[name] = kept
    return made


def _value(name: str, value: Any) -> Any:
    """The value in one spelling; None when it is empty."""
    if isinstance(value, str):
        text = value.strip()
        return (half_width(text) if name in IDS else text) or None
    if isinstance(value, dict):
        return _record(value) or None
    if isinstance(value, (list, tuple)):
        kept = [made for child in value if (made := _value(name, child)) is not None]
        return kept or None
    return value


def _complete_charge(event: dict[str, Any]) -> None:
    items = event.get("items")
    if isinstance(items, list):
        for item in items:
            if isinstance(item, dict):
                item.setdefault("receipt", "fiscal")
        if "total_fen" not in event and (added := _sum_of_items(items)) is not None:
            event["total_fen"] = added
    shares, total = event.get("shares"), event.get("total_fen")
    if isinstance(shares, dict) and "cash_fen" not in shares and _is_fen(total):
        insured = _sum([shares.get(name, 0) for name in _INSURED])
        if insured is not None and (cash := _sum([total, -insured])) is not None:
            shares["cash_fen"] = cash


def _sum_of_items(items: list[Any]) -> Fen | None:
    return _sum([item.get("amount_fen") if isinstance(item, dict) else None for item in items])


def _sum(amounts: list[Any]) -> Fen | None:
    """Σ amounts, or None when one of them is no amount or the sum is beyond any bill: half a sum is a wrong bill."""
    added = 0
    for amount in amounts:
        if not _is_fen(amount):
            return None
        added += int(amount)
    return Fen(added) if abs(added) < LIMIT else None


def _is_fen(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _complete_identity(owner: dict[str, Any]) -> None:
    number = owner.get("id_no")
    if not isinstance(number, str) or len(number) != 18:
        return
    upper = number.upper()
    proven = id_type_of(upper)
    if proven is not None or (upper[:17].isdecimal() and upper[17] == "X"):
        owner["id_no"] = upper
    if proven is not None:
        owner.setdefault("id_type", proven)
