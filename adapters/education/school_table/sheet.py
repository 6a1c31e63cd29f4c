"""What every file form is read into: sheets of rows of cell text, numbered as the person sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_ROWS: Final = 99_999
MAX_COLUMNS: Final = 104
"""Up to column CZ."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows from 1; an empty row is an empty list or empty texts."""

    rows: list[list[str]]
    charset: str = "UTF-8"
    name: str = ""
