"""Which bills still stand: their charge is as it was, and their money is there. A refund is a rule, never a guess.

charge cancelled                         the bill goes
all its money refunded, no shares        the bill goes
its money short otherwise                it waits (reversing) for the cancelled or revised charge; nothing is prorated
charge revised                           it waits for the money to agree again, or for the policy
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hub.flow.charges import Standing, need_of
from hub.flow.effects import BillRef
from hub.flow.match import Component
from hub.flow.view import View

Reason = Literal["cancelled", "refunded", "revised"]


class Stand(Struct):
    """What stands of a component."""

    kept: dict[str, int] = {}
    """charges whose bills stand → fen their bills hold"""
    free: dict[str, int] = {}
    """payment key → fen that no standing bill holds"""
    withdraw: list[BillRef] = []
    """not issued yet and no longer right"""
    reverse: list[tuple[BillRef, Reason]] = []
    pending: dict[str, tuple[list[BillRef], Reason]] = {}
    """charges whose issued bills are not right, and what the new ones would be for"""
    short: set[str] = set()
    """of these, the ones whose money went"""
    moved: set[str] = set()
    """of these, the ones whose money has changed with the charge, or must"""
    held: list[str] = []
    """charges whose bills ought to be reversed but are booked, out on paper, or claimed"""


def stand(component: Component, view: View) -> Stand:
    """Judges the bills of a component."""
    made = Stand()
    net = {money.key: money.net for money in component.payments}
    verdicts: dict[str, Reason | Literal["same"]] = {}
    charges = {charge.charge_no: charge for charge in component.charges}
    for number, charge in charges.items():
        if number in view.standing:
            verdicts[number] = _verdict(charge, view.standing[number])
    if not verdicts:
        made.free = net
        return made
    stays = [number for number, verdict in verdicts.items() if verdict != "cancelled"]
    short = _short(stays, net, view)
    for number in short:
        if _all_refunded(number, net, view):
            verdicts[number] = "refunded"
    for number in sorted(_short([number for number, verdict in verdicts.items() if verdict == "same"], net, view)):
        made.pending[number] = (view.standing[number], "refunded")
        made.short.add(number)
    for number, verdict in verdicts.items():
        bills = view.standing[number]
        if verdict == "revised":
            made.pending[number] = (bills, "revised")
            if number in short:
                made.short.add(number)
            if number in short or _billed_need(bills, view) != charges[number].need:
                made.moved.add(number)
        elif verdict == "same" and number not in made.pending:
            made.kept[number] = sum(view.spent.get(number, {}).values())
        elif verdict != "same":
            made.reverse += [(bill, verdict) for bill in bills if bill.status != "due"]
            made.withdraw += [bill for bill in bills if bill.status == "due"]
            made.held += [number] if any(bill.holds for bill in bills) else []
    made.moved |= made.short
    for number, (bills, reason) in list(made.pending.items()):
        issued = [bill for bill in bills if bill.status != "due"]
        made.withdraw += [bill for bill in bills if bill.status == "due"]
        made.held += [number] if any(bill.holds for bill in issued) else []
        if issued:
            made.pending[number] = (issued, reason)
        else:
            del made.pending[number]
    made.free = {
        key: max(0, fen - sum(view.spent.get(number, {}).get(key, 0) for number in made.kept))
        for key, fen in net.items()
    }
    return made


def _verdict(charge: Standing, bills: list[BillRef]) -> Reason | Literal["same"]:
    if charge.withdrawn or any(bill.charge_event in charge.struck for bill in bills):
        return "cancelled"
    return "same" if all(bill.digest == charge.digest for bill in bills) else "revised"


def _short(numbers: list[str], net: dict[str, int], view: View) -> set[str]:
    """The charges whose bills hold more of a payment than it has left."""
    used: dict[str, int] = {}
    for number in numbers:
        for key, fen in view.spent.get(number, {}).items():
            used[key] = used.get(key, 0) + fen
    lacking = {key for key, fen in used.items() if fen > net.get(key, 0)}
    return {number for number in numbers if not lacking.isdisjoint(view.spent.get(number, {}))}


def _all_refunded(number: str, net: dict[str, int], view: View) -> bool:
    """Whether every payment behind these bills was given back, wholly or in this charge's name; never with shares."""
    if any(bill.insured for bill in view.standing[number]):
        return False
    return all(
        net.get(key, 0) == 0 or view.money[key].refunds_of.get(number, 0) >= fen
        for key, fen in view.spent[number].items()
    )


def _billed_need(bills: list[BillRef], view: View) -> int:
    """What the charge asked for when these bills were made."""
    charge = view.facts.get(bills[0].charge_event)
    return need_of(charge) if charge is not None else sum(bill.total - bill.insured for bill in bills)
