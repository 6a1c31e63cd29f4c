"""A database that refuses: nothing of the batch is kept, memory and disk agree, and the same batch succeeds later."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from hub.errors import Config, Retry
from hub.ledger.lock import FolderLock, holder
from hub.ledger.records import Batch
from hub.ledger.sqlite import FILE, SqliteLedger
from tests.ledger.book import RULES, Book, cancel, charge, message, payment, sign


@contextmanager
def full_disk(book: Book) -> Iterator[None]:
    """SQLite itself refuses to grow the file by a page, as it does when the disk is full."""
    connection = book.ledger._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        connection.execute("PRAGMA max_page_count = 1073741823")


@contextmanager
def locked(book: Book) -> Iterator[None]:
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
def read_only(book: Book) -> Iterator[None]:
    """The file system was remounted read-only."""
    book.ledger._connection.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        book.ledger._connection.execute("PRAGMA query_only = OFF")


Refusal = Callable[[Book], AbstractContextManager[None]]


def state(book: Book) -> list[object]:
    tables = ("message", "event", "matter", "key", "bill", "segment", "tally", "journal", "void_number", "document")
    return [book.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]


@pytest.mark.parametrize("refuses", [full_disk, locked, read_only])
def test_a_refused_batch_leaves_nothing_and_succeeds_later(book: Book, refuses: Refusal) -> None:
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
        with refuses(book), pytest.raises(Retry) as fault:
            book.apply(*batch, want=50, issued=[sign(signed, book.now)])
        assert fault.value.code.code == "BH-LED-003"
        assert state(book) == before
        assert book.ledger.due() == 1
    book.ledger.keep_out([signed.bill_id])
    result = book.apply(*batch, want=50, issued=[sign(signed, book.now)])
    assert [verdict.place for verdict in result.verdicts] == ["applied"] * 21
    assert result.issued == [signed.bill_id]
    assert sorted(work.bill_number for work in result.work) == [f"{n:010d}" for n in range(2, 23)]
    assert book.one("SELECT MAX(seq) FROM message") == book.one("SELECT COUNT(*) FROM message")


def test_a_refused_reservation_is_made_again_with_the_same_number(book: Book) -> None:
    book.take(charge(), payment())
    with read_only(book), pytest.raises(Retry):
        book.apply(want=5)
    assert book.segment()["free"] == 100
    assert [work.bill_number for work in book.work()] == ["0000000001"]


def test_what_is_with_an_issuer_is_not_handed_out_again_after_a_rollback(book: Book) -> None:
    book.take(charge("C1"), payment("C1", trade="T1"))
    book.take(charge("C2"), payment("C2", trade="T2"))
    (out,) = book.work(1)
    with read_only(book), pytest.raises(Retry):
        book.take(charge("C3"))
    book.ledger.keep_out([out.bill_id])
    assert [work.charge_no for work in book.work()] == ["C2"]
    assert book.store(out) == [out.bill_id]


@pytest.mark.parametrize("refuses", [locked, read_only])
def test_other_writing_calls_refuse_in_the_same_words(book: Book, refuses: Refusal) -> None:
    book.take(charge(), payment())
    calls: list[Callable[[], object]] = [
        lambda: book.ledger.audit("a", "b", "c", "d", book.now),
        lambda: book.numbers(500, 600),
        lambda: book.ledger.outbox_done([1]),
        lambda: book.ledger.outbox_later(1, book.now + timedelta(minutes=1), None),
        lambda: book.ledger.release(list(book.bills()), book.now, "x"),
    ]
    for call in calls:
        with refuses(book), pytest.raises(Retry):
            call()
    assert book.one("SELECT COUNT(*) FROM audit") == 1  # the fixture's own segment
    assert len(book.issue()) == 1


def test_the_sequences_have_no_gap_after_a_rollback(book: Book) -> None:
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
    book = Book(tmp_path).numbers()
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


def test_a_withdrawal_that_was_rolled_back_leaves_the_bill_due(book: Book) -> None:
    book.take(charge(), payment())
    with read_only(book), pytest.raises(Retry):
        book.take(cancel())
    assert len(book.issue()) == 1
