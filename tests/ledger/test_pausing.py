"""A paused unit: taken in and kept, nothing of it issued, on either database, over crashes; others feel nothing."""

from __future__ import annotations

import asyncio

import pytest

from hub.errors import Reject
from hub.ledger.records import Batch
from tests.ledger.book import CODE, Book, charge, message, payment
from tests.ledger.conftest import NewBook
from tests.ledger.shared import PostgresBook, Server
from tests.ledger.test_turns import TENANTS, flood, paid, stocked


def pause(book: Book, unit: str = "a", *, doors: bool = False) -> None:
    book.ledger.pause(unit, "audit of its keys", book.now, "cli:somebody", doors=doors)


def resume(book: Book, unit: str = "a") -> None:
    book.ledger.resume(unit, book.now, "cli:somebody")


def test_nothing_of_a_paused_unit_is_issued_and_everything_is_kept(new_book: NewBook) -> None:
    book = stocked(new_book, "a", "b")
    flood(book, "a", 60)
    pause(book)
    flood(book, "b", 10)
    verdict = book.send(message("later", charge("L"), payment("L", trade="TL"), unit="a"))
    assert verdict.place == "applied", "it is taken in as ever"
    assert {item.unit for item in book.issue()} == {"b"}
    assert book.work() == []
    assert book.statuses().count("due") == 61
    assert book.books()["balanced"]
    again = book.crashed()
    assert again.ledger.pauses() == {"a": False}
    assert again.work() == [], "it is paused still"
    resume(again)
    assert [item.charge_no for item in again.issue()] == [*(f"C{n}" for n in range(60)), "L"], "in their old order"
    assert again.ledger.pauses() == {}
    assert [row[0] for row in again.rows("SELECT action FROM audit WHERE action LIKE 'unit.%' ORDER BY seq")] == [
        "unit.pause",
        "unit.resume",
    ]
    assert again.reader().pauses() == []
    again.close()


def test_what_is_being_signed_while_its_unit_is_paused_stays_due_under_its_number(new_book: NewBook) -> None:
    book = stocked(new_book, "a", "b")
    flood(book, "a", 3)
    flood(book, "b", 1)
    work = book.work()
    pause(book)
    book.store(*work)
    assert book.statuses().count("issued") == 1
    assert book.rows("SELECT unit FROM bill WHERE status = 'issued'") == [("b",)]
    assert book.work() == []
    resume(book)
    again = {item.bill_id: item.bill_number for item in book.issue()}
    assert again == {item.bill_id: item.bill_number for item in work if item.unit == "a"}
    assert book.books()["balanced"]
    book.close()


def test_who_is_paused_why_and_by_whom_can_be_seen(new_book: NewBook) -> None:
    book = stocked(new_book, "a")
    pause(book, doors=True)
    (shown,) = book.reader().pauses()
    assert (shown["unit"], shown["reason"], shown["actor"], shown["doors"]) == (
        "a",
        "audit of its keys",
        "cli:somebody",
        True,
    )
    pause(book)  # again: the last word counts
    assert book.ledger.pauses() == {"a": False}
    resume(book)
    with pytest.raises(Reject) as fault:
        resume(book)
    assert fault.value.code.code == "BH-LED-063"
    book.close()


def test_numbers_that_come_in_do_not_wake_a_paused_unit(new_book: NewBook) -> None:
    book = stocked(new_book, "b")
    flood(book, "a", 2)
    assert book.work() == []
    pause(book)
    book.ledger.receive_numbers("a", CODE, "90001", "90100", book.now, "test")
    assert book.work() == []
    resume(book)
    assert len(book.issue()) == 2
    book.close()


def test_a_resume_that_meets_an_issuer_leaves_no_bill_behind(server: Server) -> None:
    book = PostgresBook(rules=TENANTS, server=server)
    book.ledger.receive_numbers("a", CODE, "1", "1000", book.now, "test")
    other = book.another()
    for turn in range(6):
        flood_from(book, turn)
        pause(book)

        async def both() -> None:
            await asyncio.gather(
                *(book.ledger.shared.apply(_empty(), book.now, 9) for _ in range(2)),
                other.ledger.shared.resume("a", book.now, "test"),
            )

        book.runner.run(both())
        book.expire()
        while work := book.work():
            book.store(*work)
        assert book.one("SELECT count(*) FROM bill WHERE status = 'due'") == 0, turn
    other.close()
    book.close()
    server.give_back(book.dsn)


def flood_from(book: Book, turn: int) -> None:
    book.apply(*(paid("a", f"R{turn}-{n}") for n in range(20)))


def _empty() -> Batch:
    return Batch()
