"""Who waits with much delays nobody who waits with little: due bills, on either database, by order and not by time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.ledger.records import Submission
from hub.ledger.turns import Turns
from tests.ledger.book import CODE, RULES, Book, charge, message, payment
from tests.ledger.conftest import NewBook

UNITS = ("a", "b", "c")
TENANTS = {unit: replace(RULES, unit=unit, policy=replace(RULES.policy, unit=unit)) for unit in UNITS}


def paid(unit: str, no: str) -> Submission:
    """A charge and its payment; the same trade number in every unit."""
    return message(no, charge(no), payment(no, trade=f"T{no}"), unit=unit)


def flood(book: Book, unit: str, count: int) -> None:
    for start in range(0, count, 250):
        book.apply(*(paid(unit, f"C{n}") for n in range(start, min(start + 250, count))))


def stocked(new_book: NewBook, *units: str, each: int = 10_000) -> Book:
    book: Book = new_book(rules=TENANTS)
    for place, unit in enumerate(units):
        first = place * each + 1
        book.ledger.receive_numbers(unit, CODE, str(first), str(first + each - 1), book.now, "test")
    return book


def order_of_issue(book: Book, want: int, most: int) -> list[str]:
    """The units of the bills that are issued, in the order in which issuers get them."""
    issued: list[str] = []
    while len(issued) < most and (work := book.work(want)):
        book.store(*work)
        issued += [item.unit for item in work]
    return issued


def test_a_units_backlog_does_not_delay_anothers_few_bills(new_book: NewBook) -> None:
    book = stocked(new_book, "a", "b")
    flood(book, "a", 5_000)
    flood(book, "b", 10)
    issued = order_of_issue(book, 32, 100)
    last_of_b = [place for place, unit in enumerate(issued) if unit == "b"][9]
    assert issued[:last_of_b].count("a") < 40, "B's ten come with A's first, share by share"
    assert issued.count("b") == 10
    book.close()


def test_within_a_unit_the_oldest_is_first(new_book: NewBook) -> None:
    book = stocked(new_book, "a", "b")
    flood(book, "a", 30)
    flood(book, "b", 3)
    charges = [(item.unit, item.charge_no) for _ in range(4) for item in book.work(10)]
    assert [no for unit, no in charges if unit == "a"] == [f"C{n}" for n in range(30)]
    assert [no for unit, no in charges if unit == "b"] == [f"C{n}" for n in range(3)]
    book.close()


def test_more_units_wait_than_are_wanted_at_once(new_book: NewBook) -> None:
    book = stocked(new_book, "a", "b", "c")
    for unit in UNITS:
        flood(book, unit, 4)
    firsts = [item.unit for _ in range(6) for item in book.work(2)]
    assert all(set(firsts[start : start + 3]) == set(UNITS) for start in (0, 3)), firsts
    assert sorted(firsts) == ["a"] * 4 + ["b"] * 4 + ["c"] * 4
    book.close()


def test_a_unit_without_numbers_takes_nobodys_turn(new_book: NewBook) -> None:
    book = stocked(new_book, "b")
    flood(book, "a", 300)
    flood(book, "b", 10)
    assert order_of_issue(book, 16, 10) == ["b"] * 10
    assert any("BH-LED-010" in name or name.startswith("numbers a") for name in book.ledger.alarms())
    book.ledger.receive_numbers("a", CODE, "90001", "91000", book.now, "test")
    assert order_of_issue(book, 100, 300) == ["a"] * 300
    book.close()


@pytest.mark.parametrize("cost", [1, 50])
def test_turns_go_by_what_was_served(cost: int) -> None:
    turns: Turns[int] = Turns()
    for n in range(1000):
        turns.add("flood", n)
    served = {"flood": 0, "few": 0}
    for _ in range(10):
        turns.take(cost)
    for n in range(10):
        turns.add("few", n)
    while turn := turns.peek():
        served[turn[0]] += 1
        turns.take(cost if turn[0] == "flood" else 1)
        if served["few"] == 10:
            break
    assert served["flood"] <= 11 // cost + 1, "a unit that comes late starts level, and pays only for its own"


def test_a_held_unit_keeps_its_place_and_its_order() -> None:
    turns: Turns[int] = Turns()
    for n in range(3):
        turns.add("a", n)
        turns.add("b", n)
    turns.hold(["a"])
    turns.add("a", 3)
    seen = []
    while turn := turns.peek():
        seen.append(turn)
        turns.take()
    assert seen == [("b", 0), ("b", 1), ("b", 2)]
    assert not turns
    turns.hold([])
    while turn := turns.peek():
        seen.append(turn)
        turns.take()
    assert seen[3:] == [("a", 0), ("a", 1), ("a", 2), ("a", 3)]
