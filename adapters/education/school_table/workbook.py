"""XLSX → sheets, with what a hostile file may cost bounded before the reader sees it.

An XLSX is unpacked here under a limit and handed on as a fresh, uncompressed archive: so no second zip reader can see
other sizes than the ones that were counted. Cells far out (XFD1048576) would make a dense grid: they are refused by
looking at cell addresses first. The old .xls form is refused: its reader can be kept busy for a minute by a small file.

A formula that no spreadsheet has computed, or that ran into an error, is an empty cell to the reader, and an empty
amount means "not paid": both are made visible as text first, so that their row is refused.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import date, datetime, time
from typing import Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from adapters.education.school_table.cells import number_text
from adapters.education.school_table.faults import BAD_WORKBOOK, OLD_WORKBOOK, TOO_LARGE
from adapters.education.school_table.sheet import MAX_COLUMNS, MAX_ROWS, Sheet

ZIP_MAGIC: Final = b"PK\x03\x04"
XLS_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_MEMBERS: Final = 500
MAX_UNPACKED: Final = 160 * 1024 * 1024
MAX_SHEETS: Final = 20
MAX_CELLS: Final = 4_000_000
"""Of all sheets together, empty ones between the first and the last counted."""

_FAR: Final = re.compile(rb"""\br\s*=\s*["'](?:[D-Z][A-Z]|[A-Z]{3,}|[A-Z]*\d{6,})""")
"""A cell beyond column CZ, or a row or cell beyond row 99,999."""
_FORMULA: Final = re.compile(
    rb"<((?:\w{1,20}:)?)c\b([^<>]{0,300})>\s*<\1f\b(?:[^<>]*/>|[^<>]*>[^<]*</\1f>)\s*"
    rb"(?:<\1v\s*/>|<\1v>\s*</\1v>)?\s*</\1c>"
)
_ADDRESS: Final = re.compile(rb"""\br\s*=\s*["'][A-Z]{1,3}\d{1,7}["']""")
_TEXT_RESULT: Final = re.compile(rb"""\bt\s*=\s*["']str["']""")
_ERROR: Final = re.compile(rb"""(<(?:\w{1,20}:)?c\b[^<>]{0,300}\bt\s*=\s*)["']e["']""")


def is_workbook(body: bytes) -> bool:
    """Whether the bytes are a workbook rather than text."""
    return body.startswith((ZIP_MAGIC, XLS_MAGIC))


def read_workbook(body: bytes) -> list[Sheet]:
    """All visible worksheets.

    Raises:
        Reject: BAD_WORKBOOK or TOO_LARGE.
    """
    if not body.startswith(ZIP_MAGIC):
        raise OLD_WORKBOOK("file")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(_repacked(body)))
        names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        if len(names) > MAX_SHEETS:
            raise TOO_LARGE(found=f"> {MAX_SHEETS} sheets")
        sheets = []
        left = MAX_CELLS
        for name in names:
            sheet = book.get_sheet_by_name(name)
            left -= sheet.total_height * sheet.total_width
            sheets.append(_sheet(sheet, left))
    except CalamineError:
        raise BAD_WORKBOOK(found="not a readable workbook") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the Rust reader's, which is no Exception and has no public name
            raise
        raise BAD_WORKBOOK(found="not a readable workbook") from None
    return sheets


def _sheet(sheet: CalamineSheet, left: int) -> Sheet:
    if sheet.total_height > MAX_ROWS or sheet.total_width > MAX_COLUMNS:
        raise TOO_LARGE(found=f"> {MAX_ROWS} rows or {MAX_COLUMNS} columns")
    if left < 0:
        raise TOO_LARGE(found=f"> {MAX_CELLS} cells")
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    return Sheet(rows, name=sheet.name)


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        return number_text(float(cell)) if abs(cell) < 1e300 else "1E+300"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, time):
        return f"{cell:%H:%M:%S}"
    return str(cell)


def _repacked(body: bytes) -> bytes:
    out = io.BytesIO()
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
            members = given.infolist()
            if len(members) > MAX_MEMBERS:
                raise TOO_LARGE(found=f"> {MAX_MEMBERS} parts")
            if len({member.filename for member in members}) != len(members):
                raise BAD_WORKBOOK(found="a part stands twice")
            for member in members:
                if not member.filename.endswith((".xml", ".rels")):
                    continue  # pictures, macros, binary sheets: nothing a fee table needs
                data = _member(given, member, left)
                left -= len(data)
                made.writestr(member.filename, _judged_part(member.filename, data))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        raise BAD_WORKBOOK(found="not a complete archive") from None
    return out.getvalue()


def _member(given: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    if member.file_size > left:
        raise TOO_LARGE(found=f"> {MAX_UNPACKED} bytes unpacked")
    with given.open(member) as part:
        return part.read(left + 1)


def _judged_part(name: str, data: bytes) -> bytes:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BAD_WORKBOOK(found="a part declares entities")
    if not name.startswith("xl/worksheets/"):
        return data
    if _FAR.search(data):
        raise TOO_LARGE(found=f"> {MAX_ROWS} rows or {MAX_COLUMNS} columns")
    return _ERROR.sub(rb'\1"str"', _FORMULA.sub(_unstored, data))


def _unstored(found: re.Match[bytes]) -> bytes:
    """A formula without a stored result as the text `=`; one whose stored result is empty text stays."""
    prefix, attributes = found[1], found[2]
    if _TEXT_RESULT.search(attributes):
        return found[0]
    address = _ADDRESS.search(attributes)
    place = b" " + address[0] if address else b""
    return b'<%bc%b t="str"><%bv>=</%bv></%bc>' % (prefix, place, prefix, prefix, prefix)
