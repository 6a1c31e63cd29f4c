"""Scenarios by dice, from fixed seeds: many cases at once, their messages shuffled, repeated, sent over several lanes.

What a case ends in is known when it is made, whatever the order of what may come in any order. What may not is a chain:
its steps keep their order, and each is judged before the next is sent.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.engine.same.hospital import charge, order, told, visit, withdrawn
from tests.engine.same.words import Alipay, End, Hl7, Scenario, Step, Together, trade_no, until

Chain = tuple[Step, ...]
LANES = 4
NUMBERS = 500


@dataclass
class Case:
    """One case: what is sent until its bill is issued, what is sent after that, and what it all comes to."""

    first: list[Chain]
    then: list[Chain] = field(default_factory=list)
    issued: int = 0
    """bills that `first` makes"""
    bills: list[str] = field(default_factory=list)
    ends: str = "settled"
    parked: dict[str, int] = field(default_factory=dict)
    """source → its messages that park"""
    shown: str = ""
    """how that is listed"""


def _simple(no: str, fen: int) -> Case:
    paid = Alipay("paid", f"A{no}", no, fen)
    return Case([(charge(no, fen),), (paid,), (visit(no),)], issued=1, bills=[f"{no} blue issued {fen} = A{no} {fen}"])


def _parts(no: str, fen: int) -> Case:
    parts = [(Alipay("paid", f"A{no}", no, fen),), (Alipay("paid", f"B{no}", no, 200),)]
    line = f"{no} blue issued {fen + 300} = A{no} {fen} + B{no} 200 + cash 100"
    return Case([(charge(no, fen, 300, CASH=100),), *parts], issued=1, bills=[line])


def _ordered(no: str, fen: int) -> Case:
    one, other = f"{no}a", f"{no}b"
    sent: list[Chain] = [(charge(one, fen),), (charge(other, 700),), (order(f"O{no}", one, other),)]
    sent.append((Alipay("paid", f"A{no}", f"O{no}", fen + 700, source="orders"),))
    lines = [f"{one} blue issued {fen} = A{no} {fen}", f"{other} blue issued 700 = A{no} 700"]
    return Case(sent, issued=2, bills=lines)


def _told_twice(no: str, fen: int) -> Case:
    made = _simple(no, fen)
    made.first.append((told(no, "ALIPAY", fen, trade_no(f"A{no}")),))
    return made


def _unpaid(no: str, fen: int) -> Case:
    return Case([(charge(no, fen),), (visit(no),)], ends="waiting")


def _uncharged(no: str, fen: int) -> Case:
    return Case([(Alipay("paid", f"A{no}", no, fen),)], ends="waiting")


def _refunded(no: str, fen: int) -> Case:
    made = _simple(no, fen)
    made.then = [(Alipay("refund", f"A{no}", no, fen, give=fen),)]
    return replace(made, bills=_red(no, fen), ends="waiting")


def _withdrawn(no: str, fen: int) -> Case:
    made = _refunded(no, fen)
    return replace(made, then=[*made.then, (withdrawn(no),)], ends="settled")


def _revised(no: str, fen: int) -> Case:
    made = _simple(no, fen + 400)
    back = Alipay("refund", f"A{no}", no, fen + 400, give=400)
    made.then = [(back, charge(no, fen, minute=9))]
    return replace(made, bills=[*_red(no, fen + 400), f"{no} blue issued {fen} = A{no} {fen}, replaces {no}"])


def _overpaid(no: str, fen: int) -> Case:
    sent = (charge(no, fen), Alipay("paid", f"A{no}", no, fen + 100))
    return Case([sent], ends="parked BH-FLW-007 +100", parked={"alipay": 1}, shown="case BH-FLW-007")


def _changed(no: str, fen: int) -> Case:
    made = _simple(no, fen)
    (first,) = made.first[0]
    assert isinstance(first, Hl7)
    made.first[0] = (first, replace(first, text=first.text + "NTE|1||other\r", says="AE"))
    return replace(made, parked={"his": 1}, shown="message BH-LED-001")


def _red(no: str, fen: int) -> list[str]:
    part = f"{fen} = A{no} {fen}"
    return [f"{no} blue reversed {part}", f"{no} red issued {part}, reverses {no}"]


KINDS: tuple[Callable[[str, int], Case], ...] = (
    *(
        _simple,
        _parts,
        _ordered,
        _told_twice,
        _unpaid,
        _uncharged,
        _refunded,
        _withdrawn,
        _revised,
        _overpaid,
        _changed,
    ),
)


def scenario(seed: int, count: int) -> Scenario:
    """So many cases, each kind at least once where there are enough."""
    dice = random.Random(seed)
    kinds = [*KINDS, *(dice.choice(KINDS) for _ in range(count - len(KINDS)))][:count]
    cases = [kind(f"R{seed}{index:03d}", dice.randrange(1000, 90_000)) for index, kind in enumerate(kinds)]
    books: Counter[str] = Counter()
    first = _lanes(dice, [chain for case in cases for chain in case.first], books)
    then = _lanes(dice, [chain for case in cases for chain in case.then], books)
    for case in cases:
        for source, times in case.parked.items():
            books[f"{source} applied"] -= times
            books[f"{source} parked"] += times
    bills = sorted(line for case in cases for line in case.bills)
    used = len(bills)
    ends = Counter(case.ends for case in cases)
    shown = Counter(case.shown for case in cases if case.shown)
    return Scenario(
        f"dice-{seed}",
        (first, until(issued=sum(case.issued for case in cases)), then),
        End(
            tuple(bills),
            _lines(ends),
            tuple(sorted(f"{place} {times}" for place, times in books.items() if times)),
            (f"0601 used {used} left {NUMBERS - used}",),
            _lines(shown),
        ),
        numbers=NUMBERS,
        answers={"alipay": "applied", "orders": "durable"},
    )


def _lanes(dice: random.Random, chains: list[Chain], books: Counter[str]) -> Together:
    """Chains shuffled over the lanes; a step may come again on its lane, any time after it came first."""
    lanes: list[list[Step]] = [[] for _ in range(LANES)]
    chains = dice.sample(chains, len(chains))
    for chain in chains:
        lane = dice.choice(lanes)
        at = dice.randint(0, len(lane))
        for step in chain:
            lane.insert(at, step)
            books[f"{step.source} applied"] += 1
            at = dice.randint(at + 1, len(lane))
    for lane in lanes:
        for step in dice.sample(lane, len(lane) // 3):
            lane.insert(dice.randint(lane.index(step) + 1, len(lane)), step)
            books[f"{step.source} duplicate"] += 1
    return Together(tuple(tuple(lane) for lane in lanes))


def _lines(found: Counter[str]) -> tuple[str, ...]:
    return tuple(f"{line} ×{times}" if times > 1 else line for line, times in sorted(found.items()))


SCENARIOS = tuple(scenario(seed, 24) for seed in (1, 2, 3))
