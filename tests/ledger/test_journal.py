"""Bodies lie by days: a day is made ahead, dropped whole when its time is over, and what is behind a bill is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec
import psycopg
import pytest

from hub.errors import Retry
from hub.ledger.postgres import journal
from hub.ledger.records import FaultRecord, Submission
from tests.ledger.book import charge, message, order, payment
from tests.ledger.shared import PostgresBook, Server


@pytest.fixture
def book(server: Server) -> Iterator[PostgresBook]:
    """A ledger on a database that is thrown away: its tables change."""
    made = PostgresBook(server=server, dsn=server.database(fresh=True)).numbers()
    yield made
    assert made.books()["balanced"]
    made.close()
    server.drop(made.dsn)


def on(day: str, sent: Submission) -> Submission:
    return msgspec.structs.replace(sent, at=f"{day}T08:00:00.000+00:00")


def days(book: PostgresBook) -> list[str]:
    question = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal'::regclass ORDER BY 1"
    return [name for (name,) in book.rows(question)]


def body(book: PostgresBook, sent: Submission) -> bytes:
    found = book.reader().message(sent.id)
    assert found is not None
    return bytes(found["body"])


def tidy(book: PostgresBook) -> None:
    book.runner.run(book.ledger.shared.tidy(book.now))


def test_days_are_made_ahead_once(book: PostgresBook) -> None:
    tidy(book)
    ahead = [f"journal_202603{day:02d}" for day in range(1, 9)]
    assert days(book) == [*ahead, "journal_rest"]
    tidy(book)
    book.another()
    assert days(book) == [*ahead, "journal_rest"]
    book.pass_time(days=1)
    tidy(book)
    assert days(book)[-2] == "journal_20260309"


def test_a_body_lies_in_its_day_and_without_one_in_the_rest(book: PostgresBook) -> None:
    early, sent = on("2026-02-28", message("a", charge("C1"))), message("b", charge("C2"))
    tidy(book)
    book.send(early)
    book.send(sent)
    assert book.one("SELECT count(*) FROM journal_20260301") == 1
    assert book.one("SELECT count(*) FROM journal_rest") == 1
    assert body(book, early) == charge("C1").to_json()
    assert body(book, sent) == charge("C2").to_json()


def test_what_came_before_its_day_was_made_moves_into_it(book: PostgresBook) -> None:
    sent = message("a", charge())
    book.send(sent)
    assert book.one("SELECT count(*) FROM journal_rest") == 1
    tidy(book)
    assert book.one("SELECT count(*) FROM journal_rest") == 0
    assert body(book, sent) == charge().to_json()


def test_an_old_day_is_dropped_but_not_what_is_behind_bills_or_parked(book: PostgresBook) -> None:
    tidy(book)
    kept = [message("c", charge("C1")), message("p", payment("C1"), source="alipay")]
    linked = [message("l", payment(None, trade="T8", order_no="O8")), message("m", charge("C8"))]
    parked = message("x", content="c", fault=FaultRecord("BH-MAP-100"))
    loose = message("loose", charge("C9"))
    later = on("2026-03-02", message("later", charge("C7")))
    for sent in (*kept, *linked, parked, loose, later):
        book.send(sent)
    book.send(on("2026-03-02", message("o", order("O8", "C8"), source="window")))
    events = book.one("SELECT count(*) FROM event")
    assert journal.drop_before(book.dsn, date(2026, 3, 2)) == 1
    assert "journal_20260301" not in days(book)
    assert [body(book, sent) for sent in kept] == [charge("C1").to_json(), payment("C1").to_json()]
    assert [body(book, sent) for sent in linked] == [
        payment(None, trade="T8", order_no="O8").to_json(),
        charge("C8").to_json(),
    ]
    assert body(book, parked) == b"c"
    assert body(book, loose) == b""  # its id, and what it said, are kept
    assert body(book, later) == charge("C7").to_json()
    assert book.one("SELECT count(*) FROM event") == events
    assert book.send(loose).place == "duplicate"


def test_dropping_a_day_waits_for_nobody_long(book: PostgresBook) -> None:
    tidy(book)
    book.send(message("a", charge()))
    with psycopg.connect(book.dsn) as other:
        other.execute("SELECT * FROM journal_20260301")
        with pytest.raises(Retry) as fault:
            journal.drop_before(book.dsn, date(2026, 3, 2))
        assert fault.value.code.code == "BH-LED-021"
    assert journal.drop_before(book.dsn, date(2026, 3, 2)) == 1


def test_the_rest_is_never_dropped(book: PostgresBook) -> None:
    book.send(message("a", charge()))
    assert journal.drop_before(book.dsn, book.now.date() + timedelta(days=400)) == 0
    assert book.one("SELECT count(*) FROM journal") == 1
