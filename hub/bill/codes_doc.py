"""Writes `docs/codes.md` from the code tables, so that the page and the program cannot differ."""

from __future__ import annotations

from typing import Any, Final

from hub.bill.codes import TABLES, Row, Table

_HEAD: Final = """# Codes · 代码表

Generated from `hub/bill/tables`. Codes are text: a leading zero is part of them. A code that is not listed is kept
as it came and shown as itself; nothing is guessed. 代码一律为文本,前导零不可丢;表中没有的代码原样保留。
"""


def codes_markdown() -> str:
    """The whole page, the same text for the same tables."""
    return "\n".join([_HEAD, *(_section(table) for table in TABLES)])


def _section(table: Table[Any]) -> str:
    has_notes = any(row.note for row in table)
    heads = [
        "代码 / code",
        "中文",
        "English",
        *(heading for _, heading in table.extra),
        *(["note"] if has_notes else []),
    ]
    lines = [
        f"## {table.en} · {table.zh}",
        "",
        f"Table `{table.name}`. Source: {table.source}.",
        "",
        _row(heads),
        _row(["---"] * len(heads)),
    ]
    for row in table:
        extra = [_cell(getattr(row, name)) for name, _ in table.extra]
        lines.append(_row([f"`{row.code}`", *_names(row), *extra, *([row.note] if has_notes else [])]))
    return "\n".join([*lines, ""])


def _names(row: Row) -> tuple[str, str]:
    return row.zh, row.en


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "是 / yes" if value else ""
    return "" if value is None else str(value)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
