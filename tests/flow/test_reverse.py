"""A bill is never edited: red for all of it, and a new blue one for what remains; never a guess."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from hub.flow.decide import Mark, Reverse
from hub.flow.faults import MISDIRECTED, REVISED
from tests.flow.build import POLICY, World, cancel, charge, pay, refund


def issued(*facts, policy=POLICY) -> World:
    world = World(policy)
    world.take(*facts)
    world.issue()
    assert world.living
    return world


def test_a_full_refund_without_shares_makes_the_bill_red():
    world = issued(charge(), pay(number="C1"))
    first = world.bill().id
    decision = world.take(refund(5000))
    assert [(e.bill_id, e.reason) for e in decision.effects if isinstance(e, Reverse)] == [(first, "refunded")]
    world.issue()
    assert (world.bills[first].status, world.living, world.decision.status) == ("reversed", [], "waiting")


def test_paid_again_after_a_full_refund_makes_a_new_bill_that_names_the_old():
    world = issued(charge(), pay(number="C1"))
    first = world.bill().id
    world.take(refund(5000))
    world.issue()
    decision = world.take(pay(trade="T2", number="C1"))
    assert [effect.replaces for effect in decision.effects] == [first]
    assert world.bill().id != first


def test_a_refund_of_a_bill_with_shares_waits_for_the_cancel():
    world = issued(charge(total=10000, insured=7000), pay(3000, number="C1"))
    decision = world.take(refund(3000))
    assert decision.effects == (Mark(world.bill().id, "reverse", "reversing"),)
    assert decision.status == "waiting"
    (effect,) = world.take(cancel()).effects
    assert isinstance(effect, Reverse)
    assert effect.reason == "cancelled"


def test_a_partial_refund_waits_then_red_for_all_and_blue_for_what_remains():
    world = issued(charge(total=5000, version="1"), pay(number="C1"))
    first = world.bill().id
    world.take(refund(2000))
    assert world.bills[first].status == "reversing"
    decision = world.take(charge(total=3000, version="2"))
    assert [type(effect).__name__ for effect in decision.effects] == ["Reverse", "Issue"]
    world.issue()
    assert (world.net, world.bill().allocations) == ({"C1": 3000}, (("alipay/m/T1", 3000),))
    assert world.bills[first].status == "reversed"


def test_the_revised_charge_may_come_before_its_refund():
    world = issued(charge(total=5000, version="1"), pay(number="C1"))
    assert world.take(charge(total=3000, version="2")).fault == "BH-FLW-010"
    assert world.take(refund(2000)).status == "due"
    assert world.net == {"C1": 3000}


def test_nothing_is_prorated_while_refund_and_charge_disagree():
    world = issued(charge(total=5000, version="1"), pay(number="C1"))
    world.take(refund(1000), charge(total=3000, version="2"))
    assert (world.decision.status, world.bill().status, world.net) == ("waiting", "reversing", {"C1": 5000})


def test_a_cancel_reverses_and_the_money_that_stays_is_a_refund_due():
    world = issued(charge(), pay(number="C1"))
    decision = world.take(cancel())
    world.issue()
    assert (decision.surplus, world.living) == (5000, [])
    decision = world.take(refund(5000))
    assert (decision.status, decision.surplus) == ("settled", 0)


def test_a_cancel_that_names_the_bill_reverses_its_charge():
    world = issued(charge(version="1"), pay(number="C1"))
    world.take(cancel(None, bill=world.bill().key))
    world.issue()
    assert world.living == []


def test_a_cancel_that_names_the_bill_spares_a_later_version():
    world = issued(charge(total=5000, version="1"), pay(number="C1"))
    key = world.bill().key
    world.take(charge(total=5000, version="2", digest="new"))
    assert world.decision.fault == "BH-FLW-010"
    world.take(cancel(None, bill=key))
    world.issue()
    assert world.bill().digest == "new"


def test_a_bill_withdrawn_before_issue_is_void():
    world = World()
    world.take(charge(), pay(number="C1"))
    first = world.bill().id
    world.take(cancel())
    assert world.bills[first].status == "void"


def test_a_refund_of_one_charge_of_a_common_payment_waits_for_the_word_of_the_owner():
    world = issued(charge("C1", 5000, order="O1"), charge("C2", 3000, order="O1"), pay(8000, order="O1"))
    world.take(refund(3000))
    assert {bill.status for bill in world.living} == {"reversing"}
    decision = world.take(cancel("C2"))
    assert {type(effect).__name__ for effect in decision.effects} == {"Reverse", "Mark"}
    assert (world.bill("C1").status, world.net) == ("issued", {"C1": 5000})


def test_a_refund_in_a_charges_name_reverses_that_charges_bill_alone():
    world = issued(charge("C1", 5000, order="O1"), charge("C2", 3000, order="O1"), pay(8000, order="O1"))
    world.take(refund(3000, no="R1", number="C2"))
    assert (world.net, world.bill("C1").status) == ({"C1": 5000}, "issued")


@pytest.mark.parametrize("why", ["booked", "paper", "claimed"])
def test_a_bill_that_is_held_parks_instead(why: str):
    world = issued(charge(), pay(number="C1"))
    world.hold("C1", why)
    decision = world.take(refund(5000))
    assert (decision.fault, decision.effects, world.bill().status) == ("BH-FLW-011", (), "issued")


def test_a_charge_changed_after_issue_parks_or_is_reissued():
    world = issued(charge(version="1"), pay(number="C1"))
    assert world.take(charge(version="2", digest="other")).fault == "BH-FLW-010"
    world = issued(charge(version="1"), pay(number="C1"), policy=replace(POLICY, charge_revised="reissue"))
    world.take(charge(version="2", digest="other"))
    world.issue()
    assert world.bill().digest == "other"


def test_reissue_of_a_lower_charge_leaves_a_refund_due():
    world = issued(charge(version="1"), pay(number="C1"), policy=replace(POLICY, charge_revised="reissue"))
    decision = world.take(charge(total=4000, version="2"))
    assert (decision.surplus, world.net) == (1000, {"C1": 4000})


def test_the_same_content_under_a_higher_version_changes_nothing():
    world = issued(charge(version="1"), pay(number="C1"))
    assert world.take(charge(version="2")).effects == ()


def test_a_higher_charge_and_the_money_for_it_make_red_and_blue():
    world = issued(charge(total=5000, version="1"), pay(number="C1"))
    world.take(charge(total=6000, version="2"))
    assert world.decision.fault == "BH-FLW-010"
    world.take(pay(1000, "T2", number="C1"))
    assert world.net == {"C1": 6000}


def test_a_charge_revised_to_nothing_is_withdrawn():
    world = issued(charge(version="1"), pay(number="C1"))
    world.take(charge(total=0, version="2"))
    world.issue()
    assert (world.living, world.decision.surplus) == ([], 5000)


def test_a_second_payment_takes_the_place_of_a_refunded_one():
    world = issued(charge(), pay(number="C1"))
    world.take(pay(trade="T2", number="C1"))
    decision = world.take(refund(5000, "T1"))
    assert [type(effect).__name__ for effect in decision.effects] == ["Reverse", "Issue"]
    assert world.bill().allocations == (("alipay/m/T2", 5000),)


def test_a_contradiction_leaves_issued_bills_and_issues_nothing():
    world = issued(charge(), pay(number="C1"))
    decision = world.take(pay(4000, number="C1"))
    assert (decision.fault, decision.effects, world.net) == ("BH-FLW-003", (), {"C1": 5000})


def test_money_that_another_charge_needs_is_moved_by_red_and_blue():
    world = World()
    world.take(charge("C1", 1000, order="O1"), pay(1000, "S1", order="O1"))
    world.issue()
    world.take(pay(1000, "T1", number="C1"))
    assert world.decision.fault == "BH-FLW-007"
    decision = world.take(charge("C2", 1000, order="O1"))
    assert [type(effect).__name__ for effect in decision.effects] == ["Reverse", "Issue", "Issue"]
    assert {bill.charge_no: bill.allocations for bill in world.living} == {
        "C1": (("alipay/m/T1", 1000),),
        "C2": (("alipay/m/S1", 1000),),
    }


def test_a_held_bill_is_not_moved():
    world = issued(charge("C1", 1000, order="O1"), pay(1000, "S1", order="O1"))
    world.hold("C1", "booked")
    world.take(pay(1000, "T1", number="C1"))
    decision = world.take(charge("C2", 1000, order="O1"))
    assert (decision.fault, world.net) == ("BH-FLW-011", {"C1": 1000})


def test_a_confirmed_bill_goes_back_to_confirmed():
    world = issued(charge("C1", 5000, order="O1"), charge("C2", 3000, order="O1"), pay(8000, order="O1"))
    first = world.bill("C1")
    world.bills[first.id] = structs.replace(first, status="confirmed")
    world.take(refund(3000), cancel("C2"))
    assert world.bill("C1").status == "confirmed"


def test_a_revised_charge_and_money_that_must_be_moved_are_put_right_at_once():
    """What the revised charge waits for comes last; then nothing keeps the other charges' money from being moved."""
    world = issued(
        charge("C0", 100, order="O1"),
        pay(100, "S0", order="O1"),
        charge("C1", 100, order="O1", version="1"),
        pay(100, "T1", number="C1"),
    )
    world.take(charge("C2", 100, order="O1"), charge("C1", 170, order="O1", version="2"), pay(100, "T0", number="C0"))
    assert world.net == {"C0": 100, "C1": 100}
    decision = world.take(pay(70, "U1", number="C1"))
    assert [effect.reason for effect in decision.effects if isinstance(effect, Reverse)] == ["redirected", "revised"]
    assert {bill.charge_no: bill.allocations for bill in world.living} == {
        "C0": (("alipay/m/T0", 100),),
        "C1": (("alipay/m/T1", 100), ("alipay/m/U1", 70)),
        "C2": (("alipay/m/S0", 100),),
    }


def test_money_is_moved_to_a_bill_whose_own_was_refunded_in_part():
    world = issued(
        charge("C0", 100, order="O1"),
        pay(100, "T0", number="C0"),
        charge("C1", 50, order="O1"),
        pay(50, "S0", order="O1"),
    )
    world.take(refund(50, "T0", no="R"))
    assert world.bill("C0").status == "reversing"
    world.take(pay(50, "T1", number="C1"))
    assert {bill.charge_no: bill.allocations for bill in world.living} == {
        "C0": (("alipay/m/T0", 50), ("alipay/m/S0", 50)),
        "C1": (("alipay/m/T1", 50),),
    }


def test_a_revised_charge_that_agrees_issues_nothing_where_the_rest_is_misdirected():
    world = issued(
        charge("C0", 100, order="O1"),
        pay(100, "T0", number="C0"),
        charge("C1", 100, order="O1", version="1"),
        pay(100, "T1", number="C1"),
        charge("C3", 100, order="O1"),
        pay(100, "S0", order="O1"),
    )
    world.take(charge("C1", 150, order="O1", version="2"), charge("C2", 100, order="O1"), pay(100, "V0", number="C0"))
    world.take(pay(50, "U1", number="C1"))
    assert world.decision.fault == MISDIRECTED.code
    assert world.net == {"C0": 100, "C1": 100, "C3": 100}


def test_nothing_is_moved_while_a_revised_charge_is_parked():
    world = issued(
        charge("C0", 100, order="O1"),
        pay(100, "S0", order="O1"),
        charge("C1", 100, order="O1", version="1"),
        pay(100, "T1", number="C1"),
    )
    world.take(charge("C2", 100, order="O1"), charge("C1", 100, order="O1", version="2", digest="changed"))
    decision = world.take(pay(100, "T0", number="C0"))
    assert (decision.fault, decision.effects) == (REVISED.code, ())
    assert world.net == {"C0": 100, "C1": 100}
