"""Rows: what each cell may hold, what a total row claims, and which row a fault names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.education.school_table.adapter import SchoolTable, connect
from adapters.education.school_table.cells import clean, number_text, runs, time_text, yuan_text
from tests.adapters.school_table.conftest import HEAD, ROW, faults, read, text, with_cell


@pytest.mark.parametrize("column", ["学号", "身份证号", "流水号", "收费项目代码"])
@pytest.mark.parametrize("value", ["1.1E+17", "1.10101199003078E+17", "9E17", "1.1e+17"])
def test_an_id_that_lost_digits_is_refused_on_its_row(source: SchoolTable, column: str, value: str) -> None:
    messages = read(source, text(ROW, with_cell(column, value).replace("LS1", "LS2")))
    assert faults(messages) == [("BH-SCH-020", column)]
    assert messages[1].fault is not None
    assert messages[1].fault.values["row"] == 3


def test_leading_zeros_and_whole_floats(source: SchoolTable) -> None:
    (message,) = read(source, text(with_cell("学号", "0012.0")))
    assert message.tree["学号"] == "0012"


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "=cmd|'/C calc'!A1",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "＝1+1",
        "＠x",
        "-abc",
        '="a"&"b"',
        "\tabc",
    ],
)
def test_what_a_spreadsheet_could_run_is_refused(source: SchoolTable, value: str) -> None:
    assert faults(read(source, text(with_cell("姓名", value)))) == [("BH-SCH-021", "姓名")]
    extra = text(ROW + ',"' + value.replace('"', '""') + '"', head=HEAD + ",自家备注")
    assert faults(read(source, extra)) == [("BH-SCH-021", "自家备注")]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("\t990100200601010012", "990100200601010012"),
        ("'99010020060101001X", "99010020060101001X"),
        ('="0012"', "0012"),
    ],
)
def test_guards_that_only_keep_an_id_text_are_taken_off(source: SchoolTable, value: str, kept: str) -> None:
    (message,) = read(source, text(with_cell("身份证号", value)))
    assert message.tree["身份证号"] == kept


def test_a_lone_dash_is_an_empty_cell_and_a_signed_number_is_no_formula(source: SchoolTable) -> None:
    (message,) = read(source, text(with_cell("身份证号", "-")))
    assert "身份证号" not in message.tree
    (refund,) = read(source, text(with_cell("实收", "-5000.00")))
    assert (refund.fault, refund.tree["收退"]) == (None, "退")


@pytest.mark.parametrize("value", ["五千", "NaN", "Infinity", "1e3", "50%", "5,00", "--5", "12.3.4"])
def test_what_is_no_amount_is_refused(source: SchoolTable, value: str) -> None:
    assert faults(read(source, text(with_cell("应收", value)))) == [("BH-SCH-024", "应收")]


def test_the_unit_of_amounts_is_declared_and_checked() -> None:
    source = connect({"school": "10001", "amounts": "fen"})
    (message,) = read(source, text(with_cell("应收", "500001").replace("5000.00", "500001")))
    assert (message.tree["应收"], message.tree["实收"]) == ("5000.01", "5000.01")
    assert faults(read(source, text(with_cell("应收", "5000.50").replace("5000.00", "1")))) == [("BH-SCH-024", "应收")]


def test_what_is_waived_is_not_owed(source: SchoolTable) -> None:
    (message,) = read(source, text(with_cell("减免", "1,000.00").replace("5000.00,微信", "4000,微信")))
    assert message.tree["应缴"] == "4000.00"
    head, row = HEAD + ",应缴", with_cell("减免", "1000")
    assert faults(read(source, text(row + ",4000", head=head))) == []
    assert faults(read(source, text(row + ",4500", head=head))) == [("BH-SCH-025", "应缴")]
    assert faults(read(source, text(with_cell("减免", "6000")))) == [("BH-SCH-024", "应缴")]


def test_a_row_needs_its_keys(source: SchoolTable) -> None:
    assert faults(read(source, text(with_cell("姓名", "")))) == [("BH-SCH-022", "姓名")]
    assert faults(read(source, text(with_cell("流水号", "").replace("0026001", "")))) == [("BH-SCH-022", "学号")]
    (message,) = read(source, text(with_cell("流水号", "")))
    assert message.identity == "10001/0026001-2026_2027-1-0101"
    project = with_cell("收费项目代码", "").replace("学费", "")
    assert faults(read(source, text(project))) == [("BH-SCH-022", "收费项目")]


def test_one_payment_may_answer_two_projects(source: SchoolTable) -> None:
    messages = read(source, text(ROW, ROW.replace("0101,学费", "0102,住宿费")))
    assert [message.identity for message in messages] == ["10001/LS1/0101", "10001/LS1/0102"]


def test_a_row_wider_than_its_headings_and_a_control_character(source: SchoolTable) -> None:
    assert faults(read(source, text(ROW + ",x"))) == [("BH-SCH-023", "")]
    assert faults(read(source, text(ROW + ",,"))) == []
    assert faults(read(source, text(with_cell("姓名", "甲\x07")))) == [("BH-SCH-027", "姓名")]
    assert faults(read(source, text(with_cell("姓名", "甲" * 1001)))) == [("BH-SCH-027", "姓名")]


def test_titles_empty_rows_and_repeated_headings_are_passed_over(source: SchoolTable) -> None:
    title = "示例大学缴费表" + "," * 12
    body = "\n".join([title, ",,", HEAD, "", ROW, "," * 12, HEAD, ROW.replace("LS1", "LS2"), ""]).encode()
    messages = read(source, body)
    assert [(one.tree["流水号"], one.tree["行号"]) for one in messages] == [("LS1", "5"), ("LS2", "8")]


def total(word: str, owed: str, received: str) -> str:
    return f"{word},,,,,,,{owed},,{received},,,"


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([ROW, total("合计", "5000", "5000.00")], []),
        ([ROW, total("合 计:", '"5,000.00"', "")], []),
        ([ROW, total("合计", "5000", "4999.99")], [("BH-SCH-026", "实收")]),
        ([ROW, total("总计", "", "abc")], [("BH-SCH-026", "实收")]),
        ([ROW, total("小计", "5000", "5000"), ROW, total("小计", "5000", "5000"), total("总计", "10000", "10000")], []),
        ([ROW, total("合计", "5000", ""), ROW, total("合计", "5000", ""), ROW, total("合计", "15000", "")], []),
        ([ROW, total("小计", "5000", ""), ROW, total("小计", "10000", "")], [("BH-SCH-026", "应收")]),
        ([with_cell("姓名", "=1"), ROW, total("合计", "1", "1")], [("BH-SCH-021", "姓名")]),
    ],
)
def test_total_rows_are_no_money_but_are_checked(
    source: SchoolTable, rows: list[str], wrong: list[tuple[str, str]]
) -> None:
    messages = read(source, text(*rows))
    assert faults(messages) == wrong
    assert sum(one.tree is not None for one in messages) == rows.count(ROW)


@given(st.text(max_size=30))
def test_no_cell_that_could_run_gets_into_a_tree(value: str) -> None:
    source = connect({"school": "10001", "amounts": "yuan"})
    body = text(with_cell("姓名", value.replace("\x00", "")))
    try:
        messages = read(source, body)
    except UnicodeEncodeError:  # half a surrogate pair is no text to begin with
        return
    for message in messages:
        if message.tree is not None:
            kept = message.tree["姓名"]
            assert kept == kept.strip()
            assert not runs(kept)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_an_amount_is_the_same_from_text_and_from_a_workbook(value: object) -> None:
    assert float(yuan_text(number_text(float(str(value))), "yuan")) == float(str(value))


@pytest.mark.parametrize(
    ("given_text", "made"),
    [
        ("2026/9/1 8:30", "2026-09-01 08:30:00"),
        ("2026年9月1日", "2026-09-01"),
        ("2026-09-01T08:30:05.0", "2026-09-01 08:30:05"),
        ("20260901083005", "20260901083005"),
    ],
)
def test_times_get_all_their_digits(given_text: str, made: str) -> None:
    assert time_text(given_text) == made


def test_numbers_of_a_workbook() -> None:
    assert [number_text(value) for value in (1.0, 0.1, 1e-7, 123456789012345.0, 1e15)] == [
        "1",
        "0.1",
        "0.0000001",
        "123456789012345",
        "1.00000000000000E+15",
    ]
    assert clean(" x ") == "x"
