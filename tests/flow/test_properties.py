"""Whatever order events come in, however often, and whenever the issuer works: the same bills, and never too much."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from hub.flow.case import Case
from hub.flow.decide import decide
from hub.flow.facts import Fact
from hub.flow.policy import BillRule
from tests.flow.build import POLICY, World, cancel, charge, order, pay, refund

# Numbers are drawn from few values, so that facts meet and contradict each other often.
numbers = st.sampled_from(["C1", "C2", "C3"])
maybe = st.sampled_from([None, "O1", "O2"])
visits = st.sampled_from([None, "V1"])
fen = st.sampled_from([0, 100, 200, 300, 500])
times = st.sampled_from([None, "2026-01-01", "2026-01-02"])
versions = st.sampled_from([None, "1", "2", "10", "a"])

facts = st.one_of(
    st.builds(
        charge,
        numbers,
        fen,
        insured=st.sampled_from([0, 0, 100]),
        other=st.sampled_from([0, 0, 100]),
        order=maybe,
        visit=visits,
        version=versions,
        at=times,
    ),
    st.builds(
        pay,
        fen,
        st.sampled_from(["T1", "T2", "T3", None]),
        merchant=st.sampled_from(["m", "m", None]),
        number=st.one_of(st.none(), numbers),
        order=maybe,
        visit=visits,
        sure=st.booleans(),
        trusted=st.booleans(),
        deposit=st.sampled_from([False, False, True]),
        at=times,
    ),
    st.builds(
        refund,
        fen,
        st.sampled_from(["T1", "T2", None]),
        no=st.sampled_from([None, "R1", "R2"]),
        number=st.one_of(st.none(), numbers),
        source=st.sampled_from(["his", "alipay"]),
    ),
    st.builds(lambda so_far, trade: refund(so_far=so_far, trade=trade), fen, st.sampled_from(["T1", "T2"])),
    st.builds(cancel, numbers, version=versions, at=times),
    st.builds(
        lambda named, no, amount: order(*named, no=no, amount=amount),
        st.lists(numbers, max_size=2, unique=True),
        maybe,
        st.one_of(st.none(), fen),
    ),
)
histories = st.lists(facts, max_size=9).map(
    lambda events: [{**fact, "id": f"e{n}"} for n, fact in enumerate(events)]  # the same ids on every run
)
policies = st.builds(
    lambda over, under, revised, zero, rule: replace(
        POLICY,
        overpayment=over,
        underpayment=under,
        charge_revised=revised,
        zero_total=zero,
        bills={"outpatient": rule},
    ),
    st.sampled_from(["park", "issue"]),
    st.sampled_from(["wait", "park"]),
    st.sampled_from(["park", "reissue"]),
    st.sampled_from(["park", "issue"]),
    st.sampled_from([BillRule("k"), BillRule("k", 1, "split"), BillRule("k", 1, "park")]),
)


@given(histories, policies, st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_any_order_and_repetition_before_issue_gives_one_decision(events: list[Fact], policy, random: Random):
    shuffled = events + random.sample(events, len(events) // 2)
    random.shuffle(shuffled)
    one, other = Case("case"), Case("case")
    for fact in events:
        one = one.add(fact)
    for fact in shuffled:
        other = other.add(fact)
    assert decide(one, [], policy) == decide(other, [], policy)


@given(histories, policies)
@settings(max_examples=400, deadline=None)
def test_allocations_never_exceed_payment_or_charge(events: list[Fact], policy):
    case = Case("case", {fact["id"]: fact for fact in events})
    asked = {fact["id"]: fact for fact in events if fact["kind"] == "charge"}
    amounts: dict[str, int] = {}
    for fact in events:
        if fact["kind"] == "payment":
            amounts[fact["id"]] = fact["amount"]
    used: dict[str, int] = {}
    for effect in decide(case, [], policy).effects:
        assert effect.insured + sum(fen for _, fen in effect.allocations) == effect.total  # type: ignore[union-attr]
        assert effect.total <= asked[effect.charge_event]["total"]  # type: ignore[union-attr]
        for event, (key, part) in zip(effect.payment_events, effect.allocations, strict=True):  # type: ignore[union-attr]
            used[key] = used.get(key, 0) + part
            assert used[key] <= amounts[event]


@given(histories, policies, st.lists(st.booleans(), min_size=9, max_size=9))
@settings(max_examples=400, deadline=None)
def test_whatever_comes_deciding_twice_does_nothing_and_no_part_has_two_bills(events: list[Fact], policy, stops):
    world = World(policy)
    for fact, stop in zip(events, stops, strict=False):
        world.take(fact)  # judges idempotence and I1 after each step
        if stop:
            world.issue()


@st.composite
def stories(draw: st.DrawFn) -> list[Fact]:
    """Charges with their payments, mishaps, and what puts them right: in the end the money agrees."""
    events: list[Fact] = []
    count = draw(st.integers(1, 3))
    shared = draw(st.booleans())
    common = 0
    for n in range(count):
        number, last = f"C{n}", draw(st.integers(1, 9)) * 100
        insured = draw(st.sampled_from([0, 0, 50]))
        other = draw(st.sampled_from([0, 0, 30]))
        need = last - insured + other
        keys = {"order": "O1"} if shared else {}
        end = draw(st.sampled_from(["plain", "revised", "cancelled", "repaid", "doubled", "topped", "deposited"]))
        events.append(charge(number, last, insured=insured, other=other, version="2", **keys))
        if end == "revised":  # it was more, and the difference went back
            more = draw(st.integers(1, 5)) * 100
            events.append(charge(number, last + more, insured=insured, other=other, version="1", **keys))
            events += [pay(need + more, f"T{n}", number=number), refund(more, f"T{n}", no="R")]
        elif end == "topped":  # it was less, and the rest was paid
            events.append(charge(number, last + 70, insured=insured, other=other, version="3", **keys))
            events += [pay(need, f"T{n}", number=number), pay(70, f"U{n}", number=number)]
        elif end == "cancelled":
            events += [
                pay(need, f"T{n}", number=number),
                cancel(number, version="2"),
                refund(so_far=need, trade=f"T{n}"),
            ]
        elif end == "repaid":  # given back, and paid another way
            events += [
                pay(need, f"T{n}", number=number),
                refund(need, f"T{n}", no="R"),
                pay(need, f"U{n}", number=number),
            ]
        elif end == "deposited":  # before, for the stay; the surplus is a refund due
            events[-1]["keys"].append(["visit", f"V{n}"])
            events.append(pay(need + draw(st.sampled_from([0, 60])), f"T{n}", visit=f"V{n}", deposit=True))
        elif end == "doubled":
            events += [pay(need, f"T{n}", number=number), pay(need, f"U{n}", number=number), refund(need, f"U{n}")]
        elif shared:
            common += need
        else:
            first = draw(st.integers(0, need))
            events += [pay(part, f"T{n}{part}", number=number) for part in {first, need - first} if part]
            if first * 2 == need:
                events.append(pay(first, f"T{n}x", number=number))
    if common:
        cut = draw(st.integers(0, common))
        events += [pay(part, f"S{i}", order="O1") for i, part in enumerate((cut, common - cut)) if part]
    if shared and draw(st.booleans()):
        events.append(order(*(f"C{n}" for n in range(count))))
    events = [{**fact, "id": f"e{n}"} for n, fact in enumerate(events)]  # type: ignore[misc]
    for fact in list(events):  # the HIS tells of the same money as well
        if fact["kind"] == "payment" and draw(st.integers(0, 3)) == 0:
            events.append({**fact, "id": fact["id"] + "-told", "source": "his"})
        elif fact["kind"] == "payment" and draw(st.integers(0, 3)) == 0:  # without the trade number it does not know
            line = pay(fact["amount"], None, merchant=None, trusted=True, id_=fact["id"] + "-line")
            events.append({**line, "keys": [key for key in fact["keys"] if key[0] != "trade"]})
    return events


@given(stories(), st.randoms(use_true_random=False))
@settings(max_examples=500, deadline=None)
def test_interleaved_with_issuing_the_living_amounts_end_the_same(events: list[Fact], random: Random):
    at_once, by_turns = World(), World()
    at_once.case = Case("case", {fact["id"]: fact for fact in events})
    at_once.settle()
    at_once.issue()
    assert not at_once.decision.faults, at_once.decision
    random.shuffle(events)
    for fact in events + random.sample(events, len(events) // 2):
        by_turns.take(fact)
        if random.random() < 0.5:
            by_turns.issue()
        if random.random() < 0.3:
            for bill in by_turns.living:
                if bill.status == "issued" and not bill.holds:
                    by_turns.bills[bill.id] = structs.replace(bill, status="confirmed")
    by_turns.issue()
    by_turns.issue()
    assert by_turns.net == at_once.net
    assert (by_turns.decision.status, by_turns.decision.surplus) == (at_once.decision.status, at_once.decision.surplus)
    paid: dict[str, int] = {}
    for fact in events:
        if fact["kind"] == "payment" and "trade_no" in fact:
            paid[f"{fact['channel']}/{fact['merchant']}/{fact['trade_no']}"] = fact["amount"]
    assert all(fen <= paid[key] for key, fen in by_turns.used().items() if key in paid)
