from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

import pytest

from hub.bill import codes
from hub.bill.bill import Status
from hub.bill.codes_doc import codes_markdown
from hub.bill.tables.table import Row, Table
from hub.errors import Park

DOC = Path(__file__).parents[2] / "docs" / "codes.md"


def test_every_status_of_the_model_is_in_the_table_and_no_other() -> None:
    assert tuple(row.code for row in codes.STATUSES) == get_args(Status)


def test_the_contracts_bill_kinds_are_there() -> None:
    medical = ["medical_outpatient", "medical_inpatient", "medical_registration", "medical_checkup"]
    others = ["nontax", "education", "donation", "dues", "settlement"]
    assert [row.code for row in codes.KINDS] == medical + others
    assert all(row.bill_name and row.bill_name.endswith("（电子）") for row in codes.KINDS)


def test_item_caps_are_data() -> None:
    assert codes.items_max("medical_outpatient") == 12
    assert codes.items_max("medical_inpatient") == 18
    assert codes.items_max("donation") is codes.items_max("local_kind") is codes.items_max(None) is None


def test_only_insurance_money_is_a_share() -> None:
    assert [row.code for row in codes.CHANNELS] == ["02", "04", "05", "07", "11"]
    assert [row.code for row in codes.CHANNELS if codes.share_only(row.code)] == ["11"]
    assert not codes.share_only("99")


def test_categories_are_the_fourteen() -> None:
    assert [row.code for row in codes.CATEGORIES] == [f"{n:02d}" for n in range(1, 15)]
    assert codes.CATEGORIES.name_of("09") == "西药费"
    assert codes.CATEGORIES.of("13").zh == "挂号费"


@pytest.mark.parametrize(
    ("insutype", "shown"),
    [
        ("310", "01"), ("370", "01"), ("340", "06"), ("360", "06"), ("380", "02"), ("392", "02"), ("350", "99"),
        ("410", "99"), ("", "07"), (None, "07"), ("777", None),
    ],
)  # fmt: skip
def test_an_insutype_is_shown_as_a_kind_of_insurance(insutype: str | None, shown: str | None) -> None:
    assert codes.insurance_type_of(insutype) == shown


def test_tables_that_lead_into_others_lead_to_rows_that_exist() -> None:
    assert all(row.insurance_type in codes.INSURANCE_TYPES for row in codes.INSU_TYPES)
    assert all(row.kind is None or row.kind in codes.KINDS for row in codes.BUS_TYPES)
    assert codes.kind_of_bus_type("02") == "medical_outpatient"
    assert codes.kind_of_bus_type("07") is codes.kind_of_bus_type("77") is None


def test_an_unknown_code_is_never_turned_into_another() -> None:
    assert codes.CHANNELS.get("99") is None
    assert codes.CHANNELS.name_of("99") == "99"
    with pytest.raises(Park) as parked:
        codes.CHANNELS.of("4")  # a lost leading zero is another code
    assert parked.value.code.code == "BH-BIL-001"


def test_names_come_in_both_languages() -> None:
    for table in codes.TABLES:
        assert table.source
        for row in table:
            assert row.zh
            assert row.en.isascii()
            assert table.name_of(row.code, "en") == row.en


def test_a_table_refuses_a_code_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Table("t", "表", "table", "here", (Row("1", "一", "one"), Row("1", "二", "two")))


def test_rows_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        codes.KINDS.of("dues").zh = "别的"  # type: ignore[misc]


def test_the_page_of_codes_is_up_to_date_and_complete() -> None:
    page = codes_markdown()
    assert DOC.read_text(encoding="utf-8") == page
    for table in codes.TABLES:
        assert f"`{table.name}`" in page
        assert all(f"| `{row.code}` | {row.zh} | {row.en} |" in page for row in table)
