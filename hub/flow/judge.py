"""Judges one component: money against need. Equal → all its open charges are paid; otherwise it waits or parks."""

from __future__ import annotations

from msgspec import Struct

from hub.errors import FaultCode
from hub.flow.charges import Standing
from hub.flow.cut import cut, unfit
from hub.flow.effects import BillRef, Effect, Issue, Mark, Reverse, Withdraw, red_id
from hub.flow.faults import CHARGE, HELD, MISDIRECTED, OVERPAID, REVISED, UNDERPAID, ZERO
from hub.flow.match import Component, Flow, pour
from hub.flow.stand import Stand, stand
from hub.flow.view import View


class Outcome(Struct):
    """What follows for one component."""

    faults: list[tuple[FaultCode, str]] = []
    withdraw: list[Withdraw] = []
    reverse: list[Reverse] = []
    mark: list[Mark] = []
    issue: list[Issue] = []
    due: bool = False
    waits: bool = False
    surplus: int = 0

    @property
    def effects(self) -> list[Effect]:
        """In the order they are carried out."""
        return [*self.withdraw, *self.reverse, *self.mark, *self.issue]


class _Sums(Struct):
    """Money against need, deposits apart."""

    live: list[Standing]
    open: list[Standing]
    """live charges without standing bills"""
    needs: dict[str, int]
    """charge number → fen it still asks for; first what bills in place left to other receipts"""
    excess: int
    """fen beyond all needs; deposits do not count"""
    explained: bool
    """whether the excess is exactly what withdrawn charges leave to be refunded"""


def judge(component: Component, view: View) -> Outcome:
    """Decides one component."""
    out = Outcome()
    out.faults = _contradictions(component)
    if out.faults:
        bills = [bill for charge in component.charges for bill in view.standing.get(charge.charge_no, ())]
        out.withdraw = [Withdraw(bill.id) for bill in bills if bill.status == "due"]
        return out
    held = stand(component, view)
    out.withdraw = [Withdraw(bill.id) for bill in held.withdraw]
    if held.held:
        out.faults = [(HELD, f"charge {number}") for number in sorted(held.held)]
        return out
    out.reverse = [Reverse(bill.id, red_id(bill.id), reason) for bill, reason in held.reverse]
    for number in held.kept:
        for bill in view.standing[number]:
            out.due = out.due or bill.status == "due"
            if bill.status == "reversing":
                out.mark.append(Mark(bill.id, f"restore_{bill.before}", bill.before))
    sums = _sums(component, held, view, out)
    if not sums.live:
        out.surplus = sum(held.free.values()) if component.charges else 0
        out.waits = not component.charges
        return out
    _settle(component, held, sums, view, out)
    return out


def _contradictions(component: Component) -> list[tuple[FaultCode, str]]:
    faults = [
        (CHARGE, f"charge {charge.charge_no}") for charge in component.charges if charge.rivals and not charge.withdrawn
    ]
    faults += [(money.fault, f"payment {money.key}") for money in component.payments if money.fault]
    return faults


def _sums(component: Component, held: Stand, view: View, out: Outcome) -> _Sums:
    policy = view.policy
    live = [charge for charge in component.charges if not charge.withdrawn]
    if len(live) > 1:
        live.sort(key=lambda charge: charge.order)
    open_ = []
    for charge in live:
        if charge.charge_no in held.kept:
            continue
        if charge.total == 0 and policy.zero_total == "park":
            out.faults.append((ZERO, f"charge {charge.charge_no}"))
        else:
            open_.append(charge)
    needs = {
        charge.charge_no: charge.need - held.kept[charge.charge_no]
        for charge in live
        if charge.charge_no in held.kept and charge.need > held.kept[charge.charge_no]
    }
    needs.update((charge.charge_no, charge.need) for charge in open_)
    money = sum(money.net for money in component.payments if not money.deposit)
    excess = money - sum(charge.need for charge in live)
    explained = excess <= 0
    if excess > 0:
        gone = sum(max(charge.needs) for charge in component.charges if charge.withdrawn)
        if policy.charge_revised == "reissue":
            gone += sum(max(charge.needs) - charge.need for charge in live)
        explained = excess == gone or (not open_ and excess < gone)
    return _Sums(live, open_, needs, excess, explained)


def _settle(component: Component, held: Stand, sums: _Sums, view: View, out: Outcome) -> None:
    policy = view.policy
    faults = [fault for charge in sums.open if (fault := unfit(charge, view))]
    over = not sums.explained and policy.overpayment == "park"
    incomplete = component.unknown or any(charge.charge_no in view.reach.held for charge in sums.live)
    flow = pour(component.payments, held.free, sums.needs)
    paid = not flow.open and not over and not incomplete
    if sums.excess > 0 and not incomplete:
        out.surplus = sums.excess
    moved: list[Standing] = []
    if not paid and not over and not incomplete and not faults:
        found = _redirect(component, held, sums, view)
        if found is not None:
            flow, moved = found
            paid, faults = True, _unmovable(moved, view)
    exact = {} if paid or over or faults else _exact(component, held, sums)
    if not paid and not faults and not incomplete and held.pending.keys() <= exact.keys():
        # nothing is left that may still set it right
        faults += _imbalance(component, held, sums, flow, view, over=over)
    revised = [
        number
        for number, (_, reason) in held.pending.items()
        if reason == "revised"
        and policy.charge_revised == "park"
        and number not in (held.moved if paid else held.short)
        and (number not in exact or number not in held.moved)
    ]
    faults += [(REVISED, f"charge {number}") for number in revised]
    out.faults += faults
    ready: dict[str, dict[str, int]] = {}
    if not faults:
        ready = {charge.charge_no: flow.parts[charge.charge_no] for charge in (*sums.open, *moved)} if paid else exact
        _redirected(moved, view, out)
    reversing: dict[str, BillRef] = {bill.id: bill for bill, _ in held.reverse}
    reversing.update((bill.id, bill) for charge in moved for bill in view.standing[charge.charge_no])
    for number, (bills, reason) in held.pending.items():
        if number in ready:
            out.reverse += [Reverse(bill.id, red_id(bill.id), reason) for bill in bills]
            reversing.update((bill.id, bill) for bill in bills)
        elif number not in revised:
            out.waits = True
            out.mark += [Mark(bill.id, "reverse", "reversing") for bill in bills if bill.status != "reversing"]
    for charge in (*sums.open, *moved):
        if charge.charge_no in ready:
            out.issue += cut(charge, ready[charge.charge_no], view, reversing)
        else:
            out.waits = True
    out.due = out.due or bool(out.issue)
    if paid and not faults:
        out.surplus = sum(flow.left.values())


def _imbalance(
    component: Component, held: Stand, sums: _Sums, flow: Flow, view: View, *, over: bool
) -> list[tuple[FaultCode, str]]:
    if over:
        return [(OVERPAID, component.where)]
    money = sum(held.free[money.key] for money in component.payments if not money.deposit)
    if money and money >= sum(sums.needs.values()):
        return [(MISDIRECTED, component.where)]
    if view.policy.underpayment == "park" and flow.open and any(held.free.values()):
        return [(UNDERPAID, component.where)]
    return []


def _redirect(component: Component, held: Stand, sums: _Sums, view: View) -> tuple[Flow, list[Standing]] | None:
    """Fills the needs by moving money between bills, if there is enough; returns the charges whose bills change.

    A bill may stand on a payment that, as came out since, another charge needs while its own payment lies idle.
    """
    if not held.kept or sum(held.free.values()) < sum(sums.needs.values()):
        return None
    spent = {number: view.spent.get(number, {}) for number in held.kept}
    flow = pour(component.payments, held.free, sums.needs, spent)
    if flow.open:
        return None
    moved = [
        charge
        for charge in sums.live
        if any(flow.parts[charge.charge_no].get(key, 0) < fen for key, fen in spent.get(charge.charge_no, {}).items())
    ]
    return flow, moved


def _unmovable(moved: list[Standing], view: View) -> list[tuple[FaultCode, str]]:
    bills = [bill for charge in moved for bill in view.standing[charge.charge_no]]
    faults = [(HELD, f"charge {bill.charge_no}") for bill in bills if bill.holds]
    return faults + [fault for charge in moved if (fault := unfit(charge, view))]


def _redirected(moved: list[Standing], view: View, out: Outcome) -> None:
    bills = [bill for charge in moved for bill in view.standing[charge.charge_no]]
    out.withdraw += [Withdraw(bill.id) for bill in bills if bill.status == "due"]
    out.reverse += [Reverse(bill.id, red_id(bill.id), "redirected") for bill in bills if bill.status != "due"]
    marked = {bill.id for bill in bills}
    out.mark = [mark for mark in out.mark if mark.bill_id not in marked]


def _exact(component: Component, held: Stand, sums: _Sums) -> dict[str, dict[str, int]]:
    """Open charges that are paid to the fen by payments naming them alone; others need not wait for what is missing."""
    found: dict[str, dict[str, int]] = {}
    for charge in sums.open:
        own = [m for m in component.payments if m.names == {charge.charge_no} and not m.deposit and held.free[m.key]]
        if sum(held.free[money.key] for money in own) == charge.need:
            found[charge.charge_no] = {money.key: held.free[money.key] for money in own}
    return found
