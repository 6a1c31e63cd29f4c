"""What insurers page by, what a bill remembers, and the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from hub.ledger import aad
from hub.ledger.records import Confirmed, FaultRecord
from tests.ledger.book import RULES, VAULT, Book, cancel, charge, message, payment, refund
from tests.ledger.conftest import NewBook
from tests.ledger.shared import PostgresBook, Server


@pytest.fixture
def watched(new_book: NewBook) -> Book:
    """A ledger of a unit with a fiscal platform."""
    return new_book(rules={"demo": replace(RULES, countersigned=True)}).numbers()


def confirmed(bill_id: str, book: Book, text: bytes = b"countersigned") -> Confirmed:
    sealed = VAULT.seal("demo", aad.document_aad(bill_id, "xml"), text)
    return Confirmed(bill_id, book.now.isoformat(timespec="milliseconds"), sealed)


def changes(book: Book) -> list[int]:
    return sorted(row[0] for row in book.rows("SELECT change FROM bill WHERE change > 0"))


def history(book: Book, bill_id: str) -> list[tuple[str, str, str]]:
    text = book.one("SELECT history FROM bill WHERE id = ?", bill_id)
    return [(step["event"], step["from"], step["to"]) for step in orjson.loads(f"[{text.rstrip(',')}]")]


def test_every_visible_change_moves_the_bill_to_the_end_without_a_gap(watched: Book) -> None:
    seen: set[int] = set()
    top = 0

    def look() -> None:
        nonlocal top
        now = set(changes(watched))
        assert len(now) == len(changes(watched)), "two bills at one place"
        fresh = now - seen
        assert fresh <= set(range(top + 1, top + 1 + len(fresh) + 1))
        seen.update(now)
        top = max([top, *now])

    for number in range(1, 4):
        watched.take(charge(f"C{number}"), payment(f"C{number}", trade=f"T{number}"))
        look()
    works = watched.issue()
    assert changes(watched) == [1, 2, 3]
    look()
    watched.apply(confirmed=[confirmed(works[0].bill_id, watched)])
    assert changes(watched) == [2, 3, 4]
    watched.take(refund(trade="T2"), source="alipay")
    assert changes(watched) == [3, 4, 5]
    watched.issue()
    assert changes(watched) == [3, 4, 6, 7]  # the red bill, and the one it reversed
    again = watched.reopened()
    again.take(charge("C4"), payment("C4", trade="T4"))
    again.issue()
    assert changes(again) == [3, 4, 6, 7, 8]


def test_whatever_way_the_database_joins_a_bill_takes_one_place(server: Server) -> None:
    book = PostgresBook(server=server, dsn=server.awkward()).numbers()
    book.take(*(one for n in range(1, 4) for one in (charge(f"C{n}"), payment(f"C{n}", trade=f"T{n}"))))
    book.issue()
    assert changes(book) == [1, 2, 3]
    book.take(refund(trade="T1"), source="alipay")
    assert changes(book) == [2, 3, 4]
    book.close()
    server.drop(book.dsn)


def test_a_bill_remembers_its_steps(watched: Book) -> None:
    watched.take(charge(), payment())
    (work,) = watched.issue()
    watched.apply(confirmed=[confirmed(work.bill_id, watched)])
    watched.take(refund(), source="alipay")
    (red,) = watched.issue()
    assert history(watched, work.bill_id) == [
        ("paid", "waiting", "due"),
        ("issue", "due", "issued"),
        ("confirm", "issued", "confirmed"),
        ("reverse", "confirmed", "reversing"),
        ("reversed", "reversing", "reversed"),
    ]
    assert history(watched, red.bill_id) == [("reverse", "waiting", "due"), ("issue", "due", "issued")]


def test_the_platform_is_asked_in_the_order_of_issuing_and_answers_once(watched: Book) -> None:
    for number in range(1, 4):
        watched.take(charge(f"C{number}"), payment(f"C{number}", trade=f"T{number}"))
        watched.issue()
        watched.pass_time(seconds=1)
    asked = watched.ledger.outbox("confirm", 10, watched.now)
    assert [row["subject"] for row in asked] == list(watched.bills())
    for _ in range(2):
        watched.apply(confirmed=[confirmed(asked[0]["subject"], watched)])
    assert watched.statuses() == ["confirmed", "issued", "issued"]
    assert watched.reader().document(asked[0]["subject"], "xml") == b"countersigned"
    assert len(watched.ledger.outbox("confirm", 10, watched.now)) == 2


def test_what_the_platform_refuses_stays_issued_with_its_fault(watched: Book) -> None:
    watched.take(charge(), payment())
    (work,) = watched.issue()
    watched.apply(confirmed=[Confirmed(work.bill_id, "", b"", FaultRecord("BH-DEL-001"))])
    assert watched.statuses() == ["issued"]
    assert "BH-DEL-001" in watched.one("SELECT fault FROM bill")
    watched.apply(confirmed=[confirmed(work.bill_id, watched)])
    assert watched.statuses() == ["confirmed"]
    assert watched.one("SELECT fault FROM bill") is None


def test_a_bill_countersigned_while_it_is_reversed_is_reversed_all_the_same(watched: Book) -> None:
    watched.take(charge(), payment())
    (work,) = watched.issue()
    watched.take(refund(), source="alipay")
    watched.apply(confirmed=[confirmed(work.bill_id, watched)])
    assert watched.statuses() == ["reversing", "due"]
    assert watched.one("SELECT before FROM bill WHERE id = ?", work.bill_id) == "confirmed"
    watched.issue()
    assert watched.statuses() == ["reversed", "issued"]


def test_a_red_bill_is_early_until_the_one_it_reverses_is_countersigned(watched: Book) -> None:
    watched.take(charge(), payment())
    (blue,) = watched.issue()
    watched.take(refund(), source="alipay")
    (red,) = watched.issue()

    def early() -> list[bool]:
        papers = watched.reader().papers([blue.bill_id, red.bill_id])
        return [papers[work.bill_id].early for work in (blue, red)]

    assert early() == [False, True]
    watched.apply(confirmed=[confirmed(blue.bill_id, watched)])
    assert early() == [False, False]


def test_an_effect_is_tried_again_later(watched: Book) -> None:
    watched.take(charge(), payment())
    watched.issue()
    (row,) = watched.ledger.outbox("confirm", 10, watched.now)
    later = watched.now + timedelta(minutes=1)
    watched.ledger.outbox_later(row["id"], later, FaultRecord("BH-DEL-001"))
    assert watched.ledger.outbox("confirm", 10, watched.now) == []
    (again,) = watched.ledger.outbox("confirm", 10, later)
    assert again["attempts"] == 1
    watched.ledger.outbox_done([row["id"]])
    assert watched.ledger.outbox("confirm", 10, later) == []


def test_a_question_goes_out_once_however_often_its_message_comes(book: Book) -> None:
    asking = message("p", payment(), source="unionpay")
    asking = type(asking)(**{name: getattr(asking, name) for name in asking.__struct_fields__} | {"question": {"a": 1}})
    for _ in range(2):
        book.send(asking)
    (row,) = book.ledger.outbox("ask", 10, book.now)
    assert (row["subject"], row["source"], row["a"]) == (asking.id, "unionpay", 1)


def test_a_withdrawn_bill_is_in_no_sequence(book: Book) -> None:
    book.take(charge(), payment())
    book.take(cancel())
    assert book.statuses() == ["void"]
    assert changes(book) == []


def test_search_hashes_are_sorted_in_while_nothing_else_is_to_do(book: Book) -> None:
    for number in range(3):
        book.take(charge(f"C{number}"), payment(f"C{number}", trade=f"T{number}"))
    book.issue()
    assert book.ledger.tidy() is False
    assert book.one("SELECT COUNT(*) FROM search") == 3
    assert book.one("SELECT COUNT(*) FROM search_new") == 0


def test_the_audit_log_keeps_who_and_why(book: Book) -> None:
    book.ledger.audit("auditor", "reveal", "bill 1", "complaint", book.now)
    assert book.rows("SELECT actor, action, subject, reason FROM audit ORDER BY seq DESC LIMIT 1") == [
        ("auditor", "reveal", "bill 1", "complaint")
    ]
