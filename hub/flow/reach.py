"""Which charges a payment may pay: the ones it names, else every one that its order, pay code or visit leads to.

An order joins its keys and its charges; orders that share an order number or pay code are one. A visit joins nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from hub.flow.charges import Ref, Standing, names_of, refs_of
from hub.flow.facts import Fact

MAX_SUMS: Final = 4096
"""Sums of versions tried for one order; beyond it the order counts as incomplete."""


class Reach:
    """Keys → charge numbers, known or not yet known, and the charges whose order is not complete."""

    def __init__(self, charges: Mapping[str, Standing], orders: Sequence[Fact]) -> None:
        self.charges = charges
        self.by_ref: dict[Ref, set[str]] = {}
        self.held: set[str] = set()
        """charges of an order that asks for more, or other, charges than are known"""
        for number, charge in charges.items():
            for ref in charge.refs:
                self.by_ref.setdefault(ref, set()).add(number)
        if orders:
            self._hold(orders)
            self._join(orders)

    def of(self, names: AbstractSet[str], refs: AbstractSet[Ref]) -> tuple[str, ...]:
        """The charges a payment with these names and keys may pay, sorted."""
        if names:
            return tuple(sorted(names))
        found: set[str] = set()
        for ref in refs:
            found |= self.by_ref.get(ref, set())
        return tuple(sorted(found))

    def _hold(self, orders: Sequence[Fact]) -> None:
        latest: dict[frozenset[Ref], Fact] = {}
        for order in sorted(orders, key=lambda fact: (fact.get("at", ""), fact["id"])):
            own = frozenset(ref for ref in refs_of(order) if ref[0] != "visit") or frozenset(
                ("charge", name) for name in names_of(order)
            )
            latest[own] = order
        for own, order in latest.items():
            named = names_of(order)
            all_ = named.union(*(self.by_ref.get(ref, set()) for ref in own))
            if not named <= self.charges.keys() or not self._adds_up(order, all_):
                self.held |= all_

    def _adds_up(self, order: Fact, numbers: AbstractSet[str]) -> bool:
        """Whether some version of each charge makes the order's amount: what once added up does so for ever."""
        if "amount" not in order:
            return True
        sums = {0}
        for number in numbers:
            charge = self.charges[number]
            needs = charge.needs | {0} if charge.withdrawn else charge.needs
            sums = {known + need for known in sums for need in needs}
            if len(sums) > MAX_SUMS:
                return False
        return order["amount"] in sums

    def _join(self, orders: Sequence[Fact]) -> None:
        groups: list[tuple[set[Ref], set[Ref], set[str]]] = []
        for order in orders:
            refs = refs_of(order)
            keys = {ref for ref in refs if ref[0] != "visit"}
            visits, named = refs - keys, names_of(order)
            apart = []
            for group in groups:
                if group[0] & keys:
                    keys, visits, named = keys | group[0], visits | group[1], named | group[2]
                else:
                    apart.append(group)
            groups = [*apart, (keys, visits, named)]
        carried = {ref: set(numbers) for ref, numbers in self.by_ref.items()}
        for keys, visits, named in groups:
            numbers = named.union(*(carried.get(ref, set()) for ref in keys))
            for ref in keys | visits:
                self.by_ref[ref] = self.by_ref.get(ref, set()) | numbers
