"""CSV text → a sheet. The delimiter (comma, tab, semicolon or bar) is the one under which a heading row appears.

Quoted fields may hold delimiters and line breaks; a quote that never closes means a file cut short, and refuses it all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from itertools import islice
from typing import Final

from adapters.education.school_table.charset import decode
from adapters.education.school_table.faults import BAD_CSV, TOO_LARGE
from adapters.education.school_table.sheet import MAX_COLUMNS, MAX_ROWS, Sheet

DELIMITERS: Final = (",", "\t", ";", "|")
LOOK: Final = 30
"""Rows looked at for the delimiter, as for the heading row."""

Score = Callable[[list[str]], int]
"""How much a row looks like a heading row."""


def read_delimited(body: bytes, score: Score) -> Sheet:
    """One sheet.

    Raises:
        Reject: NOT_TEXT, BAD_CSV or TOO_LARGE.
    """
    text, charset = decode(body)
    delimiter = max(DELIMITERS, key=lambda each: _best(text, each, score))
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(rows) >= MAX_ROWS:
                raise TOO_LARGE(found=f"> {MAX_ROWS} rows")
            if len(row) > MAX_COLUMNS and any(row[MAX_COLUMNS:]):
                raise TOO_LARGE(f"row {len(rows) + 1}", found=f"> {MAX_COLUMNS} columns")
            rows.append(row)
    except csv.Error as error:
        raise BAD_CSV(row=len(rows) + 1, found=str(error)) from None
    return Sheet(rows, charset)


def _best(text: str, delimiter: str, score: Score) -> int:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return max((score(row) for row in islice(reader, LOOK)), default=0)
    except csv.Error:
        return 0
