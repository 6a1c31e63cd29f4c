"""Numbers handed down the region tree: refilled by themselves, accounted for at every node, lost nowhere, on either
database."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from hub.errors import Reject, Retry
from hub.ledger import handing
from hub.ledger.accounting import STATES
from hub.ledger.epochs.numbers import keep_back
from hub.ledger.handing import Node
from hub.ledger.records import Batch
from tests.ledger.book import CODE, RULES, Book, SqliteBook
from tests.ledger.conftest import NewBook
from tests.ledger.shared import PostgresBook, Server
from tests.ledger.test_turns import flood, paid

PATH = ("410105", "410100", "410000")
ABOVE = {"410105": "410100", "410102": "410100", "410100": "410000", "a": "410105", "b": "410102"}
A = replace(RULES, unit="a", policy=replace(RULES.policy, unit="a"), above=PATH, low=5, refill=20)
B = replace(A, unit="b", policy=replace(RULES.policy, unit="b"), above=("410102", *PATH[1:]))
TENANTS = {"a": A, "b": B}


def receive(book: Book, region: str, first: int, last: int) -> None:
    book.ledger.receive_numbers("", CODE, str(first), str(last), book.now, "test", region=region)


def nodes(book: Book) -> dict[str, dict[str, Any]]:
    """Every node's account, after everything that must always hold of it was checked."""
    found = {row["node"]: row for row in book.reader().numbers_tree(ABOVE)}
    assert all(row["balanced"] for row in found.values()), found
    for name, row in found.items():
        children = [child for child in found.values() if child["above"] == name]
        for state in ("used", "void", "reserved", "leased"):
            if name not in TENANTS:
                assert row[state] == sum(child[state] for child in children), (name, state)
    assert book.books()["balanced"]
    return found


def shown(row: dict[str, Any]) -> dict[str, int]:
    return {name: row[name] for name in ("received", *STATES) if row[name]}


def test_a_unit_that_runs_low_is_refilled_from_the_nearest_region_that_has_numbers(new_book: NewBook) -> None:
    book: Book = new_book(rules=TENANTS)
    receive(book, "410000", 1, 1000)
    receive(book, "410100", 2001, 2030)
    flood(book, "a", 28)
    issued = [item.bill_number for item in book.issue()]
    assert issued == [f"{n:010d}" for n in (*range(2001, 2029),)], "the city's, not the province's"
    found = nodes(book)
    assert found["a"]["used"] == 28
    assert found["a"]["free"] >= A.low
    assert found["410000"]["received"] == 1030, "what the city received is the province's, too"
    assert found["410000"]["handed_down"] == 0, "nothing left the province"
    rows = book.rows("SELECT actor, action, subject FROM audit WHERE action = 'numbers.allot' ORDER BY seq")
    assert rows[0][2].startswith(f"410100 a {CODE} 0000002001-")
    assert {row[:2] for row in rows} == {(handing.REFILL, "numbers.allot")}
    book.close()


def test_where_nothing_is_left_above_bills_wait_and_go_on_by_themselves(new_book: NewBook) -> None:
    book: Book = new_book(rules=TENANTS)
    receive(book, "410105", 1, 8)
    flood(book, "a", 12)
    assert len(book.issue()) == 8
    assert book.statuses().count("due") == 4
    assert any("BH-LED-010" in str(alarm) for alarm in book.ledger.alarms().values())
    assert [(alarm["unit"], alarm["count"]) for alarm in book.reader().alarms()] == [("a", 4)]
    assert nodes(book)["410000"]["free"] == 0
    receive(book, "410000", 101, 200)
    assert len(book.issue()) == 4
    assert book.ledger.alarms() == {}
    assert shown(nodes(book)["410000"]) == {"received": 108, "used": 12, "free": 96}
    book.close()


def test_a_person_hands_down_to_a_region_and_to_a_unit(new_book: NewBook) -> None:
    book: Book = new_book(rules=TENANTS)
    receive(book, "410000", 1, 100)
    give = book.ledger.allot_numbers
    assert give(Node(region="410100"), CODE, 60, ["410000"], book.now, "cli:somebody") == [(1, 60)]
    assert give(Node(region="410105"), CODE, 30, ["410100", "410000"], book.now, "cli:somebody") == [(1, 30)]
    assert give(Node(unit="a"), CODE, 40, PATH, book.now, "cli:somebody") == [(1, 30), (31, 40)]
    with pytest.raises(Reject) as fault:
        give(Node(unit="b"), CODE, 61, B.above, book.now, "cli:somebody")
    assert (fault.value.code.code, fault.value.values["free"]) == ("BH-LED-060", 60)
    with pytest.raises(Reject) as fault:
        give(Node(region="410000"), CODE, 1, [], book.now, "cli:somebody")
    assert fault.value.code.code == "BH-LED-061"
    assert {name: shown(row) for name, row in nodes(book).items()} == {
        "410000": {"received": 100, "free": 100},
        "410100": {"received": 60, "free": 60},
        "410105": {"received": 40, "free": 40},
        "a": {"received": 40, "free": 40},
    }
    stock = [(row["region"], row["received"], row["handed_down"], row["free"]) for row in book.books()["stock"]]
    assert stock == [("410000", 100, 60, 40), ("410100", 60, 40, 20), ("410105", 30, 30, 0)]
    assert book.one("SELECT COUNT(*) FROM audit WHERE action = 'numbers.allot' AND actor = 'cli:somebody'") == 4
    book.close()


def test_numbers_of_one_bill_code_are_received_once_whoever_receives_them(new_book: NewBook) -> None:
    book: Book = new_book(rules=TENANTS)
    receive(book, "410000", 1, 100)
    for unit, region in (("a", ""), ("", "410105")):
        with pytest.raises(Reject) as fault:
            book.ledger.receive_numbers(unit, CODE, "100", "200", book.now, "test", region=region)
        assert fault.value.code.code == "BH-LED-012"
    book.close()


def test_a_stock_whose_handing_down_led_nowhere_does_not_balance(new_book: NewBook) -> None:
    book: Book = new_book(rules=TENANTS)
    receive(book, "410000", 1, 100)
    book.ledger.allot_numbers(Node(unit="a"), CODE, 10, PATH, book.now, "test")
    assert book.books()["balanced"]
    _write(book, "DELETE FROM segment")
    assert not book.books()["balanced"], "ten numbers are nowhere"
    book.close()


def test_a_restore_keeps_a_regions_stock_back(tmp_path: Path) -> None:
    book = SqliteBook(rules=TENANTS, folder=tmp_path / "data")
    receive(book, "410000", 1, 100)
    book.ledger.allot_numbers(Node(unit="a"), CODE, 10, PATH, book.now, "test")
    engine = create_engine(f"sqlite:///{tmp_path / 'data' / 'ledger.db'}")
    with engine.begin() as connection:
        assert keep_back(connection, 2) == 100
    engine.dispose()
    (row,) = book.books()["stock"]
    assert (row["handed_down"], row["quarantined"], row["free"], row["balanced"]) == (10, 90, 0, True)
    assert shown(nodes(book)["410000"]) == {"received": 100, "quarantined": 100}
    flood(book, "a", 1)
    assert book.crashed().work() == []


def _write(book: Book, statement: str) -> None:
    if isinstance(book, PostgresBook):
        book.sql(statement)
    else:
        assert isinstance(book, SqliteBook)
        with sqlite3.connect(book.folder / "ledger.db") as other:
            other.execute(statement)
        other.close()


def test_a_refill_and_its_reservation_are_one_or_nothing(new_book: NewBook) -> None:
    book: Book = new_book(rules=TENANTS)
    receive(book, "410000", 1, 100)
    flood(book, "a", 3)
    before = book.rows("SELECT id, next FROM stock"), book.rows("SELECT * FROM allotment")
    with book.refusing(), pytest.raises(Retry):
        _fill(book)
    if isinstance(book, PostgresBook):
        assert (book.rows("SELECT id, next FROM stock"), book.rows("SELECT * FROM allotment")) == before
    nodes(book)
    again = book.crashed()
    assert len(again.issue()) == 3
    assert sorted(again.rows("SELECT bill_number FROM bill")) == [(f"{n:010d}",) for n in (1, 2, 3)]
    assert shown(nodes(again)["410000"]) == {"received": 100, "used": 3, "free": 97}
    again.close()


def _fill(book: Book) -> None:
    """Until the disk is full."""
    while True:
        book.work(1)
        book.ledger.audit("test", "fill", "x" * 4000, "", book.now)


def test_what_was_handed_down_stays_so_over_a_crash_at_any_step(new_book: NewBook) -> None:
    book: Book = new_book(rules=TENANTS)
    receive(book, "410000", 1, 500)
    for n in range(3):
        flood(book, "a", 30 * (n + 1))
        book.work(25)
        book = book.crashed()
        nodes(book)
    assert len(book.issue(1000)) == 90
    numbers = [number for (number,) in book.rows("SELECT bill_number FROM bill")]
    assert Counter(numbers).most_common(1)[0][1] == 1
    assert shown(nodes(book)["410000"])["used"] == 90
    book.close()


def test_two_issuers_racing_refill_a_unit_once(server: Server) -> None:
    book = PostgresBook(rules=TENANTS, server=server, block=3)
    receive(book, "410000", 1, 10_000)
    flood(book, "a", 200)
    flood(book, "b", 200)
    others = [book.another() for _ in range(3)]

    async def race() -> list[str]:
        numbers: list[str] = []

        async def one(mine: PostgresBook) -> None:
            while work := (await mine.ledger.shared.apply(_nothing(), mine.now, 7)).work:
                numbers.extend(item.bill_number for item in work)

        await asyncio.gather(*(one(mine) for mine in (book, *others)))
        return numbers

    numbers = book.runner.run(race())
    assert len(numbers) == len(set(numbers)) == 400
    found = nodes(book)
    for unit in ("a", "b"):
        # each refill was due: no more is out than what is used, what issuers hold, the mark, and one block
        assert found[unit]["received"] <= 200 + 4 * 3 + A.low + 7 + A.refill
    assert found["410000"]["received"] == 10_000
    for other in others:
        other.close()
    book.close()
    server.give_back(book.dsn)


def _nothing() -> Any:
    return Batch()


STEP = st.one_of(
    st.tuples(st.just("receive"), st.sampled_from([*PATH, "410102", "a"]), st.integers(1, 40)),
    st.tuples(st.just("allot"), st.sampled_from(["410100", "410105", "410102", "a", "b"]), st.integers(1, 30)),
    st.tuples(st.just("bills"), st.sampled_from(["a", "b"]), st.integers(1, 15)),
    st.tuples(st.just("issue"), st.just(""), st.integers(1, 40)),
    st.tuples(st.just("crash"), st.just(""), st.just(0)),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=4, max_size=12))
def test_whatever_is_done_every_node_adds_up(new_book: NewBook, steps: list[tuple[str, str, int]]) -> None:
    book: Book = new_book(rules=TENANTS)
    top = 0
    for step, where, count in steps:
        if step == "receive":
            unit = where if where in TENANTS else ""
            first, top = top + 1, top + count
            book.ledger.receive_numbers(unit, CODE, str(first), str(top), book.now, "t", region="" if unit else where)
        elif step == "allot":
            above = TENANTS[where].above if where in TENANTS else tuple(_path(where))[1:]
            to = Node(unit=where) if where in TENANTS else Node(region=where)
            with contextlib.suppress(Reject):  # there are not so many
                book.ledger.allot_numbers(to, CODE, count, above, book.now, "t")
        elif step == "bills":
            for _ in range(count):
                book.sent += 1
                book.apply(*_paid(where, f"S{book.sent}"))
        elif step == "issue":
            book.store(*book.work(count))
        else:
            book = book.crashed()
        found = nodes(book)
        assert sum(row["received"] for row in found.values() if not row["above"]) == top
    book.close()


def _path(node: str) -> Any:
    while node:
        yield node
        node = ABOVE.get(node, "")


def _paid(unit: str, no: str) -> Any:
    return [paid(unit, no)]
