"""Reports of money merge; they never add."""

from __future__ import annotations

from tests.flow.build import World, charge, decided, issues, order, pay, refund


def test_the_same_payment_told_three_times_counts_once():
    facts = [charge(order="O1"), pay(order="O1"), pay(number="C1"), pay(merchant=None, number="C1", trusted=True)]
    (made,) = issues(decided(*facts))
    assert made.allocations == (("alipay/m/T1", 5000),)


def test_a_reported_payment_waits_until_it_is_confirmed():
    world = World()
    assert world.take(charge(), pay(number="C1", sure=False)).status == "waiting"
    assert world.take(pay(sure=True)).status == "due"


def test_a_report_without_trade_number_counts_only_from_a_trusted_source():
    assert decided(charge(), pay(trade=None, number="C1")).status == "waiting"
    (made,) = issues(decided(charge(), pay(trade=None, number="C1", trusted=True, id_="p")))
    assert made.allocations == (("event:p", 5000),)


def test_a_provisional_payment_is_absorbed_by_the_channels_own_report():
    facts = [charge(order="O1"), pay(trade=None, merchant=None, number="C1", trusted=True), pay(order="O1")]
    (made,) = issues(decided(*facts))
    assert made.allocations == (("alipay/m/T1", 5000),)


def test_a_bill_made_on_a_provisional_payment_stays_when_the_real_one_comes():
    world = World()
    world.take(charge(order="O1"), pay(trade=None, number="C1", trusted=True))
    world.issue()
    assert world.take(pay(order="O1")).status == "settled"
    world.take(refund(5000))
    world.issue()
    assert world.living == []


def test_two_lines_of_one_amount_find_each_its_payment():
    facts = [
        charge("C1", order="O1"),
        charge("C2", order="O2"),
        pay(trade=None, number="C1", trusted=True),
        pay(trade=None, number="C2", trusted=True),
        pay(trade="T2", order="O2"),
        pay(trade="T1", order="O1"),
    ]
    made = {one.charge_no: one.allocations for one in issues(decided(*facts))}
    assert made == {"C1": (("alipay/m/T1", 5000),), "C2": (("alipay/m/T2", 5000),)}


def test_lines_of_several_charges_are_absorbed_by_the_one_payment_of_their_order():
    world = World()
    world.take(charge("C1", 5000), charge("C2", 3000), order("C1", "C2"))
    world.take(pay(5000, None, number="C1", trusted=True), pay(3000, None, number="C2", trusted=True))
    world.issue()
    assert world.take(pay(8000, order="O1")).status == "settled"
    assert world.net == {"C1": 5000, "C2": 3000}


def test_a_provisional_amount_that_disagrees_with_the_channel_parks():
    decision = decided(charge(order="O1"), pay(4900, None, number="C1", trusted=True), pay(5000, order="O1"))
    assert (decision.fault, decision.effects) == ("BH-FLW-004", ())


def test_another_channel_absorbs_nothing():
    facts = [charge(total=8000), pay(3000, None, number="C1", trusted=True, channel="cash"), pay(5000, number="C1")]
    assert len(issues(decided(*facts))[0].allocations) == 2


def test_a_payment_with_two_amounts_parks_and_takes_a_due_bill_back():
    world = World()
    world.take(charge(), pay(number="C1"))
    decision = world.take(pay(5001, number="C1"))
    assert (decision.fault, world.living) == ("BH-FLW-003", [])


def test_two_merchants_are_two_payments_and_a_nameless_report_cannot_tell_them():
    facts = [charge(total=9000), pay(5000, merchant="a", number="C1"), pay(4000, merchant="b", number="C1")]
    assert len(issues(decided(*facts))[0].allocations) == 2
    assert decided(*facts, pay(5000, merchant=None, number="C1")).fault == "BH-FLW-003"


def test_refunds_before_issue_reduce_the_money():
    world = World()
    world.take(charge(), pay(number="C1"))
    world.take(refund(2000, no="R1"))
    assert (world.decision.status, world.living) == ("waiting", [])


def test_a_refund_is_the_larger_of_cumulative_and_single_ones_counted_once():
    facts = [charge(), pay(8000, number="C1")]
    told = [refund(1000, no="R1"), refund(1000, no="R1"), refund(2000, no="R2"), refund(so_far=3000)]
    assert issues(decided(*facts, *told))
    assert not issues(decided(*facts, *told, refund(1, no="R3")))


def test_a_refund_told_by_two_sources_without_its_number_counts_once():
    facts = [charge(), pay(8000, number="C1"), refund(3000), refund(3000, None, number="C1", source="his")]
    assert issues(decided(*facts))
    assert issues(decided(*facts, refund(3000, no="R1")))


def test_a_refund_waits_for_its_payment():
    world = World()
    assert world.take(charge(), refund(1000, "T1", number="C1")).status == "waiting"
    world.take(pay(6000, "T1", number="C1"))
    assert world.net == {"C1": 5000}


def test_a_refund_beyond_its_payment_parks():
    assert decided(charge(), pay(number="C1"), refund(5001)).fault == "BH-FLW-005"
    assert decided(charge(), pay(number="C1"), refund(1, no="R"), refund(2, no="R")).fault == "BH-FLW-005"


def test_a_refund_that_fits_several_payments_parks():
    facts = [charge(), pay(2000, "T1", number="C1"), pay(3000, "T2", number="C1")]
    assert decided(*facts, refund(1000, None, number="C1")).fault == "BH-FLW-006"
    whole = decided(*facts, refund(5000, None, number="C1"))
    assert (whole.status, whole.effects) == ("waiting", ())
