"""Cases that turn out to be one: keys, bills and forwarding follow, within a batch and across batches."""

from __future__ import annotations

from itertools import permutations

import pytest

from hub.bill.event import Cancel
from tests.ledger.book import Book, charge, message, order, payment, visit

THREE = {
    "charge": message("charge", charge("C1")),
    "payment": message("payment", payment(None, order_no="O1"), source="alipay"),
    "order": message("order", order("O1", "C1"), source="window"),
}


@pytest.mark.parametrize("way", list(permutations(THREE)))
@pytest.mark.parametrize("together", [True, False])
def test_an_order_links_a_charge_and_a_payment(book: Book, way: tuple[str, ...], together: bool) -> None:
    sent = [THREE[name] for name in way]
    if together:
        book.apply(*sent)
    else:
        for submission in sent:
            book.send(submission)
    (bill_id,) = book.bills()
    home = book.one("SELECT id FROM matter WHERE \"into\" = ''")
    assert book.one("SELECT case_id FROM bill") == home
    assert {row[0] for row in book.rows("SELECT case_id FROM key")} == {home}
    # whoever repeats a message is told of the one bill, wherever its message first went
    for submission in sent:
        again = book.send(submission)
        assert (again.place, again.bills, again.case_id) == ("duplicate", [bill_id], home), submission.identity
    assert len(book.issue()) == 1
    assert [found["status"] for found in found_by(book, "C1", "O1", "T1")] == ["issued"]


def test_several_merges_in_one_batch_move_bills_of_earlier_batches(book: Book) -> None:
    for number in range(1, 5):
        book.take(charge(f"C{number}"), payment(f"C{number}", trade=f"T{number}"))
    orders = [message(f"o{n}", order(f"O{n}", f"C{n}", f"C{n + 1}"), source="window") for n in range(1, 4)]
    book.apply(*orders)
    home = book.one("SELECT id FROM matter WHERE \"into\" = ''")
    assert book.rows("SELECT DISTINCT case_id FROM bill") == [(home,)]
    assert len(book.take(visit("V1"), charge("C1", visit_no="V1", version="1")).bills) == 4


@pytest.mark.parametrize("no", [f"O{number}" for number in range(1, 9)])
def test_a_bill_is_found_by_its_number_after_its_case_went_into_another(book: Book, no: str) -> None:
    book.take(charge("C1"), payment("C1"))
    (work,) = book.issue()
    book.send(message(f"{no} first", order(no, "C9"), source="window"))
    book.take(order(no, "C1"), source="window")
    told = Cancel(bill_code=work.bill_code, bill_number=work.bill_number)
    verdict = book.take(told)
    assert (verdict.place, verdict.fault) == ("applied", None)
    assert len(book.rows("SELECT id FROM matter WHERE \"into\" = ''")) == 1


def found_by(book: Book, *keys: str) -> list[dict[str, str]]:
    ids = {row for key in keys for row in book.reader().issued([key])}
    return [{"status": book.one("SELECT status FROM bill WHERE id = ?", bill[0])} for bill in ids]


def test_a_due_bill_moves_with_its_case_in_the_same_batch(book: Book) -> None:
    # whichever id wins, one of these pairs has the due bill in the case that goes
    for number in range(6):
        no, other = f"A{number}", f"B{number}"
        book.apply(
            message(f"{no} charge", charge(no)),
            message(f"{no} paid", payment(no, trade=no), source="alipay"),
            message(f"{other} charge", charge(other)),
            message(f"{no} order", order(f"O{number}", no, other), source="window"),
        )
    homes = dict(book.rows('SELECT id, "into" FROM matter'))
    assert all(homes[case_id] == "" for (case_id,) in book.rows("SELECT case_id FROM bill"))
    for number in range(6):
        verdict = book.take(payment(f"B{number}", trade=f"B{number}"), source="alipay")
        assert len(verdict.bills) == 2, number
    assert len(book.issue()) == 12


def test_a_merged_case_is_followed_after_a_restart(book: Book) -> None:
    for name in ("charge", "payment", "order"):
        book.send(THREE[name])
    again = book.reopened()
    assert again.take(visit("V1"), source="his").place == "applied"
    assert len(again.issue()) == 1
    assert again.send(THREE["charge"]).bills == list(again.bills())
    again.close()


def test_forwarding_goes_over_several_merges(book: Book) -> None:
    first = message("first", charge("C1"))
    book.send(first)
    for number in range(2, 6):
        book.take(charge(f"C{number}"))
        book.take(order(f"O{number}", f"C{number - 1}", f"C{number}"), source="window")
    assert len(book.rows("SELECT id FROM matter WHERE \"into\" = ''")) == 1
    verdicts = [book.take(payment(f"C{number}", trade=f"T{number}"), source="alipay") for number in range(1, 6)]
    assert len(verdicts[-1].bills) == 5
    assert len(book.send(first).bills) == 5


def test_contradicting_keys_park_and_leave_both_cases_as_they_are(book: Book) -> None:
    for no in ("C1", "C2"):
        book.take(charge(no, order_no=f"O{no}"))
        book.take(payment(no, trade=no), source="alipay")
    book.issue()
    verdict = book.take(payment("C1", trade="T9", order_no="OC2"), source="alipay")
    assert verdict.place == "parked"
    assert book.statuses() == ["issued", "issued"]
    assert len(book.rows("SELECT id FROM matter WHERE \"into\" = ''")) == 2
