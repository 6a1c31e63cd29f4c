"""Finds the heading row under merged titles, and knows each column's standard name.

The heading row is the first of the top 30 rows that has at least three known headings. What stands above it (title,
export time, unit) is skipped; two columns with one meaning are refused, because one of them would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.education.school_table.columns import AMOUNTS, COLUMNS, plain
from adapters.education.school_table.faults import DUPLICATE_HEADING, MISSING_HEADING, NO_HEADINGS
from adapters.education.school_table.sheet import Sheet

LOOK: Final = 30
ENOUGH: Final = 3
NEEDED: Final = (("姓名",), ("应收", "应缴", "实收"), ("学号", "流水号"), ("收费项目", "收费项目代码"))
"""One of each group must be there."""


@dataclass(frozen=True, slots=True)
class Headings:
    """Where the headings stand and what each column is called."""

    row: int
    """Index of the heading row in the sheet, from 0."""
    written: tuple[str, ...]
    """As the sheet has them, on one line; empty where a column has none."""
    standard: tuple[str, ...]
    """The standard name, or the written one."""
    amounts: tuple[int, ...]
    """Where the amount columns stand."""


def score(row: Sequence[str], known: Mapping[str, str]) -> int:
    """How many different known headings a row holds."""
    return len({known[name] for name in map(plain, row) if name in known})


def find_headings(sheet: Sheet, known: Mapping[str, str]) -> Headings | None:
    """The heading row, or None where a sheet has none (notes, cover pages).

    Raises:
        Reject: DUPLICATE_HEADING or MISSING_HEADING.
    """
    for index, row in enumerate(sheet.rows[:LOOK]):
        if score(row, known) >= ENOUGH:
            written = tuple(" ".join(cell.split()) for cell in row)
            standard = tuple(known.get(plain(cell), cell) for cell in written)
            _judge(standard, _place(sheet, index))
            amounts = tuple(place for place, name in enumerate(standard) if name in AMOUNTS)
            return Headings(index, written, standard, amounts)
    return None


def no_headings() -> Exception:
    """The fault for a file without any heading row."""
    return NO_HEADINGS(rows=LOOK, known="、".join(COLUMNS))


def _judge(standard: Sequence[str], where: str) -> None:
    seen: set[str] = set()
    for name in standard:
        if name and name in seen:
            raise DUPLICATE_HEADING(where, heading=name[:40])
        seen.add(name)
    for group in NEEDED:
        if not seen.intersection(group):
            raise MISSING_HEADING(where, heading=" / ".join(group))


def _place(sheet: Sheet, index: int) -> str:
    return f"{sheet.name} row {index + 1}".strip()
