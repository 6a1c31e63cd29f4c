"""A ledger that was moved is the same ledger: whatever is seen of it, and what it does next."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hub.errors import Config
from hub.ledger.moving.tables import TABLES
from hub.ledger.sqlite import SqliteLedger
from hub.ledger.sqlite_file import FILE
from tests.ledger.book import RULES, SqliteBook, charge, message, payment, refund
from tests.ledger.moving.lived import STATUSES, moving, seen, source, target
from tests.ledger.shared import PostgresBook, Server


def test_the_ledger_has_lived(lived: Path) -> None:
    book = source(lived)
    assert set(book.statuses()) == STATUSES
    assert book.one("SELECT count(*) FROM matter WHERE \"into\" <> ''") > 0
    filled = {table.name for table in TABLES if book.one(f'SELECT count(*) FROM "{table.name}"')}
    assert filled == {table.name for table in TABLES}, "every table has something to move"


def test_everything_seen_is_the_same_after_the_move(folder: Path, dsn: str, server: Server) -> None:
    before = seen(source(folder))
    report = moving(folder, dsn)
    assert report.equal
    assert report.books == report.books_there == before["books"]
    assert {table.name: table.rows for table in report.tables} == {
        table.name: source(folder).one(f'SELECT count(*) FROM "{table.name}"') for table in TABLES
    }
    book = target(server, dsn)
    after = seen(book)
    for told in before["messages"]:  # PostgreSQL keeps no NUL
        told["kind"] = told["kind"].replace("\0", "\N{REPLACEMENT CHARACTER}")
    for what, was in before.items():
        assert after[what] == was, what
    assert book.rows("SELECT action, subject FROM audit ORDER BY seq DESC LIMIT 1") == [("hub.move", report.id)]
    book.close()


def test_bodies_lie_in_the_parts_of_their_days(folder: Path, dsn: str, server: Server) -> None:
    moving(folder, dsn)
    book = target(server, dsn)
    days = book.rows("SELECT DISTINCT tableoid::regclass::text, day FROM journal ORDER BY 1")
    assert days
    assert all(part == f"journal_{day.replace('-', '')}" for part, day in days), days
    assert book.one("SELECT count(*) FROM journal_rest") == 0
    book.close()


def test_issuing_goes_on_with_the_next_numbers_and_uses_none_twice(folder: Path, dsn: str, server: Server) -> None:
    before = source(folder)
    used = {row[0] for row in before.rows("SELECT bill_number FROM bill WHERE bill_number IS NOT NULL")}
    void = {row[0] for row in before.rows("SELECT number FROM void_number")}
    reserved = dict(before.rows("SELECT id, bill_number FROM bill WHERE status = 'due' AND bill_number IS NOT NULL"))
    next_ = before.one("SELECT next FROM segment ORDER BY id LIMIT 1")
    assert void
    assert reserved
    moving(folder, dsn)
    book = target(server, dsn)
    for number in range(50):  # more than the first segment has left
        book.take(charge(f"N{number}"), payment(f"N{number}", trade=f"N{number}"))
    works = []
    while work := book.issue():
        works += work
    given = {work.bill_id: work.bill_number for work in works}
    assert {id_: given[id_] for id_ in reserved} == reserved, "a number reserved before is used for its bill"
    fresh = sorted(number for id_, number in given.items() if id_ not in reserved)
    assert len(fresh) == len(set(fresh)) >= 50
    assert not set(fresh) & (used | void)
    assert fresh[0] == f"{next_:010d}"
    assert "0000001001" in fresh, "the second segment follows the first"
    changes = book.rows("SELECT change FROM bill WHERE change > 0")
    assert len(changes) == len(set(changes))
    assert book.books()["balanced"]
    book.close()


def test_an_insurer_reads_on_from_the_cursor_it_had(folder: Path, dsn: str, server: Server) -> None:
    cursor = source(folder).one("SELECT max(change) FROM bill")
    moving(folder, dsn)
    book = target(server, dsn)
    assert book.rows("SELECT id FROM bill WHERE change > ?", cursor) == []
    issued = [work.bill_id for work in book.issue()]
    assert issued
    later = {id_ for (id_,) in book.rows("SELECT id FROM bill WHERE change > ?", cursor)}
    assert set(issued) <= later
    book.close()


def test_what_was_said_before_the_move_is_known_after_it(folder: Path, dsn: str, server: Server) -> None:
    moving(folder, dsn)
    book = target(server, dsn)
    assert book.send(message("m1", charge("C1"), payment("C1", trade="T1"))).place == "duplicate"
    (paid,) = book.rows("SELECT charge_no, status FROM bill WHERE charge_no = 'C9'")
    assert paid == ("C9", "issued")
    book.take(refund(trade="T9", no="R9"), source="alipay")
    assert ("C9", "reversing") in book.rows("SELECT charge_no, status FROM bill WHERE charge_no = 'C9'")
    book.close()


def test_the_source_is_not_written_and_no_hub_starts_on_it(folder: Path, dsn: str) -> None:
    before = (folder / FILE).read_bytes()
    moving(folder, dsn)
    assert (folder / FILE).read_bytes() == before
    with pytest.raises(Config) as fault:
        SqliteLedger(folder, {"demo": RULES})
    assert fault.value.code.code == "BH-LED-030"
    assert all(fault.value.do(lang) for lang in ("zh", "en"))
    assert source(folder).books()["balanced"], "it may still be looked at"


def test_moving_again_says_so_and_does_nothing(folder: Path, dsn: str, server: Server) -> None:
    first = moving(folder, dsn)
    book = target(server, dsn)
    book.take(charge("N1"), payment("N1", trade="N1"))
    book.close()
    again = moving(folder, dsn)
    assert (again.already, again.rows, again.id) == (True, 0, first.id)
    assert {table.name: table.hash for table in again.tables} == {table.name: table.hash for table in first.tables}


def test_an_empty_ledger_moves_too(tmp_path: Path, dsn: str, server: Server) -> None:
    SqliteBook(folder=tmp_path / "data").close()
    assert moving(tmp_path / "data", dsn).equal
    book = PostgresBook(server=server, dsn=dsn).numbers()
    book.take(charge(), payment())
    assert [work.bill_number for work in book.issue()] == ["0000000001"]
    book.close()


def test_what_is_in_the_log_of_a_ledger_that_crashed_is_moved(tmp_path: Path, dsn: str) -> None:
    book = SqliteBook(folder=tmp_path / "data").numbers()
    book.take(charge(), payment())
    for name in (FILE, f"{FILE}-wal"):
        (tmp_path / "left").mkdir(exist_ok=True)
        shutil.copyfile(book.folder / name, tmp_path / "left" / name)
    book.close()
    report = moving(tmp_path / "left", dsn)
    assert report.equal
    assert {table.name: table.rows for table in report.tables}["bill"] == 1
