"""XLSX and XLS → sheets, with what a hostile file may cost bounded before the reader sees it.

An XLSX is unpacked here under a limit and handed on as a fresh, uncompressed archive: so no second zip reader can see
other sizes than the ones that were counted. Cells far out (XFD1048576) would make a dense grid: they are refused by
looking at cell addresses first.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import date, datetime, time
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from adapters.education.school_table.cells import number_text
from adapters.education.school_table.faults import BAD_WORKBOOK, TOO_LARGE
from adapters.education.school_table.sheet import MAX_COLUMNS, MAX_ROWS, Sheet

ZIP_MAGIC: Final = b"PK\x03\x04"
XLS_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_MEMBERS: Final = 500
MAX_UNPACKED: Final = 160 * 1024 * 1024
MAX_XLS: Final = 16 * 1024 * 1024
MAX_SHEETS: Final = 20

_FAR: Final = re.compile(rb"""\br\s*=\s*["'](?:[D-Z][A-Z]|[A-Z]{3,}|[A-Z]*\d{6,})""")
"""A cell beyond column CZ, or a row or cell beyond row 99,999."""


def is_workbook(body: bytes) -> bool:
    """Whether the bytes are a workbook rather than text."""
    return body.startswith((ZIP_MAGIC, XLS_MAGIC))


def read_workbook(body: bytes) -> list[Sheet]:
    """All visible worksheets.

    Raises:
        Reject: BAD_WORKBOOK or TOO_LARGE.
    """
    if body.startswith(ZIP_MAGIC):
        body = _repacked(body)
    elif len(body) > MAX_XLS:
        raise TOO_LARGE(found=f"xls > {MAX_XLS} bytes")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        if len(names) > MAX_SHEETS:
            raise TOO_LARGE(found=f"> {MAX_SHEETS} sheets")
        return [_sheet(book, name) for name in names]
    except CalamineError:
        raise BAD_WORKBOOK(found="not a readable workbook") from None


def _sheet(book: CalamineWorkbook, name: str) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height > MAX_ROWS or sheet.total_width > MAX_COLUMNS:
        raise TOO_LARGE(found=f"> {MAX_ROWS} rows or {MAX_COLUMNS} columns")
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    return Sheet(rows, name=name)


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
                _judge_part(member.filename, data)
                made.writestr(member.filename, data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        raise BAD_WORKBOOK(found="not a complete archive") from None
    return out.getvalue()


def _member(given: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    if member.file_size > left:
        raise TOO_LARGE(found=f"> {MAX_UNPACKED} bytes unpacked")
    with given.open(member) as part:
        return part.read(left + 1)


def _judge_part(name: str, data: bytes) -> None:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BAD_WORKBOOK(found="a part declares entities")
    if name.startswith("xl/worksheets/") and _FAR.search(data):
        raise TOO_LARGE(found=f"> {MAX_ROWS} rows or {MAX_COLUMNS} columns")
