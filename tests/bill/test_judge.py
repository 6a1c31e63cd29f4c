from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bill import faults
from hub.bill.codes import ABSURD_FEN, KINDS
from hub.bill.event import EVENT
from hub.bill.judge import FUTURE, PAST, Judgement, judge
from hub.bill.judge_lines import line_is_off
from hub.bill.normalise import normalise
from hub.errors import FaultCode
from tests.bill.strategies import charges

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def judged(raw: dict[str, Any], **settings: Any) -> tuple[Judgement, ...]:
    return judge(EVENT.validate_python(normalise(raw)), **settings)


def refuse(fault: FaultCode, where: str) -> Judgement:
    return Judgement(fault.code, "refuse", where)


def warn(fault: FaultCode, where: str) -> Judgement:
    return Judgement(fault.code, "warn", where)


def charge(*amounts: int, **fields: Any) -> dict[str, Any]:
    items = [{"code": f"{n:02d}", "name": "床位费", "amount_fen": fen} for n, fen in enumerate(amounts or (15000,), 1)]
    return {"kind": "charge", "charge_no": "C1", "payer": {"name": "测试一"}, "items": items} | fields


def one_line(**fields: Any) -> dict[str, Any]:
    return charge(items=[{"code": "01", "name": "西药费", "amount_fen": 10000} | fields])


@given(charges())
def test_a_true_charge_has_nothing_against_it(raw: dict[str, Any]) -> None:
    assert judged(raw, kind="medical_outpatient", identity="refuse") == ()


@given(charges(), st.integers(-1000, 1000).filter(bool))
def test_a_total_that_is_not_the_sum_is_refused(raw: dict[str, Any], off: int) -> None:
    raw = {name: value for name, value in raw.items() if name != "shares"}
    assert refuse(faults.ITEMS_SUM, "total_fen") in judged(raw | {"total_fen": raw["total_fen"] + off})


@given(charges(), st.sampled_from(["fund_fen", "other_fund_fen", "account_fen", "cash_fen"]), st.integers(1, 1000))
def test_shares_that_do_not_add_up_are_refused(raw: dict[str, Any], share: str, off: int) -> None:
    shares = raw.get("shares", {"cash_fen": raw["total_fen"]})
    assert refuse(faults.SHARES_SUM, "shares") in judged(raw | {"shares": shares | {share: shares.get(share, 0) + off}})


def test_credit_lines_may_reduce_a_charge_but_not_below_nothing() -> None:
    assert judged(charge(15000, -5000)) == ()
    assert judged(charge(5000, -15000)) == (refuse(faults.NEGATIVE_TOTAL, "total_fen"),)
    assert judged(charge(5000, -5000)) == ()


def test_an_absurd_amount_is_refused_at_the_limit_of_its_kind() -> None:
    assert judged(charge(ABSURD_FEN)) == ()
    assert judged(charge(ABSURD_FEN + 1)) == (refuse(faults.ABSURD_TOTAL, "total_fen"),)
    registration = KINDS.of("medical_registration").limit_fen
    assert judged(charge(registration), kind="medical_registration") == ()
    assert judged(charge(registration + 1), kind="medical_registration") == (refuse(faults.ABSURD_TOTAL, "total_fen"),)


@pytest.mark.parametrize(("kind", "most"), [("medical_outpatient", 12), ("medical_inpatient", 18)])
def test_more_items_than_a_face_holds_are_a_warning(kind: str, most: int) -> None:
    assert judged(charge(*[100] * most), kind=kind) == ()
    assert judged(charge(*[100] * (most + 1)), kind=kind) == (warn(faults.TOO_MANY_ITEMS, "items"),)
    assert judged(charge(*[100] * 40), kind="some_local_kind") == ()
    assert judged(charge(*[100] * 40)) == ()


@pytest.mark.parametrize(
    ("quantity", "std", "fen", "off"),
    [
        ("2", "50.00", 10000, False),
        ("2", "50", 10000, False),
        ("1", "50.00", 5001, False),
        ("1", "50.00", 5002, True),
        ("2", "50", 10002, True),
        ("2", "50.00", 10002, True),
        ("2", "50.00", 9998, True),
        ("3", "33.33", 10000, False),  # a third of a hundred yuan
        ("300", "0.33", 10000, False),  # 99.00 ± half a fen for each of three hundred
        ("300", "0.33", 10200, True),
        ("300", "0.3333", 10000, False),
        ("300", "0.3333", 10003, True),
        ("2", "50.00", -10000, False),  # a credit line carries its minus in the amount …
        ("-2", "50.00", -10000, False),  # … or in the quantity, or both
        ("0", "50.00", 0, False),
        ("1", "0.00", 100, True),
        ("999999999999.999999", "999999999999.999999", 1, True),
    ],
)
def test_quantity_times_price_may_differ_by_rounding_only(quantity: str, std: str, fen: int, off: bool) -> None:
    assert line_is_off(quantity, std, fen) is off


@given(st.decimals(0, 9999, places=4), st.decimals(0, 9999, places=4))
def test_a_line_rounded_to_the_fen_is_never_off(quantity: Decimal, price: Decimal) -> None:
    fen = int((quantity * price * 100).to_integral_value())
    assert not line_is_off(f"{quantity:f}", f"{price:f}", fen)


@given(st.integers(1, 50), st.integers(1, 10**6), st.integers(2, 10**6))
def test_a_few_pieces_with_exact_prices_leave_no_room(quantity: int, price: int, more: int) -> None:
    off_by = more + quantity // 2
    assert line_is_off(str(quantity), f"{price // 100}.{price % 100:02d}", quantity * price + off_by)


def test_a_line_that_is_off_is_a_warning_and_its_amount_counts() -> None:
    assert judged(one_line(quantity="2", std="40.00")) == (warn(faults.LINE_AMOUNT, "items[0].amount_fen"),)
    assert judged(one_line(quantity="2")) == judged(one_line(std="3.00")) == ()


def test_details_are_held_against_their_items() -> None:
    def details(*lines: tuple[str, int]) -> tuple[Judgement, ...]:
        listed = [{"item_code": code, "name": "明细", "amount_fen": fen} for code, fen in lines]
        return judged(charge(100, 200, details=listed))

    assert details(("01", 60), ("01", 40), ("02", 200)) == ()
    assert details(("01", 100)) == ()
    assert details(("01", 100), ("02", 199)) == (warn(faults.DETAILS_SUM, "items[1].amount_fen"),)
    assert details(("01", 100), ("09", 1)) == (warn(faults.DETAIL_OF_NOTHING, "details[1].item_code"),)


def test_two_items_of_one_code_share_their_details() -> None:
    items = [{"code": "09", "name": "西药费", "amount_fen": fen} for fen in (100, 200)]
    detail = {"item_code": "09", "name": "明细", "amount_fen": 300, "quantity": "3", "price": "1.00"}
    assert judged(charge(items=items, details=[detail])) == ()
    assert judged(charge(items=items, details=[detail | {"price": "2.00"}])) == (
        warn(faults.LINE_AMOUNT, "details[0].amount_fen"),
    )


def test_what_the_patient_bears_is_compared_only_where_both_parts_are_told() -> None:
    shares = {"fund_fen": 5000, "account_fen": 4000, "cash_fen": 6000, "self_paid_fen": 7000}
    assert judged(charge(shares=shares)) == ()
    assert judged(charge(shares=shares | {"self_cost_fen": 3000})) == ()
    assert judged(charge(shares=shares | {"self_cost_fen": 1})) == (warn(faults.BORNE_SUM, "shares.self_paid_fen"),)


def test_a_negative_share_is_a_warning() -> None:
    shares = {"fund_fen": 20000, "cash_fen": -5000}
    assert judged(charge(shares=shares)) == (warn(faults.NEGATIVE_SHARE, "shares"),)


def test_a_wrong_identity_number_warns_or_refuses_as_the_caller_says() -> None:
    wrong = charge(payer={"name": "甲", "id_type": "citizen_no", "id_no": "110105194912310021"})
    assert judged(wrong) == (warn(faults.IDENTITY_CHECK, "payer.id_no"),)
    assert judged(wrong, identity="refuse") == (refuse(faults.IDENTITY_CHECK, "payer.id_no"),)
    passport = charge(payer={"name": "甲", "id_type": "passport", "id_no": "110105194912310021"})
    assert judged(passport, identity="refuse") == ()
    assert judged(charge(payer={"name": "新生儿"}), identity="refuse") == ()


@pytest.mark.parametrize(
    ("away", "far"),
    [(FUTURE, False), (FUTURE + timedelta(seconds=1), True), (-PAST, False), (-PAST - timedelta(seconds=1), True)],
)
def test_a_time_far_from_now_is_a_warning(away: timedelta, far: bool) -> None:
    raw = charge(occurred_at=(NOW + away).isoformat())
    assert judged(raw, now=NOW) == ((warn(faults.FAR_TIME, "occurred_at"),) if far else ())
    assert judged(raw) == ()
    payment = {
        "kind": "payment",
        "channel": "04",
        "trade_no": "T",
        "amount_fen": 1,
        "paid_at": (NOW + away).isoformat(),
    }
    assert judged(payment, now=NOW) == ((warn(faults.FAR_TIME, "paid_at"),) if far else ())


def test_nobody_leaves_before_he_came() -> None:
    medical = {"in_date": "2026-11-03", "out_date": "2026-11-02"}
    assert judged(charge(medical=medical)) == (warn(faults.DAYS_ORDER, "medical.out_date"),)
    visit = {"kind": "visit", "visit_no": "V1", "medical": medical}
    assert judged(visit) == (warn(faults.DAYS_ORDER, "medical.out_date"),)


@pytest.mark.parametrize("kind", ["payment", "refund", "order", "cancel"])
def test_an_event_that_names_nothing_is_refused(kind: str) -> None:
    bare = {"kind": kind} | ({"channel": "04", "amount_fen": 1} if kind in ("payment", "refund") else {})
    assert judged(bare) == (refuse(faults.NAMES_NOTHING, "charge_no"),)
    for key in ("charge_no", "pay_code", "order_no", "visit_no"):
        assert judged(bare | {key: "K1"}) == ()


def test_half_a_bill_number_names_nothing() -> None:
    half = {"kind": "cancel", "bill_code": "41060126"}
    assert judged(half) == (refuse(faults.NAMES_NOTHING, "charge_no"),)
    assert judged(half | {"bill_number": "0000000001"}) == ()


@pytest.mark.parametrize("kind", ["payment", "refund", "order"])
def test_money_that_is_negative_or_absurd_is_refused(kind: str) -> None:
    event = {"kind": kind, "charge_no": "C1"} | ({"channel": "04"} if kind != "order" else {})
    assert judged(event | {"amount_fen": -1}) == (refuse(faults.NEGATIVE_TOTAL, "amount_fen"),)
    assert judged(event | {"amount_fen": ABSURD_FEN + 1}) == (refuse(faults.ABSURD_TOTAL, "amount_fen"),)


def test_a_refund_tells_its_own_amount_or_all_refunded_so_far() -> None:
    refund = {"kind": "refund", "channel": "04", "trade_no": "T1"}
    assert judged(refund) == (refuse(faults.NO_AMOUNT, "amount_fen"),)
    assert judged(refund | {"refunded_fen": 5}) == judged(refund | {"amount_fen": 5, "refund_no": "R1"}) == ()


def test_insurance_money_reported_as_a_payment_is_a_warning() -> None:
    payment = {"kind": "payment", "channel": "11", "charge_no": "C1", "amount_fen": 5}
    assert judged(payment) == (warn(faults.SHARE_AS_PAYMENT, "channel"),)


def test_a_settlement_of_a_claim_needs_its_amount() -> None:
    claim = {"kind": "claim", "insurer": "i", "claim_no": "1", "bill_code": "41060126", "bill_number": "0000000001"}
    assert judged(claim | {"action": "lock"}) == ()
    assert judged(claim | {"action": "settle"}) == (refuse(faults.NO_AMOUNT, "amount_fen"),)


def test_a_judgement_speaks_both_languages_and_quotes_nobody() -> None:
    wrong = charge(payer={"name": "甲某", "id_type": "citizen_no", "id_no": "110105194912310021"})
    (found,) = judged(wrong)
    told = str(found.fault().json("zh")) + str(found.fault().json("en"))
    assert "check character" in told
    assert "校验位" in told
    assert "甲某" not in told
    assert "110105194912310021" not in told
