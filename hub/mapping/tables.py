"""Code tables beside a mapping: CSV with the header `from,to[,note]`, UTF-8. Codes stay text."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 16 * 1024 * 1024


class TableError(ValueError):
    """A table file that cannot be used."""


def read_table(path: Path) -> tuple[dict[str, str], bytes]:
    """The table, and its bytes for the mapping's revision.

    Raises:
        TableError: missing, not UTF-8, without the header, or a code that is there twice with different results.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path.name}: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise TableError(f"{path.name}: > {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path.name}: {type(error).__name__}") from None
    if not rows or [heading.strip() for heading in rows[0][:2]] != ["from", "to"]:
        raise TableError(f"{path.name}:1: header")
    codes: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < 2 or not row[0].strip() or not row[1].strip():
            raise TableError(f"{path.name}:{number}: from,to")
        code, to = row[0].strip(), row[1].strip()
        if codes.setdefault(code, to) != to:
            raise TableError(f"{path.name}:{number}: {code[:20]} × 2")
    return codes, content
