"""Rows as the arrays that `unnest` takes, and text as PostgreSQL can keep it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def plain(text: str) -> str:
    """Text as PostgreSQL can keep it: it knows no NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows turned into the arrays that `unnest` takes."""
    return [list(column) for column in zip(*rows, strict=True)]
