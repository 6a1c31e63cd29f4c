"""What a code table is: rows in order, where they come from, and what an unknown code means.

A table never guesses. `get` answers None and `name` answers the code itself, so that a code of some other region still
reaches the bill; `of` raises, for the places that cannot go on without a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from hub.bill.faults import UNKNOWN_CODE
from hub.errors import Lang


@dataclass(frozen=True, slots=True)
class Row:
    """A code and its names. Codes are text: a leading zero is part of them."""

    code: str
    zh: str
    en: str
    note: str = ""


R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Table(Generic[R]):
    """A named, ordered, closed list of rows.

    `source` names the public system or text the rows were seen in; rows that one system uses are not a national rule.
    """

    name: str
    zh: str
    en: str
    source: str
    rows: tuple[R, ...]
    extra: tuple[tuple[str, str], ...] = ()
    """Further columns for people: (field of the row, heading)."""
    _by_code: dict[str, R] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {row.code: row for row in self.rows}
        if len(found) != len(self.rows):
            raise ValueError(f"table {self.name} has a code twice")
        object.__setattr__(self, "_by_code", found)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def get(self, code: str) -> R | None:
        """The row of that code, or None."""
        return self._by_code.get(code)

    def of(self, code: str) -> R:
        """The row of that code.

        Raises:
            Park: BH-BIL-001, the table has no such code.
        """
        row = self._by_code.get(code)
        if row is None:
            raise UNKNOWN_CODE(table=self.name, known=", ".join(self._by_code))
        return row

    def name_of(self, code: str, lang: Lang = "zh") -> str:
        """The name to show; an unknown code shows as itself."""
        row = self._by_code.get(code)
        if row is None:
            return code
        return row.zh if lang == "zh" else row.en
