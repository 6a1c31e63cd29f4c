from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from hub.bill import faults
from hub.bill.bill import Bill
from hub.bill.judge import Judgement, judge_bill
from tests.bill.strategies import bills

BILL: dict[str, Any] = {
    "id": "b1",
    "status": "issued",
    "kind": "medical_outpatient",
    "unit": {"id": "demo", "name": "示例人民医院", "uscc": "12320900E875065319", "region": "410100"},
    "bill_name": "医疗门诊收费票据（电子）",
    "bill_code": "41060126",
    "bill_number": "0000000001",
    "check_code": "a1b2c3",
    "issued_at": "2026-11-23T09:30:15+08:00",
    "payer": {"name": "测试一"},
    "items": [{"code": "01", "name": "床位费", "amount_fen": 15000}],
    "total_fen": 15000,
    "paid_fen": 15000,
    "payments": [{"channel": "04", "amount_fen": 5000}],
    "shares": {"fund_fen": 10000, "cash_fen": 5000},
}


def judged(**fields: Any) -> tuple[Judgement, ...]:
    return judge_bill(Bill.model_validate(BILL | fields))


@given(bills())
def test_a_true_bill_has_nothing_against_it(raw: dict[str, Any]) -> None:
    assert judge_bill(Bill.model_validate(raw), identity="refuse") == ()


def test_an_issued_bill_is_paid_to_the_fen() -> None:
    assert judged() == ()
    for payments in ([], [{"channel": "04", "amount_fen": 4999}], [{"channel": "04", "amount_fen": 5001}]):
        assert judged(payments=payments) == (Judgement(faults.ALLOCATIONS_SUM.code, "refuse", "payments"),)
        assert judged(payments=payments, status="waiting") == ()


@pytest.mark.parametrize("missing", ["bill_code", "bill_number", "check_code", "issued_at"])
@pytest.mark.parametrize("status", ["issued", "issued_offline", "confirmed"])
def test_an_issued_bill_has_its_number(status: str, missing: str) -> None:
    assert judged(status=status, **{missing: None}) == (Judgement(faults.NOT_NUMBERED.code, "refuse", "bill_number"),)
    assert judged(status="due", **{missing: None}) == ()


@pytest.mark.parametrize(
    "odd",
    [{"bill_code": "4106012"}, {"bill_number": "１２３４５６７８９０"}, {"bill_number": "1"}, {"check_code": "a1b2c"}],
)
def test_an_odd_number_is_a_warning(odd: dict[str, str]) -> None:
    assert judged(**odd) == (Judgement(faults.NUMBER_SHAPE.code, "warn", "bill_number"),)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_red_bill_names_the_blue_one_whatever_its_sign(sign: int) -> None:
    red = {
        "face": "red",
        "items": [{"code": "01", "name": "床位费", "amount_fen": sign * 15000}],
        "total_fen": sign * 15000,
        "shares": None,
        "payments": [],
    }
    related = [{"relation": "red_of", "bill_code": "41060126", "bill_number": "0000000009"}]
    assert judged(**red, related=related) == ()
    shares = {"fund_fen": sign * 10000, "cash_fen": sign * 5000}
    assert judged(**red | {"shares": shares}, related=related) == ()
    assert judged(**red) == (Judgement(faults.RED_OF_NOTHING.code, "refuse", "related"),)


def test_a_blue_bill_is_never_negative() -> None:
    items = [{"code": "01", "name": "床位费", "amount_fen": -1}]
    found = judged(items=items, total_fen=-1, shares=None, status="due")
    assert found == (Judgement(faults.NEGATIVE_TOTAL.code, "refuse", "total_fen"),)


def test_the_units_credit_code_is_judged_as_the_caller_says() -> None:
    unit = BILL["unit"] | {"uscc": "12320900E875065310"}
    assert judged(unit=unit) == (Judgement(faults.IDENTITY_CHECK.code, "warn", "unit.uscc"),)
