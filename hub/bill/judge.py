"""The second of two passes: whether a validated event or bill can be true. It finds, it never repairs.

`refuse` means no bill may come of it; `warn` is shown beside it. Arithmetic is exact and in whole numbers, because this
runs for every charge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from hub.bill import faults
from hub.bill.bill import Bill
from hub.bill.codes import ABSURD_FEN, limit_fen, share_only
from hub.bill.event import Cancel, Charge, Claim, Order, Payment, Refund, Visit
from hub.bill.identity import identity_fault
from hub.bill.judge_lines import details_found, items_found
from hub.bill.medical import Medical
from hub.bill.money import Fen
from hub.bill.shares import Shares
from hub.errors import Fault, FaultCode, fault_from

Level = Literal["warn", "refuse"]

FUTURE: Final = timedelta(days=1)
"""A business time later than this after now is a wrong clock or a wrong format."""
PAST: Final = timedelta(days=366)
"""Older than this is unusual; a long stay is billed at its settlement, not at its admission."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One thing found: the fault's code, what it means here, and what it is about (`items[2].amount_fen`)."""

    code: str
    level: Level
    where: str

    def fault(self) -> Fault:
        """The same as a fault, with its texts."""
        return fault_from(self.code, self.where)


@dataclass(slots=True)
class _Bench:
    """What has been found so far, and what it is judged by."""

    now: datetime | None
    identity: Level
    found: list[Judgement]

    def refuse(self, code: FaultCode, where: str) -> None:
        self.found.append(Judgement(code.code, "refuse", where))

    def warn(self, code: FaultCode, where: str) -> None:
        self.found.append(Judgement(code.code, "warn", where))

    def amount(self, amount: Fen | None, where: str, limit: int = ABSURD_FEN) -> None:
        if amount is None:
            return
        if amount < 0:
            self.refuse(faults.NEGATIVE_TOTAL, where)
        elif amount > limit:
            self.refuse(faults.ABSURD_TOTAL, where)

    def time(self, moment: datetime | None, where: str) -> None:
        if moment is None or self.now is None:
            return
        ahead = moment - self.now
        if ahead > FUTURE or ahead < -PAST:
            self.warn(faults.FAR_TIME, where)

    def person(self, id_type: str | None, id_no: str | None, where: str) -> None:
        if id_no is None or id_type is None:
            return
        wrong = identity_fault(id_type, id_no)
        if wrong is not None:
            self.found.append(Judgement(wrong.code, self.identity, where))


def judge(
    event: Charge | Order | Payment | Refund | Cancel | Visit | Claim,
    *,
    kind: str | None = None,
    now: datetime | None = None,
    identity: Level = "warn",
) -> tuple[Judgement, ...]:
    """What is wrong with an event; empty when nothing is.

    Args:
        event: the validated event.
        kind: the kind of bill a charge would make; its caps and limit apply where it is known.
        now: the time of receipt, with offset; without it no time is judged.
        identity: whether a wrong identity number warns or refuses.
    """
    bench = _Bench(now, identity, [])
    bench.time(event.occurred_at, "occurred_at")
    if type(event) is Charge:
        limit = limit_fen(kind)
        bench.amount(event.total_fen, "total_fen", limit)
        _document(bench, event, kind)
    else:
        _JUDGES[type(event)](bench, event)
    return tuple(bench.found)


def judge_bill(bill: Bill, *, identity: Level = "warn") -> tuple[Judgement, ...]:
    """What is wrong with a bill as a document. Signs of a red bill's amounts are its platform's affair."""
    bench = _Bench(None, identity, [])
    red = bill.face == "red"
    bench.amount(abs(bill.total_fen) if red else bill.total_fen, "total_fen", limit_fen(bill.kind))
    _document(bench, bill, bill.kind)
    bench.person("uscc", bill.unit.uscc, "unit.uscc")
    if bill.status in ("issued", "issued_offline", "confirmed"):
        _issued(bench, bill, red)
    if red and not any(other.relation == "red_of" for other in bill.related):
        bench.refuse(faults.RED_OF_NOTHING, "related")
    return tuple(bench.found)


def _document(bench: _Bench, document: Charge | Bill, kind: str | None) -> None:
    """The rules a charge and a bill share."""
    total = int(document.total_fen)
    bench.found.extend(Judgement(*it) for it in items_found(document.items, total, kind))
    if document.details:
        bench.found.extend(Judgement(*it) for it in details_found(document.items, document.details))
    if document.shares is not None:
        _shares(bench, document.shares, total)
    if document.medical is not None:
        _days(bench, document.medical)
    bench.person(document.payer.id_type, document.payer.id_no, "payer.id_no")


def _shares(bench: _Bench, shares: Shares, total: int) -> None:
    fund, other = int(shares.fund_fen), int(shares.other_fund_fen)
    account, cash = int(shares.account_fen), int(shares.cash_fen)
    if fund + other + account + cash != total:
        bench.refuse(faults.SHARES_SUM, "shares")
    if total >= 0 and min(fund, other, account, cash) < 0:
        bench.warn(faults.NEGATIVE_SHARE, "shares")
    paid, cost = shares.self_paid_fen, shares.self_cost_fen
    if paid is not None and cost is not None and int(paid) + int(cost) != account + cash:
        bench.warn(faults.BORNE_SUM, "shares.self_paid_fen")


def _days(bench: _Bench, medical: Medical) -> None:
    if medical.in_date and medical.out_date and medical.out_date < medical.in_date:
        bench.warn(faults.DAYS_ORDER, "medical.out_date")


def _issued(bench: _Bench, bill: Bill, red: bool) -> None:
    code, number, check = bill.bill_code, bill.bill_number, bill.check_code
    if code is None or number is None or check is None or bill.issued_at is None:
        bench.refuse(faults.NOT_NUMBERED, "bill_number")
    elif not (_digits(code, 8) and _digits(number, 10) and len(check) == 6 and check.isascii() and check.isalnum()):
        bench.warn(faults.NUMBER_SHAPE, "bill_number")
    if not red:  # a red bill gives money back; its allocations stand on the blue one
        insured = int(bill.shares.insured_fen) if bill.shares else 0
        if insured + sum(int(paid.amount_fen) for paid in bill.payments) != bill.total_fen:
            bench.refuse(faults.ALLOCATIONS_SUM, "payments")


def _digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _needs_key(bench: _Bench, *keys: object) -> None:
    if not any(keys):
        bench.refuse(faults.NAMES_NOTHING, "charge_no")


def _order(bench: _Bench, event: Order) -> None:
    bench.amount(event.amount_fen, "amount_fen")
    _needs_key(bench, event.charge_no, event.charge_nos, event.pay_code, event.order_no, event.visit_no)


def _payment(bench: _Bench, event: Payment) -> None:
    bench.amount(event.amount_fen, "amount_fen")
    bench.time(event.paid_at, "paid_at")
    if share_only(event.channel):
        bench.warn(faults.SHARE_AS_PAYMENT, "channel")
    _needs_key(bench, event.trade_no, event.charge_no, event.pay_code, event.order_no, event.visit_no)


def _refund(bench: _Bench, event: Refund) -> None:
    if event.amount_fen is None and event.refunded_fen is None:
        bench.refuse(faults.NO_AMOUNT, "amount_fen")
    bench.amount(event.amount_fen, "amount_fen")
    bench.amount(event.refunded_fen, "refunded_fen")
    bench.time(event.refunded_at, "refunded_at")
    _needs_key(bench, event.trade_no, event.charge_no, event.pay_code, event.order_no, event.visit_no)


def _cancel(bench: _Bench, event: Cancel) -> None:
    named = event.bill_code and event.bill_number
    _needs_key(bench, named, event.charge_no, event.pay_code, event.order_no, event.visit_no)


def _visit(bench: _Bench, event: Visit) -> None:
    bench.person(event.id_type, event.id_no, "id_no")
    if event.medical is not None:
        _days(bench, event.medical)


def _claim(bench: _Bench, event: Claim) -> None:
    if event.action == "settle" and event.amount_fen is None:
        bench.refuse(faults.NO_AMOUNT, "amount_fen")
    bench.amount(event.amount_fen, "amount_fen")


_JUDGES: Final[dict[type, Callable[[_Bench, Any], None]]] = {
    Order: _order,
    Payment: _payment,
    Refund: _refund,
    Cancel: _cancel,
    Visit: _visit,
    Claim: _claim,
}
