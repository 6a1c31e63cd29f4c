"""Cases, facts, links and statuses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import permutations
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bill.bill import Status
from hub.bill.event import EVENT
from hub.errors import FaultCode, Park, fault_from
from hub.flow import faults
from hub.flow.case import Case, join
from hub.flow.facts import Fact, facts_of
from hub.flow.link import Candidate, Home, link
from hub.flow.status import CHANGES, LIVING, change
from tests.flow.build import case_of, charge, order, pay, visit

FACTS = [charge(id_=f"c{n}", total=n) for n in range(4)] + [pay(id_="c0")]  # two contents under one id
cases = st.builds(
    lambda id_, facts: Case(id_, {fact["id"]: fact for fact in facts}),
    st.sampled_from("abc"),
    st.lists(st.sampled_from(FACTS)),
)


@given(cases, cases, cases)
def test_joining_is_commutative_associative_and_idempotent(a: Case, b: Case, c: Case):
    assert join(a, b) == join(b, a)
    assert join(join(a, b), c) == join(a, join(b, c))
    assert join(a, a) == a
    assert join(a, b).dump() == join(b, a).dump()


@given(cases)
def test_a_case_comes_back_from_its_storage_form(case: Case):
    assert Case.load(case.id, case.dump()) == case


def test_the_storage_form_of_a_newer_release_is_refused():
    with pytest.raises(ValueError, match="schema 2"):
        Case.load("x", b'{"v":2,"facts":[]}')


def test_adding_a_fact_again_changes_nothing():
    case = case_of(charge(id_="c"))
    assert case.add(charge(id_="c")) is case


def facts(event: dict[str, Any], trusts: Any = frozenset()) -> Fact:
    made = EVENT.validate_python(event)
    return facts_of(made, event_id="e", source="his", bill="outpatient", trusted_channels=trusts)


CHARGE: dict[str, Any] = {
    "kind": "charge",
    "charge_no": "C1",
    "visit_no": "V1",
    "payer": {"kind": "person", "name": "张三"},
    "items": [
        {"code": "1", "name": "a", "amount_fen": 300},
        {"code": "2", "name": "b", "amount_fen": 50, "receipt": "other"},
        {"code": "3", "name": "c", "amount_fen": 200},
    ],
    "total_fen": 550,
    "shares": {"fund_fen": 100, "other_fund_fen": 20, "account_fen": 3, "cash_fen": 427},
}


def test_a_charges_fact_has_sums_by_receipt_and_no_person():
    fact = facts(CHARGE)
    assert fact["parts"] == [["fiscal", 500, 2], ["other", 50, 1]]
    assert (fact["lines"], fact["total"], fact["insured"], fact["bill"]) == ([300, 200], 550, 123, "outpatient")
    assert fact["keys"] == [["charge", "C1"], ["visit", "V1"]]
    assert "张三" not in str(fact)


def test_a_charges_digest_tells_content_from_version_and_time():
    digest = facts(CHARGE)["digest"]
    assert facts({**CHARGE, "version": "2", "occurred_at": "2026-01-01T00:00:00+08:00"})["digest"] == digest
    assert facts({**CHARGE, "payer": {"kind": "person", "name": "李四"}})["digest"] != digest
    assert len(digest) == 16


@given(st.lists(st.datetimes(), min_size=2, max_size=2))
def test_times_sort_as_text(times: list[datetime]):
    zones = [timezone(timedelta(hours=8)), timezone(timedelta(hours=-3))]
    aware = [time.replace(year=2026, day=1, tzinfo=zone) for time, zone in zip(times, zones, strict=True)]
    texts = [facts({**CHARGE, "occurred_at": time})["at"] for time in aware]
    assert (texts[0] < texts[1]) == (aware[0] < aware[1])


def test_trust_is_a_matter_of_source_and_channel():
    event = {"kind": "payment", "channel": "cash", "amount_fen": 1, "charge_no": "C1", "state": "reported"}
    assert "trusted" not in facts(event, frozenset({"alipay"}))
    assert facts(event, frozenset({"cash"}))["trusted"]
    assert facts(event, "all")["trusted"]
    assert "confirmed" not in facts(event)


def test_the_other_kinds_keep_their_ids_and_amounts():
    made = facts({"kind": "order", "charge_no": "C0", "charge_nos": ["C1", "C0"], "amount_fen": 7, "order_no": "O1"})
    assert (made["charge_nos"], made["amount"]) == (["C0", "C1"], 7)
    made = facts(
        {"kind": "refund", "channel": "a", "trade_no": "T", "refund_no": "R", "amount_fen": 5, "refunded_fen": 9}
    )
    assert (made["refund_no"], made["amount"], made["refunded"]) == ("R", 5, 9)
    made = facts({"kind": "cancel", "bill_code": "01060126", "bill_number": "0000000001", "version": "3"})
    assert (made["bill_key"], made["version"]) == ("01060126-0000000001", "3")
    assert facts({"kind": "visit", "visit_no": "V1", "name": "张三"})["keys"] == [["visit", "V1"]]


def test_an_event_goes_where_its_keys_lead():
    assert link(charge(), []) == Home()
    assert link(charge(), [Candidate("a", True, ("charge",))]) == Home("a")


def test_cases_merge_into_the_smallest_id_whatever_the_order():
    found = [Candidate("b", False, ("order",)), Candidate("a", True, ("charge",)), Candidate("c", False, ("visit",))]
    for arranged in permutations(found):
        assert link(pay(number="C1"), arranged) == Home("a", ("b", "c"))


def test_keys_that_lead_to_two_cases_with_issued_bills_contradict():
    found = [Candidate("a", True, ("charge",)), Candidate("b", True, ("order",))]
    with pytest.raises(Park) as caught:
        link(pay(number="C1", order="O2"), found)
    assert caught.value.code is faults.KEYS
    assert link(order("C1", "C2"), found) == Home("a", ("b",))
    assert link(visit(), found) == Home("a", ("b",))


def test_a_shared_visit_is_no_contradiction():
    found = [Candidate("a", True, ("charge",)), Candidate("b", True, ("visit",))]
    assert link(charge(visit="V1"), found) == Home("a", ("b",))


def test_statuses_change_by_the_table_only():
    assert change("due", "issue") == "issued"
    with pytest.raises(Park) as caught:
        change("reversed", "issue")
    assert caught.value.code is faults.STATUS
    assert set(CHANGES.values()) | {"waiting"} == set(get_args(Status))
    ends = set(get_args(Status)) - {before for before, _ in CHANGES}
    assert ends == {"void", "reversed"}
    assert not ends & LIVING


def test_a_parked_decisions_code_renders_without_values():
    for code in vars(faults).values():
        if isinstance(code, FaultCode) and code is not faults.STATUS:
            assert "<" not in fault_from(code.code).what("en") + fault_from(code.code).what("zh")
