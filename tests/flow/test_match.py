"""Charges and payments find each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.flow.decide import Issue
from hub.flow.policy import BillRule
from tests.flow.build import POLICY, World, cancel, charge, decided, issues, order, pay, refund, visit


def test_a_payment_that_comes_before_its_charge_waits_then_issues():
    world = World()
    assert world.take(pay(number="C1")).status == "waiting"
    assert world.take(charge("C1", id_="e1")).status == "due"
    bill = world.bill()
    assert (bill.total, bill.allocations, bill.charge_event) == (5000, (("alipay/m/T1", 5000),), "e1")


def test_a_charge_that_comes_before_its_payment_waits_then_issues():
    world = World()
    assert world.take(charge()).status == "waiting"
    assert world.take(pay(number="C1")).status == "due"
    world.issue()
    assert (world.decision.status, world.net) == ("settled", {"C1": 5000})


@pytest.mark.parametrize("key", ["order", "pay", "visit"])
def test_order_pay_code_and_visit_lead_to_the_charge(key: str):
    keys = {"order": {"order": "O1"}, "pay": {"code": "P1"}, "visit": {"visit": "V1"}}[key]
    assert issues(decided(charge(**{key: f"{key[0].upper()}1"}), pay(**keys)))


def test_an_order_links_a_pay_code_to_charges_that_do_not_know_it():
    facts = [charge("C1", 3000), charge("C2", 2000), pay(code="P9"), order("C1", "C2", no="O1", code="P9")]
    assert {one.charge_no: one.allocations for one in issues(decided(*facts))} == {
        "C1": (("alipay/m/T1", 3000),),
        "C2": (("alipay/m/T1", 2000),),
    }
    assert decided(*facts[:3]).effects == ()


def test_orders_that_share_a_pay_code_are_one():
    facts = [charge("C1"), order("C1", no="O1", code="P1"), order(no="M7", code="P1"), pay(order="M7")]
    assert len(issues(decided(*facts))) == 1


def test_several_payments_pay_one_charge():
    (made,) = issues(decided(charge(total=5000), pay(2000, "T1", number="C1"), pay(3000, "T2", number="C1")))
    assert dict(made.allocations) == {"alipay/m/T1": 2000, "alipay/m/T2": 3000}
    assert len(made.payment_events) == len(made.allocations)


def test_too_little_waits_or_parks_as_the_unit_says():
    facts = [charge(total=5000), pay(4999, number="C1")]
    assert decided(*facts).status == "waiting"
    parked = decided(*facts, policy=replace(POLICY, underpayment="park"))
    assert (parked.status, parked.fault, parked.where) == ("parked", "BH-FLW-008", "charge C1")


def test_too_much_parks_until_the_surplus_is_refunded():
    world = World()
    assert world.take(charge(), pay(6000, number="C1")).fault == "BH-FLW-007"
    assert world.take(refund(1000)).status == "due"
    assert world.bill().allocations == (("alipay/m/T1", 5000),)


def test_too_much_may_be_issued_with_a_refund_due():
    decision = decided(charge(), pay(6000, number="C1"), policy=replace(POLICY, overpayment="issue"))
    assert (decision.status, decision.surplus) == ("due", 1000)
    assert issues(decision)[0].allocations == (("alipay/m/T1", 5000),)


def test_a_second_payment_after_issue_parks_and_leaves_the_bill():
    world = World()
    world.take(charge(), pay(number="C1"))
    world.issue()
    decision = world.take(pay(trade="T2", number="C1"))
    assert (decision.fault, decision.surplus, world.net) == ("BH-FLW-007", 5000, {"C1": 5000})
    assert world.take(refund(5000, "T2")).status == "settled"


def test_a_payment_that_names_a_charge_pays_no_other():
    facts = [charge("C1", 5000, order="O1"), charge("C2", 2000, order="O1"), pay(7000, number="C1"), order("C1", "C2")]
    decision = decided(*facts)
    assert {where for _, where in decision.faults} == {"charge C1"}
    assert decision.effects == ()


def test_equal_sums_that_name_other_charges_park():
    facts = [
        charge("C1", 5000, order="O1"),
        charge("C2", 2000, order="O1"),
        pay(6000, "T1", number="C1"),
        pay(1000, "T2", order="O1"),
    ]
    assert decided(*facts).fault == "BH-FLW-009"


def test_money_is_moved_where_pouring_one_after_another_gets_stuck():
    facts = [
        charge("C1", 1000, order="O1", pay="P1", at="1"),
        charge("C2", 1000, pay="P1", visit="V1", at="2"),
        charge("C3", 1000, visit="V1", at="3"),
        pay(1000, "T1", code="P1", at="1"),
        pay(1000, "T2", order="O1", at="2"),
        pay(1000, "T3", visit="V1", at="3"),
    ]
    made = {one.charge_no: one.allocations for one in issues(decided(*facts))}
    assert made == {
        number: ((f"alipay/m/{trade}", 1000),) for number, trade in [("C1", "T2"), ("C2", "T1"), ("C3", "T3")]
    }


def test_a_charge_paid_by_its_own_payment_does_not_wait_for_the_rest_of_the_order():
    facts = [
        charge("C1", 5000, order="O1"),
        charge("C2", 2000, order="O1"),
        pay(5000, number="C1"),
        pay(1, "T2", order="O1"),
    ]
    assert [one.charge_no for one in issues(decided(*facts))] == ["C1"]


def test_an_order_waits_until_its_charges_make_its_amount():
    world = World()
    world.take(order(no="O1", amount=7000), charge("C1", 5000, order="O1"), pay(5000, order="O1"))
    assert world.decision.effects == ()
    world.take(charge("C2", 2000, order="O1"), pay(2000, "T2", order="O1"))
    assert world.net == {"C1": 5000, "C2": 2000}


def test_an_order_waits_for_a_charge_it_names():
    facts = [order("C1", "C2"), charge("C1", 5000), pay(5000, order="O1")]
    assert decided(*facts).status == "waiting"


def test_shares_and_cash_make_the_total():
    (made,) = issues(decided(charge(total=10000, insured=7000), pay(3000, number="C1")))
    assert (made.total, made.insured, made.allocations) == (10000, 7000, (("alipay/m/T1", 3000),))


def test_a_charge_wholly_insured_issues_without_a_payment():
    (made,) = issues(decided(charge(total=10000, insured=10000)))
    assert (made.total, made.insured, made.allocations) == (10000, 10000, ())


def test_shares_beyond_the_total_park():
    assert decided(charge(total=100, insured=101)).fault == "BH-FLW-013"
    assert decided(charge(total=-100)).fault == "BH-FLW-013"


def test_a_charge_of_nothing_parks_unless_the_unit_issues_zero_bills():
    assert decided(charge(total=0)).fault == "BH-FLW-012"
    (made,) = issues(decided(charge(total=0), policy=replace(POLICY, zero_total="issue")))
    assert (made.total, made.allocations) == (0, ())


def test_deposits_are_used_at_settlement_and_their_surplus_is_a_refund_due():
    world = World()
    world.take(pay(10000, "D1", visit="V1", deposit=True), pay(5000, "D2", visit="V1", deposit=True))
    assert world.decision.status == "waiting"
    decision = world.take(charge(total=12000, visit="V1"))
    assert (decision.status, decision.surplus) == ("due", 3000)
    assert dict(world.bill().allocations) == {"alipay/m/D1": 10000, "alipay/m/D2": 2000}


def test_deposits_fill_only_what_other_money_leaves():
    facts = [charge(total=12000, visit="V1"), pay(10000, "D1", visit="V1", deposit=True), pay(12000, number="C1")]
    decision = decided(*facts)
    assert issues(decision)[0].allocations == (("alipay/m/T1", 12000),)
    assert decision.surplus == 10000


def test_a_deposit_too_small_waits_for_the_rest():
    world = World()
    world.take(charge(total=12000, visit="V1"), pay(10000, "D1", visit="V1", deposit=True))
    assert world.decision.status == "waiting"
    world.take(pay(2000, "T2", number="C1"))
    assert world.net == {"C1": 12000}


def test_collected_items_take_money_but_make_no_bill():
    world = World()
    world.take(charge(total=5000, other=800), pay(5800, number="C1"))
    assert (world.bill().total, world.bill().allocations) == (5000, (("alipay/m/T1", 5000),))
    world.issue()
    assert (world.decision.status, world.decision.surplus) == ("settled", 0)


def test_a_charge_of_collected_items_only_settles_without_a_bill():
    decision = decided(charge(total=0, other=800), pay(800, number="C1"))
    assert (decision.status, decision.effects) == ("settled", ())


def test_money_left_for_collected_items_pays_no_other_charge():
    world = World()
    world.take(charge("C1", 5000, other=800, order="O1"), pay(5800, order="O1"))
    world.take(charge("C2", 800, order="O1"))
    assert world.net == {"C1": 5000}
    assert world.decision.status == "due"


def test_visits_of_the_charge_are_named_and_issue_nothing():
    assert decided(visit()).status == "waiting"
    facts = [visit("V1", "v1"), visit("V2", "v2"), charge(visit="V1"), pay(number="C1")]
    assert issues(decided(*facts))[0].visit_events == ("v1",)


def test_items_beyond_the_cap_are_issued_split_or_parked():
    facts = [charge(total=600, lines=[100, 200, 300]), pay(600, number="C1")]

    def with_(over: str, **more: int) -> list[Issue]:
        rule = BillRule("medical_outpatient", max_items=2, over_items=over)  # type: ignore[arg-type]
        return issues(decided(*facts, policy=replace(POLICY, bills={"outpatient": rule})))

    (whole,) = with_("issue")
    assert (whole.first_item, whole.last_item, whole.flags) == (0, 3, ("BH-FLW-015",))
    assert [(one.part, one.first_item, one.last_item, one.total) for one in with_("split")] == [
        (0, 0, 2, 300),
        (1, 2, 3, 300),
    ]
    assert with_("park") == []
    facts = [charge(total=600, insured=100, lines=[100, 200, 300]), pay(500, number="C1")]
    assert with_("split") == []


def test_a_split_charge_shares_its_payments_among_its_bills():
    rule = BillRule("medical_outpatient", max_items=1, over_items="split")
    world = World(replace(POLICY, bills={"outpatient": rule}))
    world.take(charge(total=600, lines=[100, 200, 300]), pay(250, "T1", number="C1"), pay(350, "T2", number="C1"))
    assert [bill.allocations for bill in world.living] == [
        (("alipay/m/T1", 100),),
        (("alipay/m/T1", 150), ("alipay/m/T2", 50)),
        (("alipay/m/T2", 300),),
    ]
    world.issue()
    world.take(refund(250, "T1"))
    assert {bill.status for bill in world.living} == {"reversing"}
    world.take(refund(350, "T2"))
    world.issue()
    assert world.living == []


def test_a_bill_the_unit_does_not_have_parks():
    assert decided(charge(bill="tuition"), pay(number="C1")).fault == "BH-FLW-014"


def test_a_parked_component_does_not_hold_another_one_of_the_case():
    facts = [
        charge("C1", visit="V1"),
        charge("C2", visit="V1"),
        pay(9000, "T1", number="C1"),
        pay(5000, "T2", number="C2"),
    ]
    decision = decided(*facts)
    assert decision.fault == "BH-FLW-007"
    assert [one.charge_no for one in issues(decision)] == ["C2"]


def test_the_higher_version_counts_by_value():
    facts = [charge(total=100, version="9"), charge(total=200, version="10"), pay(200, number="C1")]
    assert issues(decided(*facts))[0].total == 200


def test_without_versions_the_later_charge_counts():
    facts = [charge(total=200, at="2026-01-02"), charge(total=100, at="2026-01-01"), pay(200, number="C1")]
    assert issues(decided(*facts))[0].total == 200


def test_one_version_with_two_contents_parks_until_a_higher_one_comes():
    world = World()
    world.take(charge(total=100, version="1"), charge(total=200, version="1"), pay(200, number="C1"))
    assert world.decision.fault == "BH-FLW-002"
    world.take(charge(total=200, version="2"))
    assert world.net == {"C1": 200}


@pytest.mark.parametrize(
    ("strike", "withdrawn"),
    [
        (cancel(), True),
        (cancel(version="2"), True),
        (cancel(version="1"), False),
        (cancel(at="2026-01-03"), True),
        (cancel(at="2026-01-01"), False),
    ],
)
def test_a_cancel_strikes_what_it_comes_after(strike, withdrawn: bool):
    facts = [charge(version="2", at="2026-01-02"), pay(number="C1"), strike]
    assert (decided(*facts).effects == ()) is withdrawn


def test_a_cancel_that_comes_first_waits_and_then_strikes():
    world = World()
    assert world.take(cancel()).status == "waiting"
    decision = world.take(charge(), pay(number="C1"))
    assert (decision.status, decision.surplus, world.living) == ("settled", 5000, [])


def test_what_a_withdrawn_charge_leaves_to_refund_is_no_overpayment():
    facts = [charge("C1", 5000, order="O1"), charge("C2", 3000, order="O1"), pay(8000, order="O1"), cancel("C2")]
    decision = decided(*facts)
    assert [(one.charge_no, decision.surplus) for one in issues(decision)] == [("C1", 3000)]
