"""What one unit's senders say never touches another unit, whatever keys they name; neither database lets them.

Two units hold charges, payments, orders and visits under exactly the same numbers; one of them then says everything a
sender can say, with the other's keys and bill numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.bill.event import Cancel, Event
from hub.ledger import aad
from tests.ledger.book import VAULT, Book, cancel, charge, message, order, payment, refund, visit
from tests.ledger.conftest import NewBook
from tests.ledger.test_turns import stocked

OF = "SELECT {} FROM {} WHERE unit = ? ORDER BY 1"


def everything_of(book: Book, unit: str) -> dict[str, Any]:
    """All rows of a unit in which what happened can be seen."""
    seen: dict[str, Any] = {
        "bills": book.rows(OF.format("id, case_id, status, total, bill_number, fault, history, change", "bill"), unit),
        "cases": book.rows(OF.format('id, status, fault, surplus, facts, bills, "into"', "matter"), unit),
        "messages": book.rows(OF.format("id, place, fault, case_id, repeats", "message"), unit),
        "segments": book.rows(OF.format("id, code, first, last, next", "segment"), unit),
        "outbox": book.rows(OF.format("id, kind, subject", "outbox"), unit),
        "void": book.rows(OF.format("code, number, bill_id", "void_number"), unit),
    }
    seen["keys"] = book.rows(f"SELECT key, case_id FROM key WHERE key LIKE '{unit}\x1f%' ORDER BY key")
    return seen


def both_with_the_same(book: Book) -> tuple[str, str]:
    """One issued and one waiting case in each unit; the code and number of A's bill."""
    for unit in ("a", "b"):
        book.apply(
            message("m1", charge("C1", order_no="O1", visit_no="V1"), payment("C1", trade="T1"), unit=unit),
            message("m3", charge("C2", order_no="O2"), unit=unit),
        )
    book.issue()
    ((code, number),) = book.rows("SELECT bill_code, bill_number FROM bill WHERE unit = 'a' AND status = 'issued'")
    return code, number


def forged(code: str, number: str) -> list[Event]:
    return [
        payment("C2", trade="T1"),
        payment("C2", trade="T2"),
        refund(trade="T1"),
        refund(fen=1, trade="T2", no="R2"),
        cancel("C1"),
        cancel("C2"),
        Cancel(bill_code=code, bill_number=number),
        order("O1", "C1", "C2"),
        order("O2", "C1"),
        visit("V1"),
        charge("C1", fen=9900, version="9"),
        charge("C2", fen=100, version="9"),
    ]


@pytest.fixture
def twins(new_book: NewBook) -> Iterator[tuple[Book, list[Event]]]:
    """Both units, and what B's senders may say of A's."""
    book = stocked(new_book, "a", "b")
    yield book, forged(*both_with_the_same(book))
    assert book.books()["balanced"]
    book.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 11), st.sampled_from(["m1", "m3", ""])), min_size=1, max_size=6))
def test_a_units_source_cannot_touch_anothers_case(
    twins: tuple[Book, list[Event]], said: list[tuple[int, str]]
) -> None:
    book, events = twins
    before = everything_of(book, "a")
    assert before["bills"]
    assert before["keys"]
    messages = []
    for which, identity in said:  # also under the ids of A's own messages
        book.sent += 1
        messages.append(message(identity or f"x{book.sent}", events[which], unit="b", content=f"{book.sent}"))
    book.apply(*messages)
    book.issue()
    assert everything_of(book, "a") == before


def test_the_same_trade_number_in_two_units_is_two_payments(new_book: NewBook) -> None:
    book = stocked(new_book, "a", "b")
    both_with_the_same(book)
    book.apply(message("r", refund(trade="T1"), unit="b"))
    assert dict(book.rows("SELECT unit, status FROM bill WHERE face = 'blue'")) == {"a": "issued", "b": "reversing"}
    book.close()


def test_a_body_is_sealed_with_its_units_key(new_book: NewBook) -> None:
    book = stocked(new_book, "a", "b")
    both_with_the_same(book)
    rows = book.rows("SELECT m.unit, m.fingerprint, j.sealed FROM message m JOIN journal j ON j.message_seq = m.seq")
    assert {unit for unit, *_ in rows} >= {"a", "b"}
    for unit, fingerprint, sealed in rows:
        bound = aad.message_aad(bytes(fingerprint))
        assert VAULT.open(unit, bound, bytes(sealed))
        for other in {"a", "b"} - {unit}:
            with pytest.raises(Exception, match="BH-SEC"):
                VAULT.open(other, bound, bytes(sealed))
    book.close()
