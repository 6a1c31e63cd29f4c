"""Reports of money become payments. A payment is (channel, merchant, trade_no); reports merge, they never add.

A report without trade_no is provisional: money only if its source is trusted for that channel, and absorbed by a
payment of the same channel for the same charge as soon as one with a trade_no tells the same amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from hub.errors import FaultCode
from hub.flow.charges import Ref, names_of, refs_of
from hub.flow.facts import Fact
from hub.flow.faults import PAYMENT, UNMATCHED
from hub.flow.reach import Reach


class Money(Struct, eq=False):
    """One payment, as all its reports have it. Amounts are fen."""

    key: str
    channel: str
    merchant: str
    trade_no: str
    amount: int
    sure: bool
    """confirmed, or told by a source trusted for its channel"""
    deposit: bool
    at: str
    event: str
    """the report that tells most"""
    names: set[str]
    refs: set[Ref]
    targets: tuple[str, ...] = ()
    """the charges it may pay"""
    fault: FaultCode | None = None
    refunded: int = 0
    refunds_of: dict[str, int] = {}
    """charge number → fen refunded in its name"""

    @property
    def net(self) -> int:
        """What is there to pay with."""
        return max(0, self.amount - self.refunded) if self.sure else 0

    @property
    def order(self) -> tuple[bool, bool, str, str]:
        """Payments are used in this order: deposits last, dedicated ones first, then by time."""
        return self.deposit, len(self.targets) != 1, self.at, self.key


class Purse(Struct):
    """All payments of a case. `alias`: key of a report that was absorbed → the payments it turned out to be."""

    payments: list[Money]
    alias: dict[str, list[Money]] = {}


def payments(facts: Sequence[Fact], reach: Reach) -> Purse:
    """Merges reports; what contradicts carries its fault."""
    purse = Purse([])
    real: dict[tuple[str, str], dict[str, list[Fact]]] = {}
    loose: list[Money] = []
    for fact in facts:
        if "trade_no" in fact:
            told = real.setdefault((fact["channel"], fact["trade_no"]), {})
            told.setdefault(fact.get("merchant", ""), []).append(fact)
        else:
            loose.append(_money([fact], fact.get("merchant", ""), reach))
    for by_merchant in real.values():
        _merge(purse, by_merchant, reach)
    if loose:
        _absorb(purse, sorted(loose, key=_by_time), reach)
    return purse


def _money(reports: list[Fact], merchant: str, reach: Reach) -> Money:
    best = reports[0] if len(reports) == 1 else min(reports, key=_telling)
    channel, trade_no = best["channel"], best.get("trade_no", "")
    names, refs = names_of(best), refs_of(best)
    sure, deposit, fault, at = False, False, None, ""
    for report in reports:
        if report is not best:
            names |= names_of(report)
            refs |= refs_of(report)
        sure = sure or is_sure(report)
        deposit = deposit or "deposit" in report
        if report["amount"] != best["amount"] or report["amount"] < 0:
            fault = PAYMENT
        if "at" in report and (not at or report["at"] < at):
            at = report["at"]
    key, amount = key_of(best, merchant), best["amount"]
    made = Money(key, channel, merchant, trade_no, amount, sure, deposit, at, best["id"], names, refs)
    made.fault = fault
    made.targets = reach.of(names, refs)
    return made


def is_sure(report: Fact) -> bool:
    """Whether a report says for sure that there is money."""
    return "trusted" in report or ("confirmed" in report and bool(report.get("trade_no")))


def key_of(report: Fact, merchant: str) -> str:
    """The key of the payment that a report is of: channel/merchant/trade_no, or event:<id> where it has no number."""
    trade_no = report.get("trade_no", "")
    return f"{report['channel']}/{merchant}/{trade_no}" if trade_no else f"event:{report['id']}"


def _telling(report: Fact) -> tuple[bool, bool, str]:
    return "confirmed" not in report, "at" not in report, report["id"]


def _by_time(money: Money) -> tuple[str, str]:
    return money.at, money.key


def _merge(purse: Purse, by_merchant: dict[str, list[Fact]], reach: Reach) -> None:
    """Reports of one (channel, trade_no). One that knows no merchant belongs to the one merchant known."""
    nameless = by_merchant.pop("", [])
    if len(by_merchant) == 1 or not by_merchant:
        for merchant, reports in by_merchant.items() or [("", [])]:
            made = _money(reports + nameless, merchant, reach)
            purse.payments.append(made)
            if merchant and nameless:
                purse.alias[f"{made.channel}//{made.trade_no}"] = [made]
        return
    several = [_money(reports, merchant, reach) for merchant, reports in sorted(by_merchant.items())]
    purse.payments += several
    if nameless:
        purse.alias[f"{several[0].channel}//{several[0].trade_no}"] = several
        for made in several:
            made.fault = PAYMENT


def _absorb(purse: Purse, loose: list[Money], reach: Reach) -> None:
    """Provisional reports give way to payments: one to one by amount, then by equal sums; other sums contradict."""
    near = {one.key: [real for real in purse.payments if meet(one, real)] for one in loose}
    taken: dict[str, Money] = {}
    """payment key → the report it absorbs"""
    for one in loose:
        near[one.key].sort(key=partial(_nearness, one))
        _pair(one, near, taken, set())
    matched = {one.key for one in taken.values()}
    by_key = {real.key: real for real in purse.payments}
    for key, one in taken.items():
        _give_way(purse, one, [by_key[key]])
    left = [one for one in loose if one.key not in matched]
    while left:
        ours, theirs = [left.pop(0)], list[Money]()
        grown = True
        while grown:
            more = [r for one in ours for r in near[one.key] if r.key not in taken and r not in theirs]
            theirs += {real.key: real for real in more}.values()
            also = [one for one in left if any(real in theirs for real in near[one.key])]
            left = [one for one in left if one not in also]
            ours += also
            grown = bool(also)
        if not theirs:
            purse.payments += ours
        elif sum(one.amount for one in ours) == sum(real.amount for real in theirs):
            for one in ours:
                _give_way(purse, one, sorted(theirs, key=_by_time))
        else:
            for one in (*ours, *theirs):
                one.fault = one.fault or UNMATCHED
            purse.payments += ours
    for real in purse.payments:
        real.targets = reach.of(real.names, real.refs)


def meet(one: Money, other: Money) -> bool:
    """Whether two may be the same money: one channel, no two merchants, a charge or a key in common."""
    return (
        one.channel == other.channel
        and (not one.merchant or not other.merchant or one.merchant == other.merchant)
        and (not set(one.targets).isdisjoint(other.targets) or not one.refs.isdisjoint(other.refs))
    )


def _nearness(one: Money, real: Money) -> tuple[int, str, str]:
    return len(set(one.targets).symmetric_difference(real.targets)), real.at, real.key


def _pair(one: Money, near: dict[str, list[Money]], taken: dict[str, Money], tried: set[str]) -> bool:
    """Finds `one` a payment of its amount, moving earlier pairs where that helps (augmenting paths)."""
    for real in near[one.key]:
        if real.amount == one.amount and real.key not in tried:
            tried.add(real.key)
            if real.key not in taken or _pair(taken[real.key], near, taken, tried):
                taken[real.key] = one
                return True
    return False


def _give_way(purse: Purse, one: Money, reals: list[Money]) -> None:
    purse.alias[one.key] = reals
    for real in reals:
        real.sure = real.sure or one.sure
        real.deposit = real.deposit or one.deposit
        real.names |= one.names
        real.refs |= one.refs
        real.fault = real.fault or one.fault
