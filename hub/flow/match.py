"""Which payments and charges hang together, and how money is poured: explicit parts in fen, always the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from hub.flow.charges import Standing
from hub.flow.payments import Money


class Component(Struct):
    """Charges and payments that payments connect. Each is decided on its own."""

    charges: list[Standing] = []
    payments: list[Money] = []
    unknown: bool = False
    """a payment names a charge that has not come yet"""

    @property
    def where(self) -> str:
        """A name for it, the same on every run."""
        if self.charges:
            return f"charge {min(charge.charge_no for charge in self.charges)}"
        return f"payment {min(money.key for money in self.payments)}"


def components(
    charges: Mapping[str, Standing], payments: Sequence[Money], spent: Mapping[str, Mapping[str, int]]
) -> list[Component]:
    """Splits a case; sorted by charge number. `spent` (charge → payment key → fen) connects what bills already say."""
    root: dict[str, str] = {number: number for number in charges}

    def find(number: str) -> str:
        while root.setdefault(number, number) != number:
            number = root[number]
        return number

    edges = {money.key: list(money.targets) for money in payments}
    for number, parts in spent.items():
        for key in parts:
            edges[key].append(number)
    for numbers in edges.values():
        for number in numbers[1:]:
            one, other = sorted((find(numbers[0]), find(number)))
            root[other] = one
    made: dict[str, Component] = {}
    for number in sorted(charges):
        made.setdefault(find(number), Component()).charges.append(charges[number])
    for money in sorted(payments, key=_order):
        place = find(edges[money.key][0]) if edges[money.key] else f"\x7f{money.key}"
        component = made.setdefault(place, Component())
        component.payments.append(money)
        component.unknown = component.unknown or not charges.keys() >= set(money.targets)
    return [made[place] for place in sorted(made)]


def _order(money: Money) -> tuple[bool, bool, str, str]:
    return money.order


class Flow(Struct):
    """What each payment brings to each charge."""

    parts: dict[str, dict[str, int]] = {}
    """charge number → payment key → fen"""
    left: dict[str, int] = {}
    """payment key → fen not used"""
    open: dict[str, int] = {}
    """charge number → fen still missing; none where filled"""


def pour(
    payments: Iterable[Money],
    free: Mapping[str, int],
    needs: Mapping[str, int],
    spent: Mapping[str, Mapping[str, int]] | None = None,
) -> Flow:
    """Fills as much of the needs as the payments may, in the order given; deposits only after all other money.

    Where filling one after another gets stuck, earlier parts are moved to another payment of the same charge
    (augmenting paths), so that needs stay unfilled only if no way of dividing the money fills them. `spent` (charge →
    payment key → fen) is where other money already lies; it is moved only if it must be.
    """
    sources = list(payments)
    flow = Flow({number: {} for number in needs}, {money.key: free[money.key] for money in sources})
    flow.open = {number: need for number, need in needs.items() if need > 0}
    for number, parts in (spent or {}).items():
        flow.parts[number] = dict(parts)
    for deposit in (False, True):
        ours = [money for money in sources if money.deposit is deposit]
        for money in ours:
            _spend(flow, money)
        if not flow.open:
            break
        by_key = {money.key: money for money in sources}
        for money in ours:
            while flow.open and flow.left[money.key] and _move(flow, money, flow.left[money.key], by_key, set()):
                pass
    return flow


def _spend(flow: Flow, money: Money) -> None:
    for number in _sorted_targets(money, flow):
        fen = min(flow.left[money.key], flow.open[number])
        if fen:
            _put(flow, money.key, number, fen)


def _sorted_targets(money: Money, flow: Flow) -> list[str]:
    if len(money.targets) == 1:
        return [money.targets[0]] if money.targets[0] in flow.open else []
    return [number for number in flow.open if number in money.targets]


def _put(flow: Flow, key: str, number: str, fen: int) -> None:
    flow.left[key] -= fen
    flow.parts[number][key] = flow.parts[number].get(key, 0) + fen
    flow.open[number] -= fen
    if not flow.open[number]:
        del flow.open[number]


def _move(flow: Flow, money: Money, most: int, by_key: Mapping[str, Money], tried: set[str]) -> int:
    """Brings up to `most` fen of this payment to an unfilled charge, over other payments if need be."""
    tried.add(money.key)
    for number in money.targets:
        if number not in flow.parts:
            continue
        if number in flow.open:
            fen = min(most, flow.open[number])
            _put(flow, money.key, number, fen)
            return fen
        for key, held in list(flow.parts[number].items()):
            if key in tried:
                continue
            fen = _move(flow, by_key[key], min(most, held), by_key, tried)
            if fen:  # it went elsewhere with that much: take its place here
                flow.left[key] += fen
                flow.parts[number][key] -= fen
                if not flow.parts[number][key]:
                    del flow.parts[number][key]
                flow.parts[number][money.key] = flow.parts[number].get(money.key, 0) + fen
                flow.left[money.key] -= fen
                return fen
    return 0
