"""Every message ends in exactly one place: dedupe, contradictions, refusals, failures, replay."""

from __future__ import annotations

import msgspec
import pytest

from hub.flow import decide as flow
from hub.ledger.records import FaultRecord
from tests.ledger.book import VAULT, Book, charge, message, order, payment, refused


def test_a_charge_waits_and_its_payment_makes_a_bill_due(book: Book) -> None:
    first = book.take(charge())
    assert (first.place, first.bills) == ("applied", [])
    second = book.take(payment(), source="alipay")
    assert second.case_id == first.case_id
    assert book.bills() == {second.bills[0]: "due"}


def test_a_payment_that_comes_before_its_charge_waits_then_issues(book: Book) -> None:
    assert book.take(payment(), source="alipay").bills == []
    assert len(book.take(charge()).bills) == 1
    assert len(book.issue()) == 1


def test_a_repeat_gets_the_old_answer_and_is_counted(book: Book) -> None:
    paid = message("p", payment(), source="alipay")
    book.take(charge())
    first = book.send(paid)
    again = [book.send(paid), *book.apply(paid, paid).verdicts]
    assert [(verdict.place, verdict.bills) for verdict in again] == [("duplicate", first.bills)] * 3
    assert book.source("demo/alipay") == {"received": 4, "applied": 1, "duplicate": 3, "parked": 0, "refused": 0}
    assert book.one("SELECT repeats FROM message WHERE id = ?", paid.id) == 3


def test_a_repeat_in_the_same_batch_is_a_repeat(book: Book) -> None:
    sent = message("x", charge())
    assert [verdict.place for verdict in book.apply(sent, sent).verdicts] == ["applied", "duplicate"]
    assert book.source() == {"received": 2, "applied": 1, "duplicate": 1, "parked": 0, "refused": 0}


def test_a_changed_repeat_is_parked_and_kept_and_changes_nothing(book: Book) -> None:
    book.send(message("x", charge(fen=5000)))
    changed = message("x", charge(fen=1))
    verdict = book.send(changed)
    assert (verdict.place, verdict.fault) == ("parked", FaultRecord("BH-LED-001"))
    assert book.send(changed).place == "duplicate"
    (shown,) = book.reader().parked()
    kept = book.reader().message(shown["id"])
    assert kept is not None
    book.take(payment(fen=5000), source="alipay")
    assert book.statuses() == ["due"]
    assert book.source() == {"received": 3, "applied": 1, "duplicate": 1, "parked": 1, "refused": 0}


def test_the_body_of_a_changed_repeat_can_be_read(book: Book) -> None:
    book.send(message("x", charge(), content="first"))
    book.send(message("x", charge(), content="second"))
    ids = [row[0] for row in book.rows("SELECT id FROM message ORDER BY seq")]
    bodies = [found["body"] for id_ in ids if (found := book.reader().message(id_))]
    assert bodies == [b"first", b"second"]


def test_what_is_refused_is_kept_apart_and_counted(book: Book) -> None:
    verdict = book.send(refused("not hl7"))
    assert (verdict.place, verdict.fault) == ("refused", FaultRecord("BH-ENG-001"))
    assert book.source() == {"received": 1, "applied": 0, "duplicate": 0, "parked": 0, "refused": 1}
    sealed = book.one("SELECT sealed FROM refused")
    assert VAULT.open("demo", b"refused", sealed) == b"not hl7"
    assert book.one("SELECT COUNT(*) FROM message") == 0


def test_one_bad_message_stops_only_itself(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    decide = flow.decide

    def fails_on_c2(case: flow.Case, *more: object) -> flow.Decision:
        if any(fact.get("charge_no") == "C2" for fact in case.facts.values()):
            raise ZeroDivisionError("a defect")
        return decide(case, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(flow, "decide", fails_on_c2)
    sent = [message(no, charge(no), payment(no, trade=no)) for no in ("C1", "C2", "C3")]
    verdicts = book.apply(*sent).verdicts
    assert [verdict.place for verdict in verdicts] == ["applied", "parked", "applied"]
    assert verdicts[1].fault == FaultRecord("BH-LED-002", "", {"found": "ZeroDivisionError"})
    assert book.statuses() == ["due", "due"]
    assert book.rows("SELECT key FROM key WHERE key LIKE '%C2%'") == []
    # the program is mended, and the message read again takes its own place
    monkeypatch.setattr(flow, "decide", decide)
    again = message("C2", charge("C2"), payment("C2", trade="C2"), replay=True)
    assert book.send(again).place == "applied"
    assert book.source() == {"received": 3, "applied": 3, "duplicate": 0, "parked": 0, "refused": 0}
    assert book.statuses() == ["due"] * 3


def test_a_parked_message_read_again_meets_the_case_that_waits(book: Book) -> None:
    parked = message("x", content="c", fault=FaultRecord("BH-MAP-100"))
    assert book.send(parked).place == "parked"
    waiting = book.take(payment(), source="alipay")
    again = message("x", charge(), content="c", replay=True)
    verdict = book.send(again)
    assert (verdict.place, verdict.case_id, len(verdict.bills)) == ("applied", waiting.case_id, 1)
    assert book.source() == {"received": 1, "applied": 1, "duplicate": 0, "parked": 0, "refused": 0}
    assert book.one("SELECT COUNT(*) FROM journal") == 2  # its bytes are kept once


def test_a_parked_message_that_is_still_wrong_stays_parked(book: Book) -> None:
    book.send(message("x", content="c", fault=FaultRecord("BH-MAP-100")))
    again = message("x", content="c", fault=FaultRecord("BH-MAP-101"), replay=True)
    assert book.send(again).fault == FaultRecord("BH-MAP-101")
    assert book.source() == {"received": 1, "applied": 0, "duplicate": 0, "parked": 1, "refused": 0}
    (shown,) = book.reader().parked()
    assert shown["fault"]["en"]["code"] == "BH-MAP-101"


def test_replay_of_a_message_that_is_not_parked_is_a_repeat(book: Book) -> None:
    book.send(message("x", charge()))
    assert book.send(message("x", charge(), replay=True)).place == "duplicate"


def test_a_message_of_two_events_that_makes_nothing_of_one_is_kept_whole(book: Book) -> None:
    verdict = book.take(charge(), payment())
    assert len(verdict.bills) == 1
    assert book.rows("SELECT place, kind FROM event ORDER BY place") == [(0, "charge"), (1, "payment")]


def test_text_that_a_database_cannot_hold_stops_nothing(book: Book) -> None:
    odd = msgspec.structs.replace(message("x", charge()), identity="a\0b", kind="\0", fault=None)
    assert book.send(odd).place == "applied"
    fault = FaultRecord("BH-MAP-100", "line\0", {"found": "\0"})
    assert book.send(msgspec.structs.replace(message("y"), fault=fault, place="parked")).fault == fault
    (shown,) = book.reader().parked()
    assert shown["fault"]["en"]["where"] == "line\0"


def test_a_message_without_events_is_applied(book: Book) -> None:
    assert book.take().place == "applied"
    assert book.source()["applied"] == 1


def test_a_case_that_contradicts_itself_parks_and_is_let_go_by_what_comes(book: Book) -> None:
    assert book.take(charge(fen=5000)).place == "applied"
    verdict = book.take(payment(fen=6000), source="alipay")
    assert verdict.place == "parked"
    assert book.reader().parked_count() == 1
    assert book.bills() == {}


def test_an_order_of_nothing_known_waits(book: Book) -> None:
    assert book.take(order("O1", "C1")).place == "applied"
    assert book.books()["bills"] == {"waiting": 1}
