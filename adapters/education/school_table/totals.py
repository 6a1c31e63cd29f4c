"""合计, 小计 and 总计 rows: never money of their own, but checked against the rows they claim to add up.

A 小计 answers for the rows since the last total row; a 合计 for those, for those since the last 合计, or for all before
it (each habit exists); a 总计 for all; a total above the first row for all rows of the sheet. Where a row between could
not be read, the sum is unknown and nothing is claimed about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from adapters.education.school_table.cells import clean, yuan_text
from adapters.education.school_table.columns import AMOUNTS
from adapters.education.school_table.headings import Headings

PART: Final = ("小计", "本页合计", "本页小计")
EITHER: Final = ("合计", "共计", "合 计")
ALL: Final = ("总计", "总合计", "累计")


def total_word(cells: Sequence[str]) -> str:
    """小计, 合计 or 总计 where the row is a total, else empty. A person's row has an id beside any such word."""
    for cell in cells:
        if "计" not in cell:
            continue
        word = "".join(cell.split())
        if word.startswith(PART):
            return "小计"
        if word.startswith(ALL):
            return "总计"
        if word.startswith(EITHER):
            return "合计"
    return ""


class Totals:
    """Adds rows up as they come and judges total rows."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._all = _Sum()
        self._level = _Sum()
        self._part = _Sum()
        self.empty = True
        """Whether no row has been added yet."""

    def add(self, tree: dict[str, str] | None) -> None:
        """A row, or None for one that could not be read."""
        self.empty = False
        for sums in (self._all, self._level, self._part):
            sums.add(tree)

    def wrong_column(self, word: str, headings: Headings, cells: Sequence[str]) -> str:
        """The first amount column whose total does not hold, or empty; then a new part begins."""
        claims = {"小计": (self._part,), "合计": (self._all, self._level, self._part), "总计": (self._all,)}[word]
        wrong = ""
        for name, cell in zip(headings.standard, cells, strict=False):
            if name not in AMOUNTS or not clean(cell) or wrong or clean(cell) == "=":  # a formula without its result
                continue
            try:
                claimed = Decimal(yuan_text(clean(cell), self._unit))
            except ValueError:
                wrong = name
                continue
            if not any(sums.unknown or sums.of(name) == claimed for sums in claims):
                wrong = name
        self._part = _Sum()
        if word != "小计":
            self._level = _Sum()
        return wrong


class _Sum:
    def __init__(self) -> None:
        self.unknown = False
        self._sums = dict.fromkeys(AMOUNTS, Decimal(0))

    def add(self, tree: dict[str, str] | None) -> None:
        if tree is None:
            self.unknown = True
            return
        for name in AMOUNTS:
            if tree.get(name):
                self._sums[name] += Decimal(tree[name])

    def of(self, name: str) -> Decimal:
        return self._sums[name]
