"""A database that refuses: nothing of the batch is kept, memory and disk agree, and the same batch succeeds later."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from hub.errors import Config, Retry
from hub.ledger.lock import FolderLock, holder
from hub.ledger.postgres import pool
from hub.ledger.records import Batch
from hub.ledger.sqlite import SqliteLedger
from hub.ledger.sqlite_file import FILE
from tests.ledger.book import RULES, Book, SqliteBook, cancel, charge, message, payment, sign
from tests.ledger.shared import PostgresBook


@contextmanager
def locked(book: SqliteBook) -> Iterator[None]:
    """Another program holds the database (a backup tool that should not)."""
    other = sqlite3.connect(book.folder / FILE, isolation_level=None)
    book.ledger._connection.execute("PRAGMA busy_timeout = 10")
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def read_only(book: SqliteBook) -> Iterator[None]:
    """The file system was remounted read-only."""
    book.ledger._connection.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        book.ledger._connection.execute("PRAGMA query_only = OFF")


@contextmanager
def table_locked(book: PostgresBook) -> Iterator[None]:
    """Somebody holds a table (a migration that should not)."""
    with psycopg.connect(book.dsn) as other:
        other.execute("LOCK TABLE bill, audit, outbox, message IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@contextmanager
def connection_cut(book: PostgresBook) -> Iterator[None]:
    """The server's process dies in the middle of each transaction."""
    book.sql(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
        "CREATE TRIGGER die AFTER INSERT OR UPDATE ON tally FOR EACH ROW EXECUTE FUNCTION die();"
        "CREATE TRIGGER die AFTER UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION die();"
        "CREATE TRIGGER die AFTER INSERT OR DELETE OR UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION die();"
        "CREATE TRIGGER die AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION die();"
    )
    try:
        yield
    finally:
        book.sql("DROP FUNCTION die() CASCADE")


Refuses = Callable[[], AbstractContextManager[None]]
WAYS: dict[str, tuple[str, Callable[[Any], AbstractContextManager[None]]]] = {
    "sqlite full": ("BH-LED-003", lambda book: book.refusing()),
    "sqlite locked": ("BH-LED-003", locked),
    "sqlite read-only": ("BH-LED-003", read_only),
    "postgres full": ("BH-LED-021", lambda book: book.refusing()),
    "postgres locked": ("BH-LED-021", table_locked),
    "postgres cut": ("BH-LED-020", connection_cut),
}


@dataclass(frozen=True)
class Hindered:
    """A ledger, how its database can be made to refuse, and what it then says."""

    book: Any
    way: str
    code: str
    refuses: Refuses


@pytest.fixture(params=WAYS)
def hindered(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Hindered:
    monkeypatch.setitem(pool.SETTINGS, "lock_timeout", "50ms")
    book = request.getfixturevalue("sqlite_book" if request.param.startswith("sqlite") else "shared_book")
    code, way = WAYS[request.param]
    return Hindered(book, request.param, code, lambda: way(book))


def state(book: Book) -> list[object]:
    tables = ("message", "event", "matter", "key", "bill", "segment", "tally", "journal", "void_number", "document")
    return [book.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]


def test_a_refused_batch_leaves_nothing_and_succeeds_later(hindered: Hindered) -> None:
    book = hindered.book
    book.take(charge("C0"), payment("C0", trade="T0"))
    (signed,) = book.work()
    book.take(charge("C1"))
    before = state(book)
    long = "长" * 3000  # so that it does not fit into the pages there are
    batch = [
        message("paid", payment("C1")),
        *(message(f"x{n}", charge(f"X{n}", remark=long[:500]), payment(f"X{n}", trade=f"X{n}"), content=long)
          for n in range(20)),
    ]  # fmt: skip
    for _ in range(2):
        with hindered.refuses(), pytest.raises(Retry) as fault:
            book.apply(*batch, want=50, issued=[sign(signed, book.now)])
        assert fault.value.code.code == hindered.code
        assert state(book) == before
        assert book.ledger.due() == 1
    book.ledger.keep_out([signed.bill_id])
    result = book.apply(*batch, want=50, issued=[sign(signed, book.now)])
    assert [verdict.place for verdict in result.verdicts] == ["applied"] * 21
    assert result.issued == [signed.bill_id]
    assert sorted(work.bill_number for work in result.work) == [f"{n:010d}" for n in range(2, 23)]


def test_messages_alone_are_refused_and_come_again(hindered: Hindered) -> None:
    book = hindered.book
    before = state(book)
    sent = [message(f"x{n}", charge(f"X{n}", remark="长" * 500), payment(f"X{n}", trade=f"X{n}")) for n in range(40)]
    with hindered.refuses(), pytest.raises(Retry):
        book.apply(*sent)
    assert state(book) == before
    assert [verdict.place for verdict in book.apply(*sent).verdicts] == ["applied"] * 40


def test_a_refused_reservation_is_made_again_with_the_same_number(hindered: Hindered) -> None:
    book = hindered.book
    if hindered.way == "sqlite full":
        pytest.skip("a reservation needs no new page")
    book.take(charge(), payment())
    with hindered.refuses(), pytest.raises(Retry):
        book.apply(want=5)
    assert book.segment()["free"] == 100
    assert [work.bill_number for work in book.work()] == ["0000000001"]


def test_what_is_with_an_issuer_is_not_handed_out_again_after_a_rollback(hindered: Hindered) -> None:
    book = hindered.book
    book.take(charge("C1"), payment("C1", trade="T1"))
    book.take(charge("C2"), payment("C2", trade="T2"))
    (out,) = book.work(1)
    with hindered.refuses(), pytest.raises(Retry):
        book.take(charge("C3", remark="长" * 500), content="长" * 5000)
    book.ledger.keep_out([out.bill_id])
    assert [work.charge_no for work in book.work()] == ["C2"]
    assert book.store(out) == [out.bill_id]


def test_other_writing_calls_refuse_in_the_same_words(hindered: Hindered) -> None:
    book = hindered.book
    if hindered.way == "sqlite full":
        pytest.skip("these need no new page")
    book.take(charge(), payment())
    book.send(msgspec.structs.replace(message("p", payment("C9", trade="T9")), question={"a": 1}))
    (bill_id,) = book.bills()
    (waits,) = [row["id"] for row in book.ledger.outbox("ask", 1, book.now)]
    calls: list[Callable[[], object]] = [
        lambda: book.ledger.audit("a", "b", "c", "d", book.now),
        lambda: book.numbers(500, 600),
        lambda: book.ledger.outbox_done([waits]),
        lambda: book.ledger.outbox_later(waits, book.now + timedelta(minutes=1), None),
        lambda: book.ledger.release([bill_id], book.now, "x"),
    ]
    for call in calls:
        with hindered.refuses(), pytest.raises(Retry) as fault:
            call()
        assert fault.value.code.code == hindered.code
    assert book.one("SELECT COUNT(*) FROM audit") == 1  # the fixture's own segment
    assert len(book.issue()) == 1


def test_the_sequences_have_no_gap_after_a_rollback(sqlite_book: SqliteBook) -> None:
    book = sqlite_book
    book.take(charge("C1"), payment("C1", trade="T1"))
    work = book.work()
    with read_only(book), pytest.raises(Retry):
        book.store(*work)
    with read_only(book), pytest.raises(Retry):
        book.take(charge("C2"), payment("C2", trade="T2"))
    book.store(*work)
    book.take(charge("C2"), payment("C2", trade="T2"))
    book.issue()
    assert book.rows("SELECT seq, change FROM bill ORDER BY seq") == [(1, 1), (2, 2)]


def test_a_damaged_file_stops_the_hub(tmp_path: Path) -> None:
    book = SqliteBook(folder=tmp_path).numbers()
    for n in range(50):
        book.take(charge(f"C{n}"))
    book.close()
    path = tmp_path / FILE
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\x5a" * (len(damaged) - 4096)
    path.write_bytes(damaged)
    with pytest.raises(Config) as fault:
        SqliteLedger(tmp_path, {"demo": RULES}).apply(Batch([message("a", charge())]), book.now, 0)
    assert fault.value.code.code == "BH-LED-004"


def test_a_file_that_is_no_database_stops_the_hub(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is not a database, but long enough to look at" * 100)
    with pytest.raises(Config) as fault:
        SqliteLedger(tmp_path, {})
    assert fault.value.code.code == "BH-LED-004"


def test_a_second_hub_is_refused_with_the_first_ones_pid(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    assert holder(tmp_path) == os.getpid()
    with pytest.raises(Config) as fault:
        FolderLock(tmp_path)
    assert fault.value.code.code == "BH-LED-006"
    assert fault.value.values["pid"] == str(os.getpid())
    lock.release()
    assert holder(tmp_path) is None
    FolderLock(tmp_path).release()


def test_a_withdrawal_that_was_rolled_back_leaves_the_bill_due(hindered: Hindered) -> None:
    book = hindered.book
    book.take(charge(), payment())
    with hindered.refuses(), pytest.raises(Retry):
        book.take(cancel(), content="长" * 5000)
    assert len(book.issue()) == 1
