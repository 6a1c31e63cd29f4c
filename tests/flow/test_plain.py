"""The ordinary case is decided at once, and just as the general rules would decide it."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.flow import decide as general
from hub.flow.case import Case
from hub.flow.effects import Decision
from hub.flow.facts import Fact
from hub.flow.plain import plain
from hub.flow.policy import BillRule, Policy
from tests.flow.build import POLICY, cancel, charge, order, pay, refund
from tests.flow.test_properties import facts, policies

fen = st.sampled_from([100, 200])
links = st.sampled_from([None, "1", "1", "2"])
good = st.builds(
    charge,
    st.just("C1"),
    fen,
    insured=st.sampled_from([0, 0, 100]),
    other=st.sampled_from([0, 0, 100]),
    lines=st.sampled_from([None, None, [50, 50]]),
    order=links,
    pay=links,
    visit=links,
    version=st.sampled_from([None, "1"]),
)
charges = st.one_of(good, good, good, good.map(lambda fact: {**fact, "total": fact["total"] + 100}))
payments = st.builds(
    pay,
    fen,
    st.sampled_from(["T1", None]),
    merchant=st.sampled_from(["m", None]),
    number=st.sampled_from([None, "C1", "C1", "C2"]),
    order=links,
    code=links,
    visit=links,
    sure=st.booleans(),
    trusted=st.booleans(),
    deposit=st.booleans(),
)
pairs = st.tuples(charges, payments).map(list)
few = st.one_of(pairs, pairs, st.lists(facts, min_size=1, max_size=3)).map(
    lambda events: [{**fact, "id": f"e{n}"} for n, fact in enumerate(events)]
)
SIX = BillRule("k", 6, "park")


def case_of(*events: Fact) -> Case:
    return Case("case", {fact["id"]: fact for fact in events})


def by_the_rules(case: Case, policy: Policy) -> Decision:
    """The decision without the short way."""
    with patch.object(general, "plain", lambda _case, _policy: None):
        return general.decide(case, [], policy)


@given(few, policies)
@settings(max_examples=3000, deadline=None)
def test_the_short_way_leads_where_the_rules_lead(events: list[Fact], policy: Policy) -> None:
    case = case_of(*events)
    found = plain(case, policy)
    assert found is None or found == by_the_rules(case, policy)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([charge("C1", 6000)], "waiting"),
        ([charge("C1", 6000, insured=2000), pay(4000, number="C1")], "due"),
        ([charge("C1", 6000, order="O1"), pay(6000, order="O1")], "due"),
        ([charge("C1", 6000), pay(6000, number="C1", deposit=True)], "due"),
        ([charge("C1", 6000), pay(6000, None, number="C1", sure=False, trusted=True)], "due"),
        ([charge("C1", 6000, version="3", at="2026-01-01"), pay(6000, number="C1", merchant=None)], "due"),
    ],
)
def test_it_takes_the_ordinary(events: list[Fact], status: str) -> None:
    case = case_of(*events)
    found = plain(case, POLICY)
    assert found is not None
    assert found.status == status
    assert found == by_the_rules(case, POLICY)


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        ([pay(6000, number="C1")], None),
        ([charge("C1", 6000), pay(5999, number="C1")], None),
        ([charge("C1", 6000), pay(6000, number="C2")], None),
        ([charge("C1", 6000), pay(6000, number="C1", sure=False)], None),
        ([charge("C1", 6000, other=100), pay(6000, number="C1")], None),
        ([charge("C1", 0)], None),
        ([charge("C1", 6000, insured=6000)], None),
        ([charge("C1", 6000), charge("C1", 7000, version="2")], None),
        ([charge("C1", 6000), cancel("C1")], None),
        ([charge("C1", 6000), order("C1")], None),
        ([charge("C1", 6000), pay(6000, number="C1"), refund(100, "T1")], None),
        ([charge("C1", 6000)], {}),
        ([charge("C1", 6000)], {"outpatient": replace(SIX, max_items=0)}),
    ],
)
def test_it_leaves_everything_else_to_the_rules(events: list[Fact], rule: dict[str, BillRule] | None) -> None:
    policy = POLICY if rule is None else replace(POLICY, bills=rule)
    assert plain(case_of(*events), policy) is None
