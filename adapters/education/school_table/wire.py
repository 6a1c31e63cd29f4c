"""A file's bytes → its fee rows, one after another, each with its place or its own fault.

The content decides what the file is, not its name: workbooks by their first bytes, everything else as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from adapters.education.school_table.cells import clean
from adapters.education.school_table.delimited import read_delimited
from adapters.education.school_table.faults import EMPTY_TABLE, WEB_PAGE, WRONG_TOTAL
from adapters.education.school_table.headings import Headings, find_headings, no_headings, score
from adapters.education.school_table.row import row_tree
from adapters.education.school_table.sheet import Sheet
from adapters.education.school_table.totals import Totals, total_word
from adapters.education.school_table.workbook import is_workbook, read_workbook
from hub.errors import Fault

_MARKUP: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[!?A-Za-z]")
"""A web page or XML: what many systems call an .xls."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fee row, or the fault of one."""

    sheet: str
    number: int
    """From 1, as the person sees it."""
    cells: tuple[str, ...]
    charset: str
    tree: dict[str, str] | None = None
    fault: Fault | None = None


def read_rows(body: bytes, known: Mapping[str, str], unit: str) -> list[Row]:
    """All fee rows of all visible sheets that have a heading row.

    Raises:
        Reject: the file as a whole cannot be read.
    """
    if _MARKUP.match(body):
        raise WEB_PAGE("file")
    sheets = read_workbook(body) if is_workbook(body) else [read_delimited(body, partial(score, known=known))]
    found = [(sheet, headings) for sheet in sheets if (headings := find_headings(sheet, known)) is not None]
    if not found:
        raise no_headings()
    rows = [row for sheet, headings in found for row in _rows(sheet, headings, unit)]
    if not rows:
        raise EMPTY_TABLE(found[0][0].name)
    return rows


def _rows(sheet: Sheet, headings: Headings, unit: str) -> Iterator[Row]:
    totals = Totals(unit)
    above: list[tuple[int, list[str]]] = []
    for index, cells in enumerate(sheet.rows[headings.row + 1 :], headings.row + 1):
        if not any(cell.strip() for cell in cells) or _repeats(headings, cells):
            continue
        number = index + 1
        word = total_word(cells)
        if word and not _persons(headings, cells):
            if totals.empty:
                above.append((number, cells))
            else:
                yield from _wrong_total(sheet, number, cells, totals.wrong_column(word, headings, cells))
            continue
        if _note(headings, cells):
            continue
        try:
            tree = row_tree(headings, cells, number, unit)
        except Fault as fault:
            totals.add(None)
            yield Row(sheet.name, number, tuple(cells), sheet.charset, fault=fault)
            continue
        totals.add(tree)
        yield Row(sheet.name, number, tuple(cells), sheet.charset, tree=tree)
    for number, cells in above:
        yield from _wrong_total(sheet, number, cells, totals.wrong_column("总计", headings, cells))


def _wrong_total(sheet: Sheet, number: int, cells: list[str], column: str) -> Iterator[Row]:
    if column:
        fault = WRONG_TOTAL(f"row {number} {column}", row=number, column=column)
        yield Row(sheet.name, number, tuple(cells), sheet.charset, fault=fault)


def _repeats(headings: Headings, cells: list[str]) -> bool:
    """The heading row again, as on each printed page."""
    return tuple(" ".join(cell.split()) for cell in cells) == headings.written


def _persons(headings: Headings, cells: list[str]) -> bool:
    """Whether a row with a word like 合计 in it is somebody's all the same: it has a serial, or a number and a name."""
    filled = _filled(headings, cells)
    if "流水号" in filled:
        return True
    return {"学号", "姓名"} <= filled.keys() and not total_word([filled["学号"], filled["姓名"]])


def _note(headings: Headings, cells: list[str]) -> bool:
    """制表人, 审核, a remark: neither money nor anybody's row."""
    if any(cells[place].strip() for place in headings.amounts if place < len(cells)):
        return False
    filled = _filled(headings, cells)
    return "流水号" not in filled and not {"学号", "姓名"} <= filled.keys()


def _filled(headings: Headings, cells: list[str]) -> dict[str, str]:
    return {name: cell for name, cell in zip(headings.standard, cells, strict=False) if name and clean(cell)}
