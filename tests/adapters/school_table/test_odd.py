"""Tables as offices send them: formulas, errors, serial dates, full width, footers, totals anywhere, huge grids."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from adapters.education.school_table import workbook
from adapters.education.school_table.adapter import SchoolTable
from hub.errors import Reject
from tests.adapters.school_table.conftest import HEAD, ROW, faults, read, text, with_cell

COLUMNS = HEAD.split(",")
CELLS: list[Any] = [*ROW.split(",")[:7], 5000.0, None, 5000.0, "微信", "LS1", datetime(2026, 9, 1, 8, 0)]  # noqa: DTZ001  (a cell has no zone)


def row(**cells: Any) -> list[Any]:
    return [cells.get(name, cell) for name, cell in zip(COLUMNS, CELLS, strict=True)]


def total(word: str, amount: Any) -> list[Any]:
    return [word, None, None, None, None, None, None, amount, None, amount]


def book(*rows: list[Any], change: Callable[[str, bytes], bytes] = lambda _, data: data) -> bytes:
    """A workbook with the headings and these rows; `change` may rewrite its parts."""
    made = openpyxl.Workbook()
    sheet: Any = made.active
    for cells in (COLUMNS, *rows):
        sheet.append(cells)
    plain, out = io.BytesIO(), io.BytesIO()
    made.save(plain)
    with zipfile.ZipFile(plain) as given, zipfile.ZipFile(out, "w") as written:
        for name in given.namelist():
            written.writestr(name, change(name, given.read(name)))
    return out.getvalue()


def sheet_of(change: Callable[[bytes], bytes]) -> Callable[[str, bytes], bytes]:
    return lambda name, data: change(data) if name == "xl/worksheets/sheet1.xml" else data


@pytest.mark.parametrize("column", ["实收", "减免", "应收", "姓名", "学号"])
def test_a_formula_nobody_has_computed_is_not_an_empty_cell(source: SchoolTable, column: str) -> None:
    """An empty 实收 would mean "not paid", and an empty 减免 would bill too much."""
    messages = read(source, book(row(), row(流水号="LS2", **{column: "=H2-0"})))
    assert faults(messages) == [("BH-SCH-021", column)]
    assert [message.tree is None for message in messages] == [False, True]


@pytest.mark.parametrize("prefix", [b"", b"x:"])
@pytest.mark.parametrize("empty", [b"<v></v>", b"<v />", b"<v> </v>", b""])
def test_however_a_formula_without_result_is_written(source: SchoolTable, prefix: bytes, empty: bytes) -> None:
    def change(data: bytes) -> bytes:
        data = re.sub(rb"(<c r=\"J3\"[^>]*>)<v>[^<]*</v>", rb"\1<f>H3-I3</f>" + empty, data)
        return re.sub(rb"<(/?)(?=\w)", rb"<\1" + prefix, data).replace(b" xmlns=", b" xmlns:x=") if prefix else data

    body = book(row(), row(流水号="LS2"), change=sheet_of(change))
    assert faults(read(source, body)) == [("BH-SCH-021", "实收")]


def test_a_formula_with_its_result_is_that_result(source: SchoolTable) -> None:
    def change(data: bytes) -> bytes:
        data = re.sub(rb"(<c r=\"J2\"[^>]*>)", rb"\1<f>H2-I2</f>", data)
        return re.sub(rb"<c r=\"I2\"[^>]*/>", b'<c r="I2" t="str"><f>IF(H2=0,1,"")</f><v></v></c>', data)

    (message,) = read(source, book(row(), change=sheet_of(change)))
    assert (message.tree["实收"], message.tree["应缴"]) == ("5000", "5000")
    assert "减免" not in message.tree


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"])
@pytest.mark.parametrize("column", ["减免", "实收", "姓名"])
def test_a_formula_that_ran_into_an_error_refuses_its_row(source: SchoolTable, column: str, error: str) -> None:
    assert faults(read(source, book(row(), row(流水号="LS2", **{column: error})))) == [("BH-SCH-021", column)]
    assert faults(read(source, text(with_cell(column, error)))) == [("BH-SCH-021", column)]


def test_a_total_that_nobody_has_computed_claims_nothing(source: SchoolTable) -> None:
    assert faults(read(source, book(row(), total("合计", "=SUM(H2:H2)")))) == []


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (46266.35, "2026-09-01 08:24:00"),
        (46266, "2026-09-01"),
        ("2026-09-01 08:00:00.123", "2026-09-01 08:00:00"),
        ("2026年9月1日 8时5分", "2026-09-01 08:05:00"),
        ("2026年9月1日8时5分7秒", "2026-09-01 08:05:07"),
        ("2026/9/1 8:05", "2026-09-01 08:05:00"),
        ("20260901", "20260901"),
        (12, "12"),
    ],
)
def test_days_and_times(source: SchoolTable, written: Any, read_as: str) -> None:
    (message,) = read(source, book(row(缴费时间=written)))
    assert message.tree["缴费时间"] == read_as


@pytest.mark.parametrize(
    "written",
    ["５０００．００", "5，000.00", "５，０００．００", "￥5,000.00", "¥５０００", "5000元", " 5000.00 ", "+5000"],
)
def test_an_amount_in_full_width(source: SchoolTable, written: str) -> None:
    (message,) = read(source, text(with_cell("实收", written)))
    assert (message.fault, message.tree["收退"], float(message.tree["实收"])) == (None, "收", 5000.0)


@pytest.mark.parametrize("written", ["－5000.00", "-￥5,000.00", "￥-5000", "－５０００元"])
def test_a_refund_in_full_width(source: SchoolTable, written: str) -> None:
    (message,) = read(source, text(with_cell("实收", written)))
    assert (message.tree["收退"], float(message.tree["实收"])) == ("退", -5000.0)


@pytest.mark.parametrize("written", ["(5000.00)", "5 000.00", "50,00", "5e3", "٥٠٠٠", "½", "$5000", "-¥-5", "1.0E+05"])
def test_what_could_mean_two_things_is_no_amount(source: SchoolTable, written: str) -> None:
    assert faults(read(source, text(with_cell("实收", written)))) == [("BH-SCH-024", "实收")]


@pytest.mark.parametrize("damage", [b"\xff", b"\xe6\xb5", b"\x80"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_damaged_utf8_is_not_read_as_other_names(source: SchoolTable, damage: bytes, bom: bytes) -> None:
    """With headings in ASCII nothing else would show that every name has become another."""
    pinyin = "XH,XM,SFXM,YSJE,SSJE,JFFS,LSH"
    rows = "\n".join(f"{n},测试,学费,1.00,1.00,微信,L{n}" for n in range(20))
    good = bom + f"{pinyin}\n{rows}\n".encode()
    assert read(source, good)[3].tree["姓名"] == "测试"
    with pytest.raises(Reject, match="BH-SCH-001"):
        read(source, good + b"99,A" + damage + b"B,x,1.00,1.00,x,L99\n")
    assert read(source, f"{pinyin}\n{rows}\n".encode("gb18030"))[3].tree["姓名"] == "测试"


def test_ids_are_never_rounded(source: SchoolTable) -> None:
    number = 990100200601010012
    for column, value in (("身份证号", number), ("流水号", 2026090112345678), ("学号", 1.5e17)):
        assert faults(read(source, book(row(**{column: value})))) == [("BH-SCH-020", column)]
    (message,) = read(source, book(row(身份证号=str(number), 流水号=202609011234567)))
    assert (message.tree["身份证号"], message.tree["流水号"]) == (str(number), "202609011234567")


FOOTERS: list[list[Any]] = [
    ["制表人:某甲   审核:某乙"],
    ["制表人:某甲", None, None, "审核:某乙"],
    [None, "说明:本表由系统导出"],
    [None] * 12 + ["2026-09-02"],
]


@pytest.mark.parametrize("footer", FOOTERS)
def test_what_an_office_writes_below_a_table_is_no_row(source: SchoolTable, footer: list[Any]) -> None:
    messages = read(source, book(row(), total("合计", 5000), footer))
    assert (len(messages), faults(messages)) == (1, [])


@pytest.mark.parametrize("lost", ["姓名", "学号", "收费项目"])
def test_a_row_with_money_is_never_taken_for_a_note(source: SchoolTable, lost: str) -> None:
    cells = {lost: None, "流水号": None} | ({"收费项目代码": None} if lost == "收费项目" else {})
    assert len(faults(read(source, book(row(), row(**cells))))) == 1


def test_totals_stand_anywhere(source: SchoolTable) -> None:
    other = row(学号="2", 流水号="LS2")
    third = row(学号="3", 流水号="LS3")
    rows = [
        total("总计", 15000), row(), total("小计", 5000), other, total("小计", 5000), total("合计", 10000),
        third, [None, "小 计", *total("", 5000)[2:]], total("合计", 5000), total("总计", 15000),
    ]  # fmt: skip
    messages = read(source, book(*rows))
    assert (len(messages), faults(messages)) == (3, [])
    wrong = read(source, book(total("合计", 9999), row(), other))
    assert faults(wrong) == [("BH-SCH-026", "应收")]
    assert wrong[-1].fault is not None
    assert wrong[-1].fault.values["row"] == 2


def test_a_persons_row_may_speak_of_a_total(source: SchoolTable) -> None:
    """Not yet paid, so without a serial; its remark begins like a total row."""
    unpaid = row(实收=None, 缴费方式=None, 流水号=None, 缴费时间=None)
    lines = text(
        ROW + ",", ",".join("" if cell is None else str(cell) for cell in unpaid) + ",累计欠费两年", head=HEAD + ",备注"
    )
    messages = read(source, lines)
    assert (len(messages), faults(messages), messages[1].tree["收退"]) == (2, [], "未缴")


def test_a_grid_of_empty_cells_costs_no_more_than_a_table(source: SchoolTable, monkeypatch: pytest.MonkeyPatch) -> None:
    made = openpyxl.Workbook()
    for index in range(3):
        sheet: Any = made.active if index == 0 else made.create_sheet()
        for cells in (COLUMNS, row()):
            sheet.append(cells)
        sheet["CZ300"] = "x"
    out = io.BytesIO()
    made.save(out)
    monkeypatch.setattr(workbook, "MAX_CELLS", 2 * 300 * 104)
    with pytest.raises(Reject, match="BH-SCH-004"):
        read(source, out.getvalue())


def test_twenty_thousand_rows(source: SchoolTable) -> None:
    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet()
    sheet.append(COLUMNS)
    for number in range(20_000):
        sheet.append(row(学号=f"{number:08}", 流水号=f"L{number}"))
    sheet.append(total("合计", 20_000 * 5000))
    out = io.BytesIO()
    made.save(out)
    messages = read(source, out.getvalue())
    assert (len({message.identity for message in messages}), faults(messages)) == (20_000, [])


def test_a_panic_of_the_reader_is_a_refusal(source: SchoolTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader is Rust; its panics are no `Exception` and would leave the sender without an answer."""

    class PanicException(BaseException):
        pass

    class Panics:
        @staticmethod
        def from_filelike(_: object) -> None:
            raise PanicException("range end index 64 out of range")

    monkeypatch.setattr(workbook, "CalamineWorkbook", Panics)
    with pytest.raises(Reject, match="BH-SCH-003"):
        read(source, book(row()))
