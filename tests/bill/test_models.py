from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hub.bill.event import EVENT

CHARGE: dict[str, Any] = {
    "kind": "charge",
    "charge_no": "C1",
    "payer": {"name": "测试一"},
    "items": [{"code": "01", "name": "床位费", "amount_fen": 1}],
    "total_fen": 1,
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"charge_no": ""},
        {"charge_no": "C\n1"},
        {"charge_no": "C\x001"},
        {"charge_no": "C" * 65},
        {"charge_no": 17},
        {"remark": "a\x0bb"},
        {"remark": "\ufffe"},
        {"payer": {"name": " "}},
        {"items": []},
        {"occurred_at": "2026-11-23T09:30:15"},
        {"medical": {"in_date": "2026-02-30"}},
        {"medical": {"in_date": "２０２６-０２-０１"}},
        {"surprise": "1"},
    ],
)
def test_what_no_bill_could_hold_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EVENT.validate_python(CHARGE | wrong)


@pytest.mark.parametrize(
    "quantity", ["1e3", "１", "1.", ".5", "NaN", "1,0", "+1", "1.1234567", "", "1\n", "1234567890123"]
)
def test_quantities_are_plain_decimals(quantity: str) -> None:
    with pytest.raises(ValidationError):
        EVENT.validate_python(CHARGE | {"items": [CHARGE["items"][0] | {"quantity": quantity}]})


@pytest.mark.parametrize("quantity", ["1", "-2", "0.000001", "123456789012.123456", "007"])
def test_plain_decimals_are_kept_as_they_came(quantity: str) -> None:
    event = EVENT.validate_python(CHARGE | {"items": [CHARGE["items"][0] | {"quantity": quantity}]})
    assert event.items[0].quantity == quantity


def test_codes_keep_their_leading_zeros_and_text_its_lines() -> None:
    event = EVENT.validate_python(CHARGE | {"charge_no": "007", "remark": "一\n二\t三"})
    assert (event.charge_no, event.remark) == ("007", "一\n二\t三")


def test_events_cannot_be_changed() -> None:
    event = EVENT.validate_python(CHARGE)
    with pytest.raises(ValidationError):
        event.charge_no = "C2"
