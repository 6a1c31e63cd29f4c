"""Cuts a paid charge into the bills it makes. Items of another receipt (代收费) take money but make no bill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.errors import FaultCode
from hub.flow.charges import Standing
from hub.flow.effects import Allocation, BillRef, Issue, bill_id
from hub.flow.faults import AMOUNTS, NO_BILL, TOO_MANY
from hub.flow.policy import BillRule
from hub.flow.view import View

FISCAL: Final = "fiscal"
"""The receipt that bills are made of; items of others take money and make none."""


def unfit(charge: Standing, view: View) -> tuple[FaultCode, str] | None:
    """Why this charge cannot make its bills as it stands, or None."""
    where = f"charge {charge.charge_no}"
    parts = {str(part[0]): (int(part[1]), int(part[2])) for part in charge.fact.get("parts", ())}
    fiscal, count = parts.get(FISCAL, (0, 0))
    total = charge.total
    if min(total, charge.insured, *(amount for amount, _ in parts.values()), 0) < 0:
        return AMOUNTS, where
    if charge.insured > fiscal or sum(amount for amount, _ in parts.values()) != total:
        return AMOUNTS, where
    if FISCAL not in parts:
        return None
    rule = view.policy.bills.get(charge.fact.get("bill", ""))
    if rule is None:
        return NO_BILL, f"{where} bill {charge.fact.get('bill', '')}"
    if rule.max_items is not None and count > rule.max_items:
        split = rule.over_items == "split" and not charge.insured and min(_chunks(charge, rule), default=0) > 0
        if rule.over_items != "issue" and not split:
            return TOO_MANY, where
    return None


def cut(charge: Standing, paid: Mapping[str, int], view: View, reversing: Mapping[str, BillRef]) -> list[Issue]:
    """The bills of a paid charge, which must be fit.

    `paid` is payment key → fen in the order it is used; `reversing` holds the bills this same decision reverses, by id.
    """
    fact = charge.fact
    fiscal = next((part for part in fact.get("parts", ()) if part[0] == FISCAL), None)
    if fiscal is None or (int(fiscal[1]) == 0 and charge.total):
        return []
    rule = view.policy.bills[fact["bill"]]
    count = int(fiscal[2])
    flags: tuple[str, ...] = ()
    sizes = [(int(fiscal[1]), 0, count)]
    if rule.max_items is not None and count > rule.max_items:
        if rule.over_items == "split":
            ends = [*range(rule.max_items, count, rule.max_items), count]
            sizes = list(zip(_chunks(charge, rule), [0, *ends], ends, strict=False))
        else:
            flags = (TOO_MANY.code,)
    left = list(paid.items())
    visits = _visits(charge, view) if view.visits else ()
    made = []
    for part, (total, first, last) in enumerate(sizes):
        allocations, left = _take(left, total - charge.insured)
        earlier = [bill for bill in view.bills if _earlier(bill, charge.charge_no, part)] if view.bills else []
        made.append(
            Issue(
                bill_id=bill_id(view.policy.unit, charge.charge_no, fact["id"], part, len(earlier)),
                charge_event=fact["id"],
                charge_no=charge.charge_no,
                digest=charge.digest,
                bill=fact["bill"],
                part=part,
                receipt=FISCAL,
                first_item=first,
                last_item=last,
                total=total,
                insured=charge.insured,
                allocations=allocations,
                payment_events=tuple(view.money[key].event for key, _ in allocations),
                visit_events=visits,
                replaces=_replaces(earlier, view, reversing) if earlier else "",
                flags=flags,
            )
        )
    return made


def _visits(charge: Standing, view: View) -> tuple[str, ...]:
    refs = {ref for ref in charge.refs if ref[0] == "visit"}
    return tuple(visit["id"] for visit in view.visits if any((kind, value) in refs for kind, value in visit["keys"]))


def _chunks(charge: Standing, rule: BillRule) -> list[int]:
    lines, size = charge.fact.get("lines", []), rule.max_items or 1
    return [sum(lines[start : start + size]) for start in range(0, len(lines), size)]


def _take(left: list[Allocation], need: int) -> tuple[tuple[Allocation, ...], list[Allocation]]:
    taken: list[Allocation] = []
    for index, (key, fen) in enumerate(left):
        if not need:
            return tuple(taken), left[index:]
        share = min(fen, need)
        taken.append((key, share))
        need -= share
        if share < fen:
            return tuple(taken), [(key, fen - share), *left[index + 1 :]]
    return tuple(taken), []


def _earlier(bill: BillRef, number: str, part: int) -> bool:
    return bill.face == "blue" and bill.charge_no == number and bill.part == part


def _replaces(earlier: list[BillRef], view: View, reversing: Mapping[str, BillRef]) -> str:
    """The bill whose place a new one takes: of those that were issued, the one reversed now, or made last."""
    out = [bill for bill in earlier if bill.id in reversing or bill.status in ("reversing", "reversed")]
    return max(out, key=lambda bill: _generation(bill, len(earlier), view)).id if out else ""


def _generation(bill: BillRef, count: int, view: View) -> tuple[int, str]:
    unit = view.policy.unit
    for generation in range(count):
        if bill.id == bill_id(unit, bill.charge_no, bill.charge_event, bill.part, generation):
            return generation, bill.id
    return -1, bill.id
