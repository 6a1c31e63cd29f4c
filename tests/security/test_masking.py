"""Masking."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.security import masking

BILL: dict[str, Any] = {
    "id": "b1",
    "unit": {"name": "示例医院", "uscc": "12410000MB0000000X"},
    "payer": {
        "kind": "person",
        "name": "张三",
        "id_no": "11010519491231002X",
        "phone": "13800138000",
        "email": "zhang@example.org",
        "account": "6222020200112233445",
        "bank": "示例银行",
    },
    "items": [{"code": "01", "name": "检查费", "remark": "电话 13900139000"}],
    "medical": {"gender": "男", "patient_no": "MZ000123456", "insurance_no": "4101000099887766"},
    "extensions": [{"code": "x", "name": "联系人", "value": "李四 110105199001011234"}],
    "remark": "联系 li@example.org 或 +8613700137000",
    "total_fen": 5000,
}


def test_a_bill_shows_no_person_but_stays_itself() -> None:
    before = json.dumps(BILL)
    made = masking.mask_bill(BILL)
    text = json.dumps(made, ensure_ascii=False)
    secrets = ["张三", "11010519491231002X", "13800138000", "zhang@", "112233445", "13900139000", "000123456"]
    for secret in [*secrets, "99887766", "110105199001011234", "li@example", "13700137000"]:
        assert secret not in text
    assert made["payer"]["name"] == "张*"
    assert (made["unit"], made["total_fen"], made["payer"]["bank"]) == (BILL["unit"], 5000, "示例银行")
    assert made["medical"]["gender"] == "男"
    assert json.dumps(BILL) == before


def test_an_organisation_keeps_its_name_but_not_its_account() -> None:
    made = masking.mask_bill(
        {"payer": {"kind": "organisation", "name": "示例公司", "id_no": "9144", "account": "123456789"}}
    )
    assert made["payer"] == {"kind": "organisation", "name": "示例公司", "id_no": "9144", "account": "*****6789"}


@pytest.mark.parametrize(
    ("mask", "plain", "shown"),
    [
        (masking.mask_name, "张三", "张*"),
        (masking.mask_name, "欧阳修远", "欧***"),
        (masking.mask_name, "李", "*"),
        (masking.mask_name, "", ""),
        (masking.mask_id_no, "11010519491231002X", "1****************X"),
        (masking.mask_id_no, "E1234567", "*******7"),
        (masking.mask_phone, "13800138000", "138****8000"),
        (masking.mask_phone, "88886666", "******66"),
        (masking.mask_email, "wang@example.org", "w***@example.org"),
        (masking.mask_email, "nonsense", "********"),
        (masking.mask_account, "6222020200112233445", "***************3445"),
        (masking.mask_account, "12", "*2"),
        (masking.mask_text, "金额 50.00,流水号 2026112500001", "金额 50.00,流水号 2026112500001"),
    ],
)
def test_shapes(mask: Any, plain: str, shown: str) -> None:
    assert mask(plain) == shown


@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_free_text_keeps_neither_number(id_no: str, phone: str) -> None:
    made = masking.mask_text(f"证件{id_no},电话{phone}。")
    assert id_no not in made
    assert phone not in made
