"""The books of a hub that is at work are those of one moment."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from hub.ledger import books
from hub.ledger.reader import Reader
from tests.ledger.book import VAULT, Book, SqliteBook, charge, payment


def test_what_is_committed_between_two_questions_does_not_unbalance_them(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.take(charge("C1"))
    kept = books._kept

    def meanwhile(look: Connection) -> Any:
        book.take(payment("C1"))
        book.issue()
        return kept(look)

    monkeypatch.setattr(books, "_kept", meanwhile)
    shown = book.books()
    assert shown["balanced"], shown
    assert shown["sources"][0]["received"] == 1
    assert shown["numbers"][0]["used"] == 0


def test_a_reader_that_stays_open_sees_what_came_since(sqlite_book: SqliteBook) -> None:
    book = sqlite_book
    look = Reader(book.folder, VAULT, shared=True)
    assert look.books()["sources"] == []
    book.take(charge("C1"))
    assert look.books()["sources"][0]["received"] == 1
    look.close()
