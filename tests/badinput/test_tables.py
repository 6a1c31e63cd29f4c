"""Bad fee tables: the uploader reads JSON, the folder's owner a .failed file and a text beside it; good rows go on."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from hub.simulators.school import School
from tests.badinput.hub import Hub
from tests.badinput.say import ID_NO, NAME, holds_person

SOURCE, FOLDER = "demo-school/upload", "demo-school/fees"
HEAD = "学号,姓名,身份证号,学年,学期,收费项目,应收,实收,缴费方式,流水号,缴费时间"


def _row(number: str, *, project: str = "学费", owed: str = "100.00", paid: str = "100.00") -> str:
    return f"{number},{NAME},{ID_NO},2026-2027,1,{project},{owed},{paid},微信,LS{number},2026-11-25 09:00:00"


def _csv(*rows: str) -> bytes:
    return "\n".join((HEAD, *rows, "")).encode()


def _workbook(parts: dict[str, bytes] | None = None, *, cut: int = 0) -> bytes:
    """A good workbook with some of its parts replaced, or its end cut off."""
    good = School(3).xlsx(School(3).rows(1, projects=1))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            made.writestr(name, (parts or {}).get(name, given.read(name)))
    return out.getvalue()[: -cut or None]


_XXE = b"""<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row></sheetData></worksheet>"""
_BOMB = b"""<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<worksheet><sheetData><row r="1"><c r="A1"><v>&c;</v></c></row></sheetData>
</worksheet>"""
_FAR = b"""<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>"""
SHEET = "xl/worksheets/sheet1.xml"

FILES = {
    "nothing": b"",
    "no headings": b"1,2,3\n4,5,6\n",
    "NUL bytes": b"\x00" * 100,
    "decodes as nothing": _csv(_row("1")) + b"\xff\xff\xff,\x80",
    "an open quote": (HEAD + '\n"' + NAME).encode(),
    "headings only": (HEAD + "\n").encode(),
    "a cut workbook": _workbook(cut=40),
    "an external entity": _workbook({SHEET: _XXE}),
    "an entity bomb": _workbook({SHEET: _BOMB}),
    "an external entity in the strings": _workbook({"xl/workbook.xml": _XXE}),
    "a cell at the far end": _workbook({SHEET: _FAR}),
    "no XML in the sheet": _workbook({SHEET: b"\x00\x01"}),
    "a zip bomb": _workbook({SHEET: b" " * (200 * 1024 * 1024)}),
    "a program": b"MZ\x90\x00" + b"\x00" * 64,
}


@pytest.mark.parametrize("name", FILES)
async def test_a_file_that_cannot_be_read_is_refused_with_a_problem(hub: Hub, name: str) -> None:
    with hub.counted(SOURCE, refused=1):
        answer = await hub.post(SOURCE, FILES[name])
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"].startswith("BH-SCH-")
    assert error["what"]
    assert error["do"]
    assert not holds_person(answer.content)
    assert b"root:" not in answer.content
    code, kept = hub.last_refused()
    assert code == error["code"]
    assert FILES[name].startswith(kept)
    assert len(kept) == min(len(FILES[name]), 256 * 1024)


BAD_ROWS = {
    "NaN": _row("N1", owed="NaN"),
    "infinite": _row("N2", owed="1e999"),
    "three decimals": _row("N3", owed="1.001"),
    "absurd": _row("N4", owed="9" * 30),
    "a formula": _row("N5").replace(NAME, "=HYPERLINK(1)"),
    "a scientific id": _row("N6").replace(ID_NO, "1.10101E+17"),
    "nobody": _row("", owed="1.00").replace("LS,", ","),
    "an unknown project": _row("N8", project="灌溉费"),
    "an unknown way to pay": _row("N9").replace("微信", "贝壳"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
async def test_a_bad_row_stops_nothing_but_itself(hub: Hub, name: str) -> None:
    number = f"G{list(BAD_ROWS).index(name)}"
    before = hub.counts(SOURCE)
    answer = await hub.post(SOURCE, _csv(BAD_ROWS[name], _row(number)))
    assert answer.status_code == 200
    told = answer.json()
    assert told["applied"] == 1, told
    assert told["parked"] + told["refused"] == 1
    assert told["faults"][0]["row"] == 2
    assert told["faults"][0]["code"].startswith("BH-")
    assert not holds_person(answer.content)
    after = hub.counts(SOURCE)
    assert {place: after[place] - before[place] for place in ("applied", "parked", "refused")} == {
        place: told[place] for place in ("applied", "parked", "refused")
    }
    code = hub.last_refused()[0] if told["refused"] else hub.last_parked()[1]
    assert code == told["faults"][0]["code"]
    hub.wait(lambda: hub.statuses(f"{number}-2026_2027-1-学费") == ["confirmed"])


async def test_a_row_changed_since_is_not_taken_and_the_first_stands(hub: Hub) -> None:
    assert (await hub.post(SOURCE, _csv(_row("CH1")))).json()["applied"] == 1
    told = (await hub.post(SOURCE, _csv(_row("CH1", owed="900.00", paid="900.00")))).json()
    assert (told["applied"], told["parked"]) == (0, 1)
    assert told["faults"][0]["code"] == "BH-LED-001"


def _dropped(hub: Hub, name: str, content: bytes) -> tuple[Path, str]:
    """What became of a dropped file: its place, and the text beside it."""
    inbox = hub.world.inbox
    School(1).drop(inbox, name, content)

    def ended() -> list[Path]:
        return [path for path in inbox.glob(f"{name}*") if path.name.endswith(".txt")]

    answer = hub.wait(ended)[0]
    return answer.with_suffix(""), answer.read_text("utf-8")


@pytest.mark.parametrize("name", ["no headings", "an entity bomb", "decodes as nothing"])
def test_a_dropped_file_that_is_bad_is_put_aside_with_the_reason(hub: Hub, name: str) -> None:
    with hub.counted(FOLDER, refused=1):
        place, text = _dropped(hub, f"bad-{list(FILES).index(name)}.dat", FILES[name])
    assert place.suffix == ".failed"
    assert place.read_bytes() == FILES[name]
    assert "BH-SCH-" in text
    assert not holds_person(text.encode())
    assert hub.last_refused()[1] == FILES[name]


def test_after_all_that_a_good_file_makes_bills(hub: Hub) -> None:
    with hub.counted(FOLDER, applied=1):
        place, _ = _dropped(hub, "good.csv", _csv(_row("FOLDER1")))
    assert place.suffix == ".done"
    hub.wait(lambda: hub.statuses("FOLDER1-2026_2027-1-学费") == ["confirmed"])
