"""All a decision looks at, worked out once: charges, payments, bills that stand for charges, and what they spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from hub.flow.case import Case
from hub.flow.charges import Standing, standings
from hub.flow.effects import BillRef
from hub.flow.facts import Fact
from hub.flow.payments import Money, Purse, payments
from hub.flow.policy import Policy
from hub.flow.reach import Reach
from hub.flow.refunds import refund
from hub.flow.status import LIVING


class View(Struct):
    """A case, read."""

    policy: Policy
    charges: dict[str, Standing]
    reach: Reach
    money: dict[str, Money]
    bills: Sequence[BillRef]
    standing: dict[str, list[BillRef]]
    """charge number → the bills that stand for it: blue, living, not answered by a red bill"""
    spent: dict[str, dict[str, int]]
    """charge number → payment key → fen, by those bills"""
    visits: list[Fact]
    loose_ends: int
    """cancels and refunds that wait for what they are about"""
    facts: Mapping[str, Fact]


def view(case: Case, bills: Sequence[BillRef], policy: Policy) -> View:
    """Reads a case."""
    by_kind: dict[str, list[Fact]] = {}
    for fact in case.facts.values():
        by_kind.setdefault(fact["kind"], []).append(fact)
    charges, loose = standings(by_kind.get("charge", []), by_kind.get("cancel", []), bills)
    reach = Reach(charges, by_kind.get("order", []))
    purse = payments(by_kind["payment"], reach) if "payment" in by_kind else Purse([])
    if "refund" in by_kind:
        loose += refund(by_kind["refund"], purse, reach)
    money = {one.key: one for one in purse.payments}
    standing: dict[str, list[BillRef]] = {}
    if bills:
        answered = {bill.reverses for bill in bills if bill.face == "red" and bill.status != "void"}
        for bill in sorted(bills, key=_part):
            if bill.face == "blue" and bill.status in LIVING and bill.id not in answered:
                standing.setdefault(bill.charge_no, []).append(bill)
    return View(
        policy,
        charges,
        reach,
        money,
        bills,
        standing,
        _spent(standing, money, purse),
        sorted(by_kind.get("visit", ()), key=_time),
        loose,
        case.facts,
    )


def _part(bill: BillRef) -> tuple[str, int, str]:
    return bill.charge_no, bill.part, bill.id


def _time(fact: Fact) -> tuple[str, str]:
    return fact.get("at", ""), fact["id"]


def _spent(standing: dict[str, list[BillRef]], money: dict[str, Money], purse: Purse) -> dict[str, dict[str, int]]:
    """What living bills hold of each payment; a report that was absorbed since is read as the payments it became."""
    room = {key: one.net for key, one in money.items()}
    spent: dict[str, dict[str, int]] = {}
    later: list[tuple[str, str, int]] = []
    for number, bills in standing.items():
        parts = spent.setdefault(number, {})
        for bill in bills:
            for key, fen in bill.allocations:
                if key in money:
                    parts[key] = parts.get(key, 0) + fen
                    room[key] -= fen
                elif key in purse.alias:
                    later.append((number, key, fen))
    for number, old, rest in later:
        became = purse.alias[old]
        fen = rest
        for one in became:
            share = fen if one is became[-1] else max(0, min(fen, room[one.key]))
            if share:
                spent[number][one.key] = spent[number].get(one.key, 0) + share
                room[one.key] -= share
                fen -= share
    return spent
