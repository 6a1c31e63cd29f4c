from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.book import Book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """A ledger with a hundred numbers, whose books balance when the test is over."""
    made = Book(tmp_path / "data").numbers()
    yield made
    assert made.books()["balanced"], made.books()
    made.close()
