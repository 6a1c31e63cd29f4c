"""What a broker brings twice is answered alike and counted once; what a sender sends twice is a repeat."""

from __future__ import annotations

import msgspec

from hub.ledger.records import Submission
from tests.ledger.book import charge, message, payment, refused
from tests.ledger.shared import PostgresBook


def at(seconds: int, sent: Submission) -> Submission:
    return msgspec.structs.replace(sent, at=f"2026-03-01T08:00:{seconds:02d}.000+00:00")


def test_a_batch_that_was_committed_and_is_brought_again_changes_no_figure(shared_book: PostgresBook) -> None:
    book = shared_book
    batch = [at(1, message("c", charge())), at(2, message("p", payment())), at(3, refused()), at(3, refused("other"))]
    first = book.redeliver(*batch).verdicts
    before = book.books()
    again = book.redeliver(*batch).verdicts
    assert [verdict.bills for verdict in again[:2]] == [first[1].bills] * 2
    assert book.books() == before
    assert book.source() == {"received": 4, "applied": 2, "duplicate": 0, "parked": 0, "refused": 2}
    assert book.one("SELECT count(*) FROM refused") == 2


def test_a_repeat_is_counted_and_its_redelivery_is_not(shared_book: PostgresBook) -> None:
    sent = message("c", charge())
    for moment in (1, 2, 2, 1, 3, 3):
        shared_book.redeliver(at(moment, sent))
    assert shared_book.source() == {"received": 3, "applied": 1, "duplicate": 2, "parked": 0, "refused": 0}


def test_within_one_batch_too(shared_book: PostgresBook) -> None:
    sent = message("c", charge())
    broken = at(5, refused())
    shared_book.redeliver(at(1, sent), at(1, sent), at(2, sent), at(2, sent), broken, broken)
    assert shared_book.source() == {"received": 3, "applied": 1, "duplicate": 1, "parked": 0, "refused": 1}


def test_a_contradiction_brought_twice_is_one(shared_book: PostgresBook) -> None:
    shared_book.redeliver(at(1, message("c", charge(fen=100))))
    changed = message("c", charge(fen=200))
    for moment in (2, 2, 3, 3):
        shared_book.redeliver(at(moment, changed))
    assert shared_book.source() == {"received": 3, "applied": 1, "duplicate": 1, "parked": 1, "refused": 0}
