"""Files as a whole: charsets, delimiters, workbooks, uploads, and what a hostile file may cost."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.education.school_table.adapter import SchoolTable, connect
from adapters.education.school_table.faults import BAD_SETTING
from hub.errors import Config, Reject
from hub.simulators.school import School
from tests.adapters.school_table.conftest import HEAD, ROW, delivery, read, text


def refused(source: SchoolTable, body: bytes) -> str:
    with pytest.raises(Reject) as caught:
        read(source, body)
    return caught.value.code.code


def book(*rows: list[object], title: str = "") -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    if title:
        sheet.append([title])
        sheet.merge_cells("A1:E1")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_charset_and_delimiter_are_found(source: SchoolTable, charset: str, delimiter: str) -> None:
    school = School(2)
    file = school.csv(school.rows(4), delimiter=delimiter).decode().encode(charset)
    messages = read(source, file)
    assert len(messages) == 12
    names = {"gb18030": "GB18030", "utf-16": "UTF-16"}
    assert {message.charset for message in messages} == {names.get(charset, "UTF-8")}
    assert messages[0].tree["姓名"].startswith("测试")
    assert messages[0].tree["学号"] == "00022600001"


def test_rare_names_survive_gb18030(source: SchoolTable) -> None:
    (message,) = read(source, text(ROW.replace("测试甲", "㐀𠮷镕")).decode().encode("gb18030"))
    assert message.tree["姓名"] == "㐀𠮷镕"


def test_csv_and_xlsx_of_the_same_rows_are_the_same_messages(source: SchoolTable) -> None:
    school = School(5)
    rows = school.rows(6)
    as_csv, as_xlsx = read(source, school.csv(rows)), read(source, school.xlsx(rows))
    assert [(one.identity, one.fingerprint) for one in as_csv] == [(one.identity, one.fingerprint) for one in as_xlsx]
    assert not any(one.fault for one in as_csv)


def test_order_of_columns_line_numbers_and_aliases_do_not_change_a_row(source: SchoolTable) -> None:
    (first,) = read(source, text("1," + ROW, head="序号," + HEAD))
    turned = text(",".join(reversed(ROW.split(","))), head=",".join(reversed(HEAD.split(","))))
    aliases = text(
        "77," + ROW, head="序号," + HEAD.replace("学号", "XH").replace("姓名", "XM").replace("实收", "实收金额(元)")
    )
    (second,) = read(source, turned)
    assert (first.identity, first.fingerprint) == (second.identity, second.fingerprint)
    own = connect({"school": "10001", "amounts": "yuan", "headings": ("实收金额(元)=实收",)})
    (third,) = read(own, aliases)
    assert (first.identity, first.fingerprint) == (third.identity, third.fingerprint)
    assert third.tree["XH"] == third.tree["学号"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BH-SCH-005"),
        (HEAD.encode("utf-16-le"), "BH-SCH-001"),
        (b"\xff\xfe" + text(ROW).decode().encode("utf-16-le") + b"x", "BH-SCH-001"),
        (b"\xff\xfe" + "学号".encode("utf-16-le") + b"\x00\xd8", "BH-SCH-001"),
        (HEAD.encode() + b"\n\x00", "BH-SCH-001"),
        ("姓名,年龄\n甲,1\n".encode(), "BH-SCH-005"),
        (HEAD.encode(), "BH-SCH-009"),
        (text(ROW, head=HEAD.replace("学期", "学号")), "BH-SCH-006"),
        (text(ROW, head=HEAD.replace("学期", "XH")), "BH-SCH-006"),
        (text(ROW, head=HEAD.replace("姓名", "名字")), "BH-SCH-007"),
        (text(ROW, head=HEAD).replace("测试甲".encode(), '"测试甲'.encode()), "BH-SCH-002"),
        (b"PK\x03\x04 not a zip", "BH-SCH-003"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000, "BH-SCH-010"),
        ("<html><table><tr><td>学号</td></tr></table>".encode("gb18030"), "BH-SCH-011"),
        (b'\xef\xbb\xbf\n<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "BH-SCH-011"),
        (("学号,姓名,收费项目,应收" + "," * 200 + "x\n").encode(), "BH-SCH-004"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(source: SchoolTable, body: bytes, code: str) -> None:
    assert refused(source, body) == code


def test_too_many_rows_are_refused(source: SchoolTable) -> None:
    assert refused(source, text(*[ROW] * 100_000)) == "BH-SCH-004"


def test_a_workbook_cut_short_is_refused(source: SchoolTable) -> None:
    school = School(1)
    content = school.xlsx(school.rows(30))
    assert refused(source, content[: len(content) // 2]) == "BH-SCH-003"


def test_a_cell_far_out_is_refused_before_it_becomes_a_grid(source: SchoolTable) -> None:
    for address in ("XFD1", "A1048576", "DA1"):
        made = openpyxl.Workbook()
        assert made.active is not None
        made.active["A1"] = "学号"
        made.active[address] = "x"
        out = io.BytesIO()
        made.save(out)
        assert refused(source, out.getvalue()) == "BH-SCH-004"


def test_a_zip_bomb_is_refused(source: SchoolTable) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
            with made.open(name, "w") as part:
                for _ in range(100):
                    part.write(b" " * 1024 * 1024)
    assert len(out.getvalue()) < 2 * 1024 * 1024
    assert refused(source, out.getvalue()) == "BH-SCH-004"


def test_a_member_that_lies_about_its_size_is_refused(source: SchoolTable) -> None:
    school = School(1)
    content = bytearray(school.xlsx(school.rows(2)))
    central = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, 10)  # uncompressed size, in the central directory
    assert refused(source, bytes(content)) == "BH-SCH-003"


def test_entities_in_a_workbook_are_refused(source: SchoolTable) -> None:
    school = School(1)
    given_book = zipfile.ZipFile(io.BytesIO(school.xlsx(school.rows(1))))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in given_book.namelist():
            data = given_book.read(name)
            if name == "xl/workbook.xml":
                data = b'<!DOCTYPE x [<!ENTITY a "b">]>' + data
            made.writestr(name, data)
    assert refused(source, out.getvalue()) == "BH-SCH-003"


def test_hidden_sheets_and_notes_are_passed_over(source: SchoolTable) -> None:
    made = openpyxl.Workbook()
    notes, hidden, fees = made.active, made.create_sheet("旧数据"), made.create_sheet("缴费")
    assert notes is not None
    notes.append(["说明"])
    for sheet, serial in ((hidden, "LS8"), (fees, "LS9")):
        sheet.append(HEAD.split(","))
        sheet.append(ROW.replace("LS1", serial).split(","))
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    (message,) = read(source, out.getvalue())
    assert message.identity == "10001/LS9/0101"


def test_cells_of_a_workbook_become_the_text_a_person_saw(source: SchoolTable) -> None:
    head: list[object] = ["学号", "姓名", "收费项目", "应收", "实收", "缴费方式", "流水号", "缴费时间"]
    row: list[object] = [
        20260001,
        "测试甲",
        "学费",
        0.1 + 0.2,
        4999.999999999999999,
        "微信",
        1.0,
        datetime.fromisoformat("2026-09-01T08:30"),
    ]
    (message,) = read(source, book(head, row, title="2026 年缴费表"))
    tree = message.tree
    assert (tree["学号"], tree["流水号"], tree["应收"], tree["实收"]) == ("20260001", "1", "0.3", "5000")
    assert tree["缴费时间"] == "2026-09-01 08:30:00"
    assert tree["行号"] == "3"


def test_an_upload_is_a_body_or_a_form(source: SchoolTable) -> None:
    content = text(ROW)
    form = (
        b'--xx\r\ncontent-disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--xx\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + content + b"\r\n--xx--\r\n"
    )
    kind = {"content-type": "multipart/form-data; boundary=xx"}
    (plain,) = source.read(delivery(content, {"content-type": "text/csv"}, "name=a.csv"))
    (inside,) = source.read(delivery(form, kind))
    assert plain.identity == inside.identity
    two = form.replace(b'name="note"', b'name="n"; filename="b.csv"')
    for broken, headers in (
        (two, kind),
        (form[:-30], kind),
        (form, {"content-type": "multipart/form-data"}),
        (b"x", kind),
    ):
        with pytest.raises(Reject) as caught:
            source.read(delivery(broken, headers))
        assert caught.value.code.code == "BH-SCH-008"


@pytest.mark.parametrize("entry", ["学号", "=学号", "我的=没有的列", ""])
def test_a_wrong_heading_setting_stops_the_start(entry: str) -> None:
    with pytest.raises(Config) as caught:
        connect({"school": "10001", "amounts": "yuan", "headings": (entry,)})
    assert caught.value.code is BAD_SETTING


@settings(deadline=None, max_examples=150)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", HEAD.encode() + b"\n"]),
)
def test_any_bytes_are_read_or_refused(body: bytes, before: bytes) -> None:
    source = connect({"school": "10001", "amounts": "yuan"})
    for headers in ({}, {"content-type": "multipart/form-data; boundary=x"}):
        try:
            messages = source.read(delivery(before + body, headers))
        except Reject:
            continue
        assert messages


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data: st.DataObject) -> None:
    source = connect({"school": "10001", "amounts": "yuan"})
    content = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        source.read(delivery(bytes(content)))
    except Reject:
        return


WORKBOOK = School(1).xlsx(School(1).rows(2))
