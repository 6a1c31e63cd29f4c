"""A restored ledger: whatever way it and the world outside disagree, nothing is lost, doubled or used again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.errors import Config, Reject
from hub.ledger import aad
from hub.ledger.epochs import found, numbers, opening
from hub.ledger.epochs.copies import Page
from hub.ledger.records import Issued
from tests.ledger.book import CODE, VAULT, Book, cancel, charge, message, order, payment, refund
from tests.ledger.restored import Pair, bills


@pytest.fixture
def pair(new_book: Callable[..., Any]) -> Any:
    made = Pair(new_book().numbers(1, 100), new_book().numbers(1, 100))
    yield made
    for book in (made.burnt, made.restored):
        assert book.books()["balanced"], book.books()
        book.close()


def sold(no: str, **more: Any) -> list[Any]:
    """Two messages: what is owed, and the money for it."""
    return [message(f"charge {no}", charge(no)), message(f"pay {no}", payment(no, trade=no), **more)]


def living(book: Book) -> dict[str, int]:
    """Charge → bills that stand for it."""
    question = (
        "SELECT charge_no, count(*) FROM bill WHERE face = 'blue' AND status IN ('due', 'issued', 'confirmed') "
        "GROUP BY charge_no"
    )
    return {no: int(n) for no, n in book.rows(question)}


def test_what_was_free_is_kept_back_and_nothing_is_issued(pair: Pair) -> None:
    pair.both(*sold("C1"))
    pair.burnt.issue()
    pair.restored.issue()
    pair.both(*sold("C2"))
    assert len(pair.restored.work()) == 1  # its number was reserved, and somebody may have signed under it since
    assert pair.open() == 2
    assert pair.restored.segment() == {"used": 1, "void": 0, "reserved": 0, "leased": 0, "free": 0}
    assert pair.restored.books()["numbers"][0]["quarantined"] == 99
    assert pair.restored.work() == []
    assert "BH-LED-050" in {fault.code for fault in pair.restored.ledger.alarms().values()}
    (alarm,) = [one for one in pair.restored.reader().alarms() if one["what"] == "epoch"]
    assert alarm["count"] == 1
    pair.resume()
    assert pair.restored.work() == []  # no number is left that may be given
    pair.restored.numbers(101, 200)
    assert [work.bill_number for work in pair.restored.issue()] == ["0000000101"]
    assert pair.restored.ledger.alarms() == {}


def test_the_archive_knows_more_and_wins(pair: Pair) -> None:
    pair.both(*sold("C1"), message("charge C2", charge("C2")))
    pair.burnt.issue()
    pair.restored.issue()
    # from here on only the one that burns hears of it
    pair.only_burnt(message("pay C2", payment("C2", trade="C2")), *sold("C3"), *sold("C4"))
    pair.burnt.issue()
    pair.only_burnt(message("back C3", refund(trade="C3", no="R3")))  # a red bill
    pair.burnt.issue()
    pair.only_burnt(message("gone C1", cancel("C1")))
    pair.burnt.issue()
    pages = pair.pages()
    pair.open()
    done = pair.enter(pages)
    assert (done.bills, done.changed) == (5, 1)
    assert bills(pair.restored) == bills(pair.burnt)
    again = pair.enter(pages)
    assert (again.bills, again.changed, again.messages) == (0, 0, 0)

    # whoever sends again is heard, and nothing is issued for it a second time
    before = pair.restored.source()
    for submission in pair.later:
        assert pair.restored.send(submission).place == "applied"
    assert pair.restored.source() == before
    assert bills(pair.restored) == bills(pair.burnt)
    for submission in pair.later:
        assert pair.restored.send(submission).place == "duplicate"
    pair.resume()
    pair.restored.numbers(101, 200)
    assert pair.restored.work() == []
    pair.restored.apply(*sold("C9"))
    assert [work.bill_number for work in pair.restored.issue()] == ["0000000101"]
    assert living(pair.restored) == {"C2": 1, "C4": 1, "C9": 1}
    # places of the change sequence that insurers may have seen are passed over
    assert pair.restored.one("SELECT max(change) FROM bill") > pages[-1].last + opening.GAP


def test_senders_that_come_before_the_archive_change_nothing(pair: Pair) -> None:
    pair.only_burnt(*sold("C1"), *sold("C2"))
    pair.burnt.issue()
    pair.open()
    for submission in pair.later:
        pair.restored.send(submission)
    assert set(pair.restored.statuses()) == {"due"}
    pair.enter(pair.pages())
    assert bills(pair.restored) == bills(pair.burnt)


def test_a_charge_that_comes_again_without_its_money_takes_nothing_back(pair: Pair) -> None:
    pair.only_burnt(*sold("C1"))
    pair.burnt.issue()
    pair.open()
    pair.enter(pair.pages())
    assert pair.restored.send(pair.later[0]).place == "applied"
    assert pair.restored.statuses() == ["issued"]


def test_cases_that_were_joined_after_the_backup_are_joined_again(pair: Pair) -> None:
    pair.both(message("charge C1", charge("C1")), message("pay O1", payment(None, trade="T", order_no="O1")))
    pair.only_burnt(message("order O1", order("O1", "C1")))
    pair.burnt.issue()
    pair.open()
    pair.enter(pair.pages())
    assert bills(pair.restored) == bills(pair.burnt)
    assert pair.restored.send(pair.later[0]).place == "applied"
    assert pair.restored.statuses() == ["issued"]


def test_what_the_archive_had_not_yet_is_due_again_and_issued_after_the_release(pair: Pair) -> None:
    pair.only_burnt(*sold("C1"))
    pair.burnt.issue()
    archived = pair.pages()
    pair.only_burnt(message("back C1", refund(trade="C1")), *sold("C2"))
    pair.burnt.issue()  # a red bill and a blue one that the archive did not get
    pair.open()
    pair.enter(archived)
    for submission in pair.later:
        pair.restored.send(submission)
    assert sorted(pair.restored.statuses()) == ["due", "due", "reversing"]
    pair.resume()
    pair.restored.numbers(101, 200)
    pair.restored.issue()
    used = {number for (number,) in pair.burnt.rows("SELECT bill_number FROM bill")}
    (first,) = archived[0].bills
    again = {number for (number,) in pair.restored.rows("SELECT bill_number FROM bill")}
    assert used & again == {first.draft.bill_number}  # payers hold the others: they are not given again
    assert living(pair.restored) == {"C2": 1}


def test_a_number_on_another_bill_is_not_entered(pair: Pair) -> None:
    pair.only_burnt(*sold("C1"))
    pair.burnt.issue()
    pair.restored.apply(*sold("C2"))  # another hub's, by the same numbers
    pair.restored.issue()
    pair.open()
    with pytest.raises(Config) as fault:
        pair.enter(pair.pages())
    assert fault.value.code.code == "BH-LED-051"


def test_numbers_of_a_segment_that_came_after_the_backup_are_accounted_for(pair: Pair) -> None:
    pair.burnt.numbers(5001, 5100)
    pair.only_burnt(*(one for n in range(101) for one in sold(f"C{n}")))
    pair.burnt.issue(200)
    pair.open()
    pair.enter(pair.pages(limit=50))
    books = {book["from"]: book for book in pair.restored.books()["numbers"]}
    assert (books["0000000001"]["used"], books["0000000001"]["quarantined"]) == (100, 0)
    assert (books["0000005001"]["used"], books["0000005001"]["to"]) == (1, "0000005001")
    with pytest.raises(Reject):  # who takes it in once more is told that it was begun
        pair.restored.numbers(5001, 5100)


def test_a_segment_that_nobody_had_begun_is_given_free_but_for_a_margin(pair: Pair) -> None:
    for book in (pair.burnt, pair.restored):
        book.numbers(2001, 4000)
    pair.both(*sold("C1"))
    pair.restored.issue()
    pair.open()
    pair.enter([])
    with pair.desk() as c:
        opening.note(c, "archive", {"read": 1})
    assert pair.resume() == {"epoch": 2, "freed": 2000 - (numbers.MARGIN - 99), "unmatched": 0}
    pair.restored.apply(*sold("C2"))
    assert [work.bill_number for work in pair.restored.issue()] == [f"{2001 + numbers.MARGIN - 99:010d}"]


def test_quarantined_numbers_are_voided_by_accounting(pair: Pair) -> None:
    pair.open()
    with pair.desk() as c:
        assert numbers.void(c, CODE, 1, 40, "never printed", "2026-03-02T00:00:00.000+00:00") == 40
    book = pair.restored.books()["numbers"][0]
    assert (book["void"], book["quarantined"], book["balanced"]) == (40, 60, True)
    with pair.desk() as c, pytest.raises(Reject) as fault:
        numbers.void(c, CODE, 40, 41, "", "")
    assert fault.value.code.code == "BH-LED-055"


def test_a_bill_that_only_the_platform_knows_waits_for_its_case(pair: Pair) -> None:
    pair.only_burnt(*sold("C1"))
    (work,) = pair.burnt.issue()
    pair.open()
    with pair.desk() as c:
        assert found.keep(c, "demo", CODE, work.bill_number, VAULT.seal("demo", b"found", b"<xml>"), "at")
        assert not found.keep(c, "demo", CODE, work.bill_number, b"", "at")
    with pytest.raises(Reject) as fault:
        pair.resume()
    assert fault.value.code.code == "BH-LED-054"
    for submission in pair.later:
        pair.restored.send(submission)
    (due,) = pair.restored.bills()
    xml = VAULT.seal("demo", aad.document_aad(due, "xml"), b"<xml>")
    signed = Issued(
        due, CODE, work.bill_number, "c0ffee", "2026-03-01T08:00:00.000+00:00", xml, b"json", [("name", b"h" * 16)]
    )
    with pair.desk() as c:
        assert found.take(c, [signed], pair.restored.now) == [due]
        assert found.take(c, [signed], pair.restored.now) == []
        assert found.finds(c) == []
    assert bills(pair.restored)[due][1:6] == ("confirmed", "blue", "C1", CODE, work.bill_number)
    pair.resume()
    assert pair.restored.segment()["used"] == 1


def test_a_bill_that_was_taken_back_since_is_issued_and_answered_as_it_was(pair: Pair) -> None:
    """Its senders repeat all of it, so it is never due; the platform has the bill and its red one."""
    pair.only_burnt(*sold("C1"))
    (blue,) = pair.burnt.issue()
    pair.only_burnt(message("back C1", refund(trade="C1")))
    (red,) = pair.burnt.issue()
    pair.open()
    with pair.desk() as c:
        for work in (blue, red):
            assert found.keep(c, "demo", CODE, work.bill_number, b"sealed", "at")
    for submission in pair.later:
        pair.restored.send(submission)
    assert pair.restored.statuses() == ["void"]
    for work in (blue, red):
        (open_,) = [one for one in pair.restored.reader().due_work(["C1"]) if one.face == work.face]
        assert (open_.bill_id, open_.bill_number) == (work.bill_id, "")
        at = "2026-03-01T08:00:00.000+00:00"
        signed = Issued(work.bill_id, CODE, work.bill_number, "c0ffee", at, b"xml", b"json", [])
        with pair.desk() as c:
            assert found.take(c, [signed], pair.restored.now) == [work.bill_id]
            opening.settle(c, pair.restored.rules, pair.restored.now)
    assert {one[0]: one[1:6] for one in bills(pair.restored).values()} == {
        blue.bill_id: ("reversed", "blue", "C1", CODE, blue.bill_number),
        red.bill_id: ("confirmed", "red", "C1", CODE, red.bill_number),
    }
    pair.resume()
    assert pair.restored.segment()["used"] == 2


def test_an_epoch_is_kept_with_what_was_done(pair: Pair) -> None:
    pair.open()
    with pair.desk() as c:
        opening.note(c, "archive", {"read": 3})
        (epoch,) = opening.history(c)
    assert (epoch["number"], epoch["state"], epoch["source"]) == (2, "held", "backup")
    assert epoch["steps"] == {"opened": {"quarantined": 100}, "archive": {"read": 3}}
    pair.resume()
    with pytest.raises(Reject) as fault:
        pair.resume()
    assert fault.value.code.code == "BH-LED-052"
    actions = [action for (action,) in pair.restored.rows("SELECT action FROM audit ORDER BY seq")]
    assert actions[-2:] == ["epoch.open", "epoch.resume"]
    assert pair.open() == 3


def test_a_page_holds_no_person(pair: Pair) -> None:
    import msgspec

    pair.only_burnt(*sold("C1"))
    pair.burnt.issue()
    packed = msgspec.msgpack.encode(pair.pages())
    assert b"C1" in packed
    assert "张三".encode() not in packed
    assert msgspec.msgpack.decode(packed, type=list[Page])[0].bills[0].draft.charge_no == "C1"
