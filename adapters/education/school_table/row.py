"""One row of a fee table → what its columns hold, judged cell by cell.

The tree has every column under the heading as written, and known columns under their standard heading too, amounts in
yuan. Three more entries are the adapter's own: 行号, 学校代码, and 收退 (收 money came, 退 it went back, 未缴 neither).
应缴 is 应收 less 减免 where the sheet has no such column, and is checked against them where it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from adapters.education.school_table.cells import clean, lost_digits, runs, unfit, whole, yuan_text
from adapters.education.school_table.columns import COLUMNS
from adapters.education.school_table.faults import (
    BAD_AMOUNT,
    BAD_CELL,
    FORMULA,
    LOST_DIGITS,
    NO_KEY,
    TOO_WIDE,
    WRONG_SUM,
)
from adapters.education.school_table.headings import Headings

UNITS: Final = {"yuan": "元", "fen": "分"}


def row_tree(headings: Headings, cells: Sequence[str], row: int, unit: str) -> dict[str, str]:
    """Heading → text of the cells that hold something.

    Raises:
        Reject: one of the row faults, with `row` and `column`.
    """
    if any(cell.strip() for cell in cells[len(headings.standard) :]):
        raise TOO_WIDE(f"row {row}", row=row, column="")
    tree: dict[str, str] = {}
    for written, standard, raw in zip(headings.written, headings.standard, cells, strict=False):
        text = clean(raw)
        if not text or not standard:
            continue
        text = _judged(standard, text, row, unit)
        tree[standard] = text
        tree.setdefault(written, text)
    for needed in _keys(tree):
        if not tree.get(needed):
            raise NO_KEY(f"row {row} {needed}", row=row, column=needed)
    return tree | _owed(tree, row)


def amount(tree: dict[str, str], name: str) -> Decimal:
    """An amount column in yuan; an empty one is nothing."""
    return Decimal(tree.get(name) or "0")


def _judged(standard: str, text: str, row: int, unit: str) -> str:
    where = f"row {row} {standard[:20]}"
    column = COLUMNS.get(standard)
    if unfit(text):
        raise BAD_CELL(where, row=row, column=standard[:40])
    if column is not None and column.kind == "amount":
        try:
            return yuan_text(text, unit)
        except ValueError:
            raise BAD_AMOUNT(where, row=row, column=standard, unit=UNITS[unit]) from None
    if runs(text):
        raise FORMULA(where, row=row, column=standard[:40])
    if column is not None and column.kind == "id":
        if lost_digits(text):
            raise LOST_DIGITS(where, row=row, column=standard)
        return whole(text)
    return text


def _keys(tree: dict[str, str]) -> tuple[str, ...]:
    project = "收费项目" if "收费项目代码" not in tree else "收费项目代码"
    return ("姓名", project) if tree.get("流水号") else ("姓名", project, "学号")


def _owed(tree: dict[str, str], row: int) -> dict[str, str]:
    received = amount(tree, "实收")
    made = {"收退": "收" if received > 0 else "退" if received < 0 else "未缴"}
    if "应收" in tree:
        owed = amount(tree, "应收") - amount(tree, "减免")
        if "应缴" in tree and amount(tree, "应缴") != owed:
            raise WRONG_SUM(f"row {row} 应缴", row=row, column="应缴")
        made["应缴"] = f"{owed:f}"
    elif "应缴" not in tree:
        made["应缴"] = f"{received:f}"
    if Decimal(made.get("应缴", tree.get("应缴", "0"))) < 0 <= received:
        raise BAD_AMOUNT(f"row {row} 应缴", row=row, column="应缴", unit="元")
    return made
