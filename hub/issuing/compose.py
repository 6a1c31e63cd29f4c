"""Composes the canonical bill of a due bill from its events: pure, so that the same work always gives the same bill.

Visits enrich what the charge left open and never overrule it. A red bill is its original with the signs turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.bill.bill import Bill, Paid, Related
from hub.bill.event import Charge, Payment, Visit
from hub.bill.line import Item
from hub.bill.medical import Medical
from hub.bill.money import ZERO, Fen
from hub.bill.party import Operator, Payer, Unit
from hub.bill.shares import Shares


@dataclass(frozen=True, slots=True)
class Numbered:
    """What numbering and the clock add to a due bill."""

    bill_id: str
    bill_code: str
    bill_number: str
    check_code: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Heading:
    """What the unit's YAML says of a bill."""

    unit: Unit
    kind: str
    bill_name: str
    issuer: str
    reviewer: str


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of the charge the bill is made of: items by receipt, then by position."""

    receipt: str
    first_item: int
    last_item: int
    total: Fen
    insured: Fen


def compose_blue(
    charge: Charge,
    payments: Sequence[tuple[Payment, Fen]],
    visits: Sequence[Visit],
    cut: Cut,
    heading: Heading,
    numbered: Numbered,
    replaces: tuple[str, str] = ("", ""),
) -> Bill:
    """A blue bill. `payments` are the allocations: each payment with its part in fen."""
    items = [item for item in charge.items if item.receipt == cut.receipt][cut.first_item : cut.last_item]
    whole = len(items) == len(charge.items)
    paid = tuple(
        Paid(channel=payment.channel, trade_no=payment.trade_no, amount_fen=fen, paid_at=payment.paid_at)
        for payment, fen in payments
    )
    related = (Related(relation="replaces", bill_code=replaces[0], bill_number=replaces[1]),) if replaces[1] else ()
    operator = charge.operator or Operator()
    return Bill(
        id=numbered.bill_id,
        status="issued",
        kind=heading.kind,
        unit=heading.unit,
        bill_name=heading.bill_name,
        bill_code=numbered.bill_code,
        bill_number=numbered.bill_number,
        check_code=numbered.check_code,
        issued_at=numbered.issued_at,
        business_at=charge.occurred_at or _paid_at(payments),
        charge_no=charge.charge_no,
        pay_code=charge.pay_code or _first(payments, "pay_code"),
        order_no=charge.order_no or _first(payments, "order_no"),
        visit_no=charge.visit_no,
        payer=_payer(charge.payer, visits),
        items=tuple(items),
        details=charge.details if whole else _details(charge, items),
        total_fen=cut.total,
        paid_fen=sum((fen for _, fen in payments), ZERO) + cut.insured,
        payments=paid,
        shares=_shares(charge.shares, cut) if whole else None,
        medical=_medical(charge.medical, visits),
        education=charge.education,
        extensions=charge.extensions,
        operator=Operator(
            issuer=operator.issuer or heading.issuer,
            reviewer=operator.reviewer or heading.reviewer,
            payee=operator.payee,
            place=operator.place,
        ),
        remark=charge.remark,
        related=related,
    )


def compose_red(original: Bill, numbered: Numbered, reason: str = "") -> Bill:
    """The red bill of an issued one: every amount negated, a link back. Signs in the XML are the profile's matter."""
    link = Related(relation="red_of", bill_code=original.bill_code or "", bill_number=original.bill_number or "")
    values: dict[str, Any] = {
        "id": numbered.bill_id,
        "status": "issued",
        "face": "red",
        "bill_code": numbered.bill_code,
        "bill_number": numbered.bill_number,
        "check_code": numbered.check_code,
        "issued_at": numbered.issued_at,
        "items": tuple(item.model_copy(update={"amount_fen": -item.amount_fen}) for item in original.items),
        "details": tuple(line.model_copy(update={"amount_fen": -line.amount_fen}) for line in original.details),
        "total_fen": -original.total_fen,
        "paid_fen": -original.paid_fen,
        "payments": tuple(paid.model_copy(update={"amount_fen": -paid.amount_fen}) for paid in original.payments),
        "shares": _negated(original.shares),
        "related": (link,),
        "history": (),
    }
    if reason:
        values["remark"] = reason
    return original.model_copy(update=values)


def _payer(payer: Payer, visits: Sequence[Visit]) -> Payer:
    values = {name: getattr(payer, name) for name in ("id_type", "id_no", "phone")}
    for visit in visits:
        for name, value in values.items():
            if value is None:
                values[name] = getattr(visit, name)
    return payer.model_copy(update=values)


def _medical(medical: Medical | None, visits: Sequence[Visit]) -> Medical | None:
    blocks = [block for block in (medical, *(visit.medical for visit in visits)) if block is not None]
    if len(blocks) < 2:
        return blocks[0] if blocks else None
    values: dict[str, Any] = {}
    for block in blocks:
        for name, value in block:
            if value is not None:
                values.setdefault(name, value)
    return Medical.model_construct(**values)


def _shares(shares: Shares | None, cut: Cut) -> Shares | None:
    if shares is None or shares.cash_fen:
        return shares
    return shares.model_copy(update={"cash_fen": cut.total - cut.insured})


def _negated(shares: Shares | None) -> Shares | None:
    if shares is None:
        return None
    borne = {"account_balance_fen"}  # a balance is a state, not a share of this bill
    return shares.model_copy(
        update={name: -value for name, value in shares if isinstance(value, Fen) and name not in borne}
    )


def _details(charge: Charge, items: Sequence[Item]) -> tuple[Any, ...]:
    codes = {item.code for item in items}
    return tuple(line for line in charge.details if line.item_code in codes)


def _paid_at(payments: Sequence[tuple[Payment, Fen]]) -> datetime | None:
    return max((payment.paid_at for payment, _ in payments if payment.paid_at), default=None)


def _first(payments: Sequence[tuple[Payment, Fen]], name: str) -> str | None:
    return next((value for payment, _ in payments if (value := getattr(payment, name))), None)
