"""What is behind no bill goes when its time is over, by whoever tidies; ids, events and the books stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest

from hub.engine.refusals import Kept
from hub.ledger.records import FaultRecord, Submission
from tests.ledger.book import Book, SqliteBook, charge, message, order, payment, refused
from tests.ledger.shared import PostgresBook, Server

NOW = datetime.now(UTC)  # the server judges by its own clock


@pytest.fixture(params=["sqlite", "postgres"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    """A ledger of today, on a database that is thrown away: its tables change."""
    made: Book
    if request.param == "sqlite":
        made = SqliteBook(folder=tmp_path / "data", now=NOW)
    else:
        server: Server = request.getfixturevalue("server")
        made = PostgresBook(server=server, dsn=server.database(fresh=True), now=NOW)
    yield made.numbers()
    assert made.books()["balanced"], made.books()
    made.close()
    if isinstance(made, PostgresBook):
        made.server.drop(made.dsn)


def ago(days: int, sent: Submission) -> Submission:
    return msgspec.structs.replace(sent, at=(NOW - timedelta(days=days)).isoformat(timespec="milliseconds"))


def retire(book: Book, days: int) -> None:
    """Until nothing is left to do."""
    for _ in range(20):
        if isinstance(book, PostgresBook):
            more = book.runner.run(book.ledger.shared.retire(days))
        else:
            more = book.ledger.retire(book.now, days)
        if not more:
            return
    raise AssertionError("it does not end")


def bodies(book: Book) -> set[str]:
    kept = " UNION ALL SELECT message_seq FROM journal_kept" if isinstance(book, PostgresBook) else ""
    rows = book.rows(
        f"SELECT m.identity FROM message m JOIN (SELECT message_seq FROM journal{kept}) j ON j.message_seq = m.seq"
    )
    return {identity for (identity,) in rows}


def test_old_bodies_go_but_not_those_behind_bills_or_parked(book: Book) -> None:
    old = [
        message("billed", charge("C1")),
        message("paid", payment("C1"), source="alipay"),
        message("linked", charge("C8")),
        message("parked", content="c", fault=FaultRecord("BH-MAP-100")),
        message("loose", charge("C9")),
        message("alone", payment("C7", trade="T7")),
    ]
    for days, one in enumerate(old, start=100):
        book.send(ago(days, one))
    book.send(ago(99, message("order", order("O8", "C8"), source="window")))
    book.send(ago(89, message("young", charge("C5"))))
    book.send(ago(0, message("settles", payment(None, trade="T8", order_no="O8"))))
    events = book.one("SELECT count(*) FROM event")
    retire(book, 90)
    assert bodies(book) == {"billed", "paid", "linked", "parked", "order", "young", "settles"}
    assert book.one("SELECT count(*) FROM event") == events
    assert book.send(old[4]).place == "duplicate"
    book.take(payment("C9", trade="T9"))  # and what comes late is still a bill
    assert "C9" in {no for (no,) in book.rows("SELECT charge_no FROM bill")}
    retire(book, 90)
    assert len(bodies(book)) == 8


def test_what_is_young_stays_whatever_is_asked(book: Book) -> None:
    book.send(ago(29, message("a", charge("C1"))))
    book.send(ago(29, refused()))
    retire(book, 0)
    assert bodies(book) == {"a"}
    assert book.one("SELECT length(sealed) FROM refused") > 32


def test_an_old_refused_message_keeps_its_place_and_its_reason(book: Book) -> None:
    sent = ago(91, refused())
    book.send(sent)
    book.send(ago(1, refused("young")))
    retire(book, 90)
    old, young = [book.reader().refused_message(f"refused-{seq}") for seq in (1, 2)]
    assert old is not None
    assert young is not None
    assert (old["body"], old["fault"]["en"]["code"]) == (b"", sent.fault.code if sent.fault else "")
    assert young["body"]
    assert book.source()["refused"] == 2


def test_a_role_may_drop_what_is_old_and_nothing_else(server: Server) -> None:
    dsn = server.database(fresh=True)
    with psycopg.connect(dsn) as line:
        line.execute("SET ROLE billhub_worker")
        line.execute("SELECT journal_tidy(0), refused_tidy(0, 10)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            line.execute("SELECT journal_drop('2020-01-01')")
    with psycopg.connect(dsn) as line:
        line.execute("SET ROLE billhub_door")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            line.execute("SELECT journal_tidy(0)")
    server.drop(dsn)


def test_many_old_bodies_go_a_few_at_a_time(tmp_path: Path) -> None:
    book = SqliteBook(folder=tmp_path / "data", now=NOW).numbers()
    for number in range(700):
        book.send(ago(100, message(f"m{number}", charge(f"C{number}"))))
    assert book.ledger.retire(book.now, 90) is True
    assert book.one("SELECT count(*) FROM journal") == 400
    retire(book, 90)
    assert book.one("SELECT count(*) FROM journal") == 0
    book.close()


def test_a_sender_that_is_refused_all_day_fills_no_disk() -> None:
    kept = Kept(2)
    assert [kept.one_more("u", "his", NOW) for _ in range(3)] == [True, True, False]
    assert kept.one_more("u", "alipay", NOW)
    assert kept.one_more("u", "his", NOW + timedelta(days=1))
