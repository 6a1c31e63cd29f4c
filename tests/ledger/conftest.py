from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.local.postgres import installed
from tests.cli.conftest import billhub
from tests.ledger.book import Book, SqliteBook
from tests.ledger.shared import PostgresBook, Server

__all__ = ["billhub"]  # the command within this process, as the verbs' own tests have it

NewBook = Callable[..., Any]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL for as long as the tests run; each ledger has a database of its own on it."""
    assert installed(), "PostgreSQL is missing; tests/prepare.sh installs it, or says how"
    made = Server()
    yield made
    made.remove()


@pytest.fixture(params=["sqlite", "postgres"])
def new_book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewBook]:
    """Makes ledgers, on SQLite and then on PostgreSQL."""
    made: list[Book] = []

    def make(**more: Any) -> Book:
        if request.param == "sqlite":
            made.append(SqliteBook(**more, folder=tmp_path / str(len(made))))
        else:
            made.append(PostgresBook(**more, server=request.getfixturevalue("server")))
        return made[-1]

    yield make
    for book in made:
        if isinstance(book, PostgresBook):
            book.server.give_back(book.dsn)


@pytest.fixture
def book(new_book: NewBook) -> Iterator[Book]:
    """A ledger with a hundred numbers, whose books balance when the test is over."""
    made = new_book().numbers()
    yield made
    assert made.books()["balanced"], made.books()
    made.close()


@pytest.fixture
def sqlite_book(tmp_path: Path) -> Iterator[SqliteBook]:
    made = SqliteBook(folder=tmp_path / "data").numbers()
    yield made
    assert made.books()["balanced"], made.books()
    made.close()


@pytest.fixture
def shared_book(server: Server) -> Iterator[PostgresBook]:
    made = PostgresBook(server=server).numbers()
    yield made
    assert made.books()["balanced"], made.books()
    made.close()
    server.give_back(made.dsn)
