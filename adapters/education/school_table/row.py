"""One row of a fee table → what its columns hold, judged cell by cell.

The tree has every column under the heading as written, and known columns under their standard heading too, amounts in
yuan. Some entries are the adapter's own, because a row needs them whole and a mapping has no conditions inside a value:

    行号 学校代码    where it stands; the school of the settings
    收退             收 money came, 退 it went back, 未缴 neither
    应缴             应收 less 减免 where the sheet has no such column; checked against them where it has
    费用编号         学号-学年-学期-项目, or 流水号-项目 where there is no 学号: what is owed, under one name for ever
    缴费笔号         流水号-项目: one payment may answer several rows; 原缴费笔号 likewise of 原流水号
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from adapters.education.school_table.cells import clean, lost_digits, runs, time_text, unfit, whole, yuan_text
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
    return tree | _owed(tree, row) | _names(tree)


def project(tree: Mapping[str, str]) -> str:
    """The project's code, or its name where it has none."""
    return tree.get("收费项目代码") or tree.get("收费项目", "")


def fee_name(tree: Mapping[str, str]) -> str:
    """What is owed, under one name: 学号-学年-学期-项目; a dash inside a part becomes a low line."""
    if not tree.get("学号"):
        return f"{tree['流水号']}-{project(tree)}"
    parts = (tree["学号"], tree.get("学年", ""), tree.get("学期", ""), project(tree))
    return "-".join(part.replace("-", "_") for part in parts if part)


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
            if text.startswith("=") or (text.startswith("#") and runs(text)):
                raise FORMULA(where, row=row, column=standard) from None
            raise BAD_AMOUNT(where, row=row, column=standard, unit=UNITS[unit]) from None
    if column is not None and column.kind == "time":
        text = time_text(text)
    if runs(text):
        raise FORMULA(where, row=row, column=standard[:40])
    if column is not None and column.kind == "id":
        if lost_digits(text):
            raise LOST_DIGITS(where, row=row, column=standard)
        return whole(text)
    return " ".join(text.splitlines()) if column is not None else text


def _keys(tree: dict[str, str]) -> tuple[str, ...]:
    named = "收费项目代码" if "收费项目代码" in tree else "收费项目"
    return ("姓名", named) if tree.get("流水号") else ("姓名", named, "学号")


def _names(tree: dict[str, str]) -> dict[str, str]:
    made = {"费用编号": fee_name(tree)}
    for serial, name in (("流水号", "缴费笔号"), ("原流水号", "原缴费笔号")):
        if tree.get(serial):
            made[name] = f"{tree[serial]}-{project(tree)}"
    return made


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
