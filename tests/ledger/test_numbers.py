"""Numbers: reserved durably before signing, used once, none lost; segments, the turn of the year, the clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.errors import Reject
from hub.flow.policy import BillRule
from tests.ledger.book import CODE, START, Book, cancel, charge, order, payment, refund, sign, with_bills
from tests.ledger.conftest import NewBook


def pay_for(book: Book, *charges: str) -> None:
    for no in charges:
        book.take(charge(no), payment(no, trade=f"T{no}"))


def test_each_number_goes_to_one_bill_in_order(book: Book) -> None:
    pay_for(book, "C1", "C2", "C3")
    numbers = [work.bill_number for work in book.issue()]
    assert numbers == ["0000000001", "0000000002", "0000000003"]
    assert book.segment() == {"used": 3, "void": 0, "reserved": 0, "leased": 0, "free": 97}


def test_a_reserved_number_stays_with_its_bill_over_a_crash(book: Book) -> None:
    pay_for(book, "C1", "C2")
    first = {work.bill_id: work.bill_number for work in book.work()}
    assert book.segment()["reserved"] == 2
    again = book.crashed()
    pay_for(again, "C0")
    second = {work.bill_id: work.bill_number for work in again.issue()}
    assert first.items() <= second.items()
    assert sorted(second.values()) == ["0000000001", "0000000002", "0000000003"]
    assert again.books()["balanced"]
    again.close()


def test_only_as_many_bills_are_handed_out_as_are_wanted(book: Book) -> None:
    pay_for(book, "C1", "C2", "C3")
    assert len(book.work(2)) == 2
    assert len(book.work(2)) == 1
    assert book.work(2) == []
    assert book.ledger.due() == 3


def test_a_bill_handed_back_goes_out_again_under_its_number(book: Book) -> None:
    pay_for(book, "C1")
    (work,) = book.work()
    book.ledger.hand_back([work.bill_id])
    assert book.work() == [work]


def test_a_signature_that_comes_twice_is_stored_once(book: Book) -> None:
    pay_for(book, "C1")
    (work,) = book.work()
    assert book.store(work, work) == [work.bill_id]
    assert book.store(work) == []
    assert book.one("SELECT COUNT(*) FROM document") == 1
    assert book.segment()["used"] == 1


def test_a_bill_withdrawn_before_it_was_signed_gives_its_number_up(book: Book) -> None:
    pay_for(book, "C1", "C2")
    works = {work.charge_no: work for work in book.work()}
    book.take(cancel("C1"))
    assert book.store(*works.values()) == [works["C2"].bill_id]
    assert book.statuses() == ["void", "issued"]
    assert book.segment() == {"used": 1, "void": 1, "reserved": 0, "leased": 0, "free": 98}
    assert book.one("SELECT COUNT(*) FROM document") == 1  # the dropped signature left nothing
    assert book.one("SELECT COUNT(*) FROM search_new") == 1


def test_a_bill_withdrawn_before_it_had_a_number_gives_none_up(book: Book) -> None:
    pay_for(book, "C1")
    book.take(cancel("C1"))
    assert book.statuses() == ["void"]
    assert book.segment() == {"used": 0, "void": 0, "reserved": 0, "leased": 0, "free": 100}
    assert book.work() == []


def test_a_verdict_on_a_withdrawal_names_the_bill_nobody_need_wait_for(book: Book) -> None:
    pay_for(book, "C1")
    (bill_id,) = book.bills()
    assert book.ledger.is_due(bill_id)
    book.take(cancel("C1"))
    assert not book.ledger.is_due(bill_id)


def test_a_full_refund_makes_a_red_bill_with_a_number_of_its_own(book: Book) -> None:
    pay_for(book, "C1")
    book.issue()
    book.take(refund(trade="TC1"), source="alipay")
    assert book.statuses() == ["reversing", "due"]
    (red,) = book.issue()
    assert (red.face, red.original_number, red.bill_number) == ("red", "0000000001", "0000000002")
    assert book.statuses() == ["reversed", "issued"]
    assert book.segment() == {"used": 2, "void": 0, "reserved": 0, "leased": 0, "free": 98}


def test_an_exhausted_segment_leaves_bills_due_with_an_alarm_and_a_new_one_feeds_them(new_book: NewBook) -> None:
    book = new_book().numbers(7, 7)
    pay_for(book, "C1", "C2", "C3")
    assert len(book.issue()) == 1
    alarms = book.ledger.alarms()
    assert [(fault.code, fault.where) for fault in alarms.values()] == [("BH-LED-010", f"demo {CODE}")]
    assert book.statuses() == ["issued", "due", "due"]
    assert book.rows("SELECT COUNT(*) FROM bill WHERE fault LIKE '%BH-LED-010%'") == [(2,)]
    assert book.work() == []
    book.numbers(100, 101)
    assert book.ledger.alarms() == {}
    assert [work.bill_number for work in book.issue()] == ["0000000100", "0000000101"]
    assert book.rows("SELECT COUNT(*) FROM bill WHERE fault IS NOT NULL") == [(0,)]
    assert [book.segment(0)["free"], book.segment(1)["free"]] == [0, 0]
    assert book.books()["balanced"]


def test_starved_bills_are_due_again_after_a_restart(new_book: NewBook) -> None:
    book = new_book()
    pay_for(book, "C1")
    assert book.work() == []
    again = book.reopened().numbers()
    assert len(again.issue()) == 1


def test_segments_are_used_one_after_another(new_book: NewBook) -> None:
    book = new_book().numbers(1, 2).numbers(900, 901)
    pay_for(book, "C1", "C2", "C3")
    assert [work.bill_number for work in book.issue()] == ["0000000001", "0000000002", "0000000900"]
    assert book.books()["balanced"]


@pytest.mark.parametrize(("first", "last"), [("1", "100"), ("100", "200"), ("50", "60"), ("0", "1000"), ("1", "1")])
def test_an_overlapping_segment_is_refused(book: Book, first: str, last: str) -> None:
    with pytest.raises(Reject) as fault:
        book.ledger.receive_numbers("demo", CODE, first, last, book.now, "test")
    assert fault.value.code.code == "BH-LED-012"
    assert len(book.books()["numbers"]) == 1


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [("4106012", "1", "2"), ("4106012x", "1", "2"), (CODE, "2", "1"), (CODE, "-1", "5"), (CODE, "１", "２"),
     (CODE, "1", "10000000000"), (CODE, "", "1")],
)  # fmt: skip
def test_what_is_no_segment_is_refused(book: Book, code: str, first: str, last: str) -> None:
    with pytest.raises(Reject) as fault:
        book.ledger.receive_numbers("demo", code, first, last, book.now, "test")
    assert fault.value.code.code == "BH-LED-013"


def test_a_refused_segment_hands_no_bill_out_a_second_time(book: Book) -> None:
    pay_for(book, "C1", "C2")
    assert len(book.work(1)) == 1
    with pytest.raises(Reject):
        book.ledger.receive_numbers("demo", CODE, "1", "5", book.now, "test")
    assert [work.charge_no for work in book.work(5)] == ["C2"]


def test_a_number_belongs_to_its_year(book: Book) -> None:
    book.numbers(1, 50, "41060127")
    book.now = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)  # one second before midnight in Shanghai
    pay_for(book, "C1", "C2")
    first, second = book.work()
    assert {first.bill_code, second.bill_code} == {CODE}
    assert book.store(first) == [first.bill_id]
    book.pass_time(seconds=2)
    book.ledger.hand_back([second.bill_id])
    (again,) = book.work()
    assert (again.bill_id, again.bill_code, again.bill_number) == (second.bill_id, "41060127", "0000000001")
    # what the slow issuer signed under the old number is dropped
    assert book.apply(issued=[sign(second, book.now)]).issued == []
    assert book.store(again) == [again.bill_id]
    assert book.segment(0) == {"used": 1, "void": 1, "reserved": 0, "leased": 0, "free": 98}
    assert book.segment(1) == {"used": 1, "void": 0, "reserved": 0, "leased": 0, "free": 49}


def test_a_bill_starved_in_the_old_year_is_issued_in_the_new(new_book: NewBook) -> None:
    book = new_book().numbers(1, 50, "41060127")
    book.now = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)
    pay_for(book, "C1")
    assert book.work() == []
    book.pass_time(hours=2)
    assert [work.bill_code for work in book.issue()] == ["41060127"]
    assert book.ledger.alarms() == {}


def test_the_turn_of_the_year_without_new_numbers_loses_none(book: Book) -> None:
    book.now = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    pay_for(book, "C1")
    (work,) = book.work()
    book.pass_time(minutes=2)
    book.ledger.hand_back([work.bill_id])
    assert book.work() == []
    assert book.segment() == {"used": 0, "void": 1, "reserved": 0, "leased": 0, "free": 99}
    again = book.crashed()
    assert again.work() == []
    assert again.books()["balanced"]
    again.numbers(1, 50, "41060127")
    assert [work.bill_code for work in again.issue()] == ["41060127"]
    assert again.books()["balanced"]
    again.close()


def test_a_released_bill_disturbs_no_other(new_book: NewBook) -> None:
    manual = BillRule("medical_outpatient", issue="manual")
    book = new_book(rules=with_bills(by_hand=manual, outpatient=BillRule("medical_outpatient"))).numbers()
    book.take(charge("C1"), payment("C1"), bill="by_hand")
    (held,) = book.bills()
    pay_for(book, "C2")
    assert len(book.work()) == 1
    book.ledger.release([held], book.now, "cashier")
    assert [work.bill_id for work in book.work()] == [held]


def test_a_clock_that_fell_behind_stops_issuing_until_it_is_right(book: Book) -> None:
    pay_for(book, "C1", "C2")
    (work,) = book.work(1)
    book.store(work)
    book.pass_time(minutes=-5)
    book.now = book.now.replace(microsecond=0)
    pay_for(book, "C3")  # messages are taken in all the same
    assert len(book.work(1)) == 1  # five minutes are tolerated
    book.pass_time(seconds=-1)
    assert book.work() == []
    assert [fault.code for fault in book.ledger.alarms().values()] == ["BH-LED-011"]
    book.now = START
    assert len(book.work()) == 1
    assert book.ledger.alarms() == {}


def test_the_clock_is_compared_with_the_last_issue_after_a_restart_too(new_book: NewBook) -> None:
    book = new_book().numbers()
    pay_for(book, "C1")
    book.issue()
    pay_for(book, "C2")
    book.pass_time(hours=-1)
    again = book.reopened()
    assert again.work() == []
    assert [fault.code for fault in again.ledger.alarms().values()] == ["BH-LED-011"]


def test_a_bill_of_a_manual_kind_waits_for_a_person(new_book: NewBook) -> None:
    book = new_book(rules=with_bills(by_hand=BillRule("medical_outpatient", issue="manual"))).numbers()
    book.take(charge(), payment(), bill="by_hand")
    assert book.work() == []
    (bill_id,) = book.bills()
    assert book.ledger.release([bill_id], book.now, "cashier") == 1
    assert book.ledger.release([bill_id], book.now, "cashier") == 0
    assert len(book.issue()) == 1
    assert book.rows("SELECT actor, action, subject FROM audit WHERE action = 'bill.release'")[0] == (
        "cashier", "bill.release", bill_id,
    )  # fmt: skip


def test_a_bill_that_could_not_be_signed_stays_due_with_its_fault(book: Book) -> None:
    pay_for(book, "C1")
    (work,) = book.work()
    book.fail(work)
    assert book.statuses() == ["due"]
    assert "BH-ISS-001" in book.one("SELECT fault FROM bill")
    book.ledger.hand_back([work.bill_id])
    assert book.work() == [work]
    book.store(work)
    assert book.one("SELECT fault FROM bill") is None


def test_a_bill_number_leads_to_its_case(book: Book) -> None:
    pay_for(book, "C1")
    book.take(order("O1", "C1"))
    book.issue()
    assert [row[1:] for row in book.reader().issued([f"{CODE}-0000000001"])] == [(CODE, "0000000001")]
    assert [row[2] for row in book.reader().issued(["0000000001"])] == ["0000000001"]
