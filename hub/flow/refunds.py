"""Refunds reduce payments: refunded = the larger of the cumulative figure and the sum of single refunds.

A refund whose payment is unknown waits for it. One without a trade number belongs to the only payment it can belong to.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from hub.flow.charges import names_of, refs_of
from hub.flow.facts import Fact
from hub.flow.faults import REFUND, REFUND_OF
from hub.flow.payments import Money, Purse
from hub.flow.reach import Reach


class _Told(Struct):
    """What refunds say of one payment."""

    cumulative: int = 0
    numbered: dict[str, int] = {}
    loose: list[tuple[int, str, set[str]]] = []
    """(amount, source, charges named) of refunds without a refund number"""
    names: dict[str, set[str]] = {}


def refund(facts: Sequence[Fact], purse: Purse, reach: Reach) -> int:
    """Takes the refunds off the purse's payments; returns how many refunds wait for their payment."""
    told: dict[str, _Told] = {}
    by_key = {money.key: money for money in purse.payments}
    waiting = 0
    nameless: list[Fact] = []
    for fact in sorted(facts, key=lambda fact: fact["id"]):
        if "trade_no" not in fact:
            nameless.append(fact)
            continue
        money = _by_trade(fact, purse)
        if money is None:
            waiting += 1
        else:
            _tell(told.setdefault(money.key, _Told()), money, fact)
    for fact in nameless:
        near = [money for money in purse.payments if _may_be(fact, money, reach)]
        waiting += not near
        for money in _only(fact, near, told):
            _tell(told.setdefault(money.key, _Told()), money, fact, whole=len(near) > 1)
    for key, said in told.items():
        _take(by_key[key], said)
    return waiting


def _by_trade(fact: Fact, purse: Purse) -> Money | None:
    merchant = fact.get("merchant", "")
    found = [
        money
        for money in purse.payments
        if money.trade_no == fact["trade_no"]
        and money.channel == fact["channel"]
        and (not merchant or not money.merchant or merchant == money.merchant)
    ]
    if len(found) > 1:
        for money in found:
            money.fault = money.fault or REFUND_OF
    return found[0] if len(found) == 1 else None


def _may_be(fact: Fact, money: Money, reach: Reach) -> bool:
    merchant, names, refs = fact.get("merchant", ""), names_of(fact), refs_of(fact)
    return (
        money.channel == fact["channel"]
        and (not merchant or not money.merchant or merchant == money.merchant)
        and (not set(reach.of(names, refs)).isdisjoint(money.targets) or not refs.isdisjoint(money.refs))
    )


def _only(fact: Fact, near: list[Money], told: dict[str, _Told]) -> list[Money]:
    """The payments a refund without a trade number is of: the only one, the one that tells it too, or all, in full."""
    if len(near) <= 1:
        return near
    number, amount = fact.get("refund_no", ""), fact.get("amount", fact.get("refunded", 0))
    for money in near:
        said = told.get(money.key)
        if said and (number in said.numbered if number else amount in (*said.numbered.values(), said.cumulative)):
            return [money]
    if sum(money.amount for money in near) == amount:
        return near
    for money in near:
        money.fault = money.fault or REFUND_OF
    return []


def _tell(said: _Told, money: Money, fact: Fact, *, whole: bool = False) -> None:
    if whole:
        said.cumulative = max(said.cumulative, money.amount)
        return
    amount = fact.get("amount")
    if "refunded" in fact:
        said.cumulative = max(said.cumulative, fact["refunded"])
    if amount is None:
        return
    if amount < 0:
        money.fault = money.fault or REFUND
    number = fact.get("refund_no")
    if number is None:
        said.loose.append((amount, fact["source"], names_of(fact)))
    elif said.numbered.setdefault(number, amount) != amount:
        money.fault = money.fault or REFUND
    else:
        said.names.setdefault(number, set()).update(names_of(fact))


def _take(money: Money, said: _Told) -> None:
    unpaired: dict[str, dict[str, int]] = {}
    rest: dict[str, int] = {}
    for amount, source, names in sorted(said.loose, key=lambda one: (one[0], one[1], sorted(one[2]))):
        left = unpaired.setdefault(source, dict(said.numbered))
        same = next((number for number in sorted(left) if left[number] == amount), None)
        if same is not None:
            del left[same]
            said.names.setdefault(same, set()).update(names)
            continue
        rest[source] = rest.get(source, 0) + amount  # each source tells all it knows: their sums do not add
        for name in names if len(names) == 1 else ():
            money.refunds_of[name] = money.refunds_of.get(name, 0) + amount
    for number, amount in said.numbered.items():
        names = said.names.get(number, set())
        for name in names if len(names) == 1 else ():
            money.refunds_of[name] = money.refunds_of.get(name, 0) + amount
    money.refunded = max(said.cumulative, sum(said.numbered.values()) + max(rest.values(), default=0))
    if money.refunded > money.amount:
        money.fault = money.fault or REFUND
