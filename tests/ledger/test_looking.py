"""What people look at is the same on either database: bills, parked, books, figures, bodies, the order of changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from hub.bill.bill import Bill, Unit
from hub.bill.line import Item
from hub.bill.money import Fen
from hub.bill.party import Payer
from hub.ledger import aad
from hub.ledger.glance import Seen
from hub.ledger.records import FaultRecord, Issued, Work
from tests.ledger.book import RULES, VAULT, Book, charge, message, payment, refund, refused, sign, visit
from tests.ledger.conftest import NewBook


def real(work: Work, book: Book) -> Issued:
    """A signed bill whose document is one."""
    bill = Bill(
        id=work.bill_id,
        status="issued",
        kind="medical_outpatient",
        unit=Unit(id="demo", name="示例人民医院", uscc="12410000415800000X", region="410100"),
        bill_name="医疗门诊收费票据",
        bill_code=work.bill_code,
        bill_number=work.bill_number,
        face=work.face,
        charge_no=work.charge_no,
        payer=Payer(name="张三"),
        items=(Item(code="03", name="检查费", amount_fen=Fen(work.total)),),
        total_fen=Fen(work.total),
        paid_fen=Fen(work.total),
    )
    sealed = VAULT.seal("demo", aad.document_aad(work.bill_id, "json"), bill.to_json())
    return msgspec.structs.replace(sign(work, book.now), document=sealed)


def issue(book: Book) -> list[Work]:
    work = book.work()
    book.apply(issued=[real(item, book) for item in work])
    return work


@pytest.fixture
def lived(new_book: NewBook) -> Any:
    """A ledger with one of everything in it."""
    book = new_book(rules={"demo": replace(RULES, countersigned=True)}).numbers()
    book.take(charge("C1", order_no="O1", visit_no="V1"), source="his")
    book.take(payment("C1", trade="T1"), source="alipay")
    issue(book)
    book.pass_time(seconds=1)
    book.take(refund(trade="T1"), source="alipay")
    issue(book)
    book.take(charge("C2"))
    book.take(charge("C3"), payment("C3", trade="T3"))
    book.take(payment("C4", fen=700, trade="T4"), source="alipay")
    book.take(charge("C5", fen=100), payment("C5", fen=900, trade="T5"))
    book.send(message("torn", content="c", fault=FaultRecord("BH-MAP-100")))
    book.send(refused("broken"))
    return book


def test_what_parked_in_one_moment_is_listed_by_id(new_book: NewBook) -> None:
    book = new_book().numbers()
    fault = FaultRecord("BH-MAP-100")
    torn = [message(f"torn-{number}", content=str(number), fault=fault) for number in range(6)]
    overpaid = [
        message(f"m{number}", charge(f"P{number}", fen=100), payment(f"P{number}", fen=900, trade=f"P{number}"))
        for number in range(6)
    ]
    book.apply(*torn, *overpaid)
    book.pass_time(seconds=1)
    late = book.now.isoformat(timespec="milliseconds")
    book.apply(msgspec.structs.replace(message("torn-last", content="last", fault=fault), at=late))
    found = [(entry["at"], entry["id"]) for entry in book.reader().parked()]
    assert found[0][1] == message("torn-last").id
    assert len(found) - len({at for at, _ in found}) >= 5  # the cases at least, of one batch
    assert found == sorted(sorted(found, key=lambda one: one[1]), key=lambda one: one[0], reverse=True)
    assert [(entry["at"], entry["id"]) for entry in book.reader().parked(limit=5)] == found[:5]


def test_bills_are_found_by_whatever_key(lived: Book) -> None:
    reader = lived.reader()
    whole = {bill["status"] for bill in reader.find(["C1"])}
    assert whole == {"reversed", "issued"}
    for key in ("O1", "V1", "T1", message("m1").id):
        assert len(reader.find([key])) == 2, key
    (first, *_) = [bill for bill in reader.find(["C1"]) if bill["face"] == "blue"]
    assert [bill["id"] for bill in reader.find([first["bill_number"]])] == [first["id"]]
    assert [bill["id"] for bill in reader.find([f"{first['bill_code']}-{first['bill_number']}"])] == [first["id"]]
    assert [bill["status"] for bill in reader.find(["C2"])] == ["waiting"]
    assert [bill["status"] for bill in reader.find(["C3"])] == ["due"]
    assert [bill["payments"][0]["trade_no"] for bill in reader.find(["C4"])] == ["T4"]
    assert reader.find(["nothing"]) == []
    assert {bill["status"] for bill in reader.find()} == {"reversed", "issued", "due"}
    assert [bill["charge_no"] for bill in reader.find(status="due", unit="demo", since="2026-01-01")] == ["C3"]
    assert reader.find(unit="other") == []


def test_a_bill_is_shown_with_what_became_of_it(lived: Book) -> None:
    reader = lived.reader()
    ids = [id_ for id_, *_ in reader.issued()]
    bills = reader.by_id([*ids, "nothing"])
    blue, red = (bills[id_] for id_ in ids)
    assert (blue.status, blue.related[0].relation, blue.related[0].bill_number) == (
        "reversed",
        "reversed_by",
        red.bill_number,
    )
    assert [step.to for step in blue.history] == ["due", "issued", "reversing", "reversed"]
    assert reader.document(ids[0], "xml") == f"{blue.bill_code}-{blue.bill_number}".encode()
    assert reader.document("nothing", "xml") is None
    paper = reader.papers([ids[0], "nothing"])
    assert list(paper) == [ids[0]]
    assert paper[ids[0]][:3] == (blue.bill_code, blue.bill_number, reader.document(ids[0], "xml"))


def test_insurers_page_by_changes(lived: Book) -> None:
    reader = lived.reader()
    seen = reader.changes(0, 10, ["demo"], ["issued", "reversed"])
    assert [bill.face for _change, bill in seen] == ["red", "blue"]
    assert reader.changes(seen[0][0], 10, ["demo"], ["issued", "reversed"]) == seen[1:]
    assert reader.changes(0, 1, ["demo"], ["issued", "reversed"]) == seen[:1]
    assert reader.changes(0, 10, ["other"], ["issued", "reversed"]) == []


def test_the_books_balance_and_name_everything(lived: Book) -> None:
    books = lived.books()
    assert books["balanced"], books
    assert [book["source"] for book in books["sources"]] == ["demo/alipay", "demo/his"]
    assert books["bills"] == {"reversed": 1, "issued": 1, "due": 1, "waiting": 3}
    assert books["numbers"][0] | {"from": "", "to": ""} == {
        "unit": "demo", "code": "41060126", "from": "", "to": "", "used": 2, "void": 0, "reserved": 0, "leased": 0,
        "quarantined": 0,
        "free": 98, "balanced": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE tally SET count = count + 1 WHERE place = 'applied'",
        "DELETE FROM message WHERE id = (SELECT MIN(id) FROM message)",
        "UPDATE segment SET next = next + 1",
        "DELETE FROM bill WHERE face = 'red'",
    ],
)
def test_books_that_were_tampered_with_do_not_balance(lived: Book, harm: str) -> None:
    connection = getattr(lived.ledger, "_connection", None)
    if connection is not None:
        connection.execute(harm)
    else:
        lived.sql(harm)  # type: ignore[attr-defined]
    assert not lived.books()["balanced"]


def test_parked_refused_and_alarms_are_listed(lived: Book) -> None:
    reader = lived.reader()
    assert reader.parked_count() == len(reader.parked()) == 2
    assert {entry["what"] for entry in reader.parked("demo")} == {"message", "case"}
    assert reader.parked("other") == []
    (entry,) = reader.refused("demo")
    kept = reader.refused_message(entry["id"])
    assert kept is not None
    assert kept["body"] == b"broken"
    assert reader.alarms() == []
    (due,) = lived.work()
    lived.fail(due)
    assert [(alarm["what"], alarm["count"]) for alarm in lived.reader().alarms()] == [("due", 1)]


def test_figures_come_at_a_glance(lived: Book) -> None:
    seen = Seen()
    figures = lived.reader().glance(["demo"], seen)
    assert figures["sources"]["demo/his"] == {"applied": 3, "duplicate": 0, "parked": 2, "refused": 1}
    assert figures["bills"] == {"reversed": 1, "issued": 1, "due": 1, "waiting": 3}
    assert figures["parked_cases"] == 1
    assert {(aged["status"], aged["count"]) for aged in figures["aged"]} == {("issued", 1), ("due", 1), ("waiting", 3)}
    assert all(aged["since"] for aged in figures["aged"])
    assert figures["numbers"][0]["taken"] == 2
    last = seen.seq
    lived.take(visit("V9"), source="his")
    lived.reader().glance(["demo"], seen)
    assert seen.seq > last


def test_a_message_and_its_case_are_shown(lived: Book) -> None:
    reader = lived.reader()
    sent = message("m1")
    shown = reader.message(sent.id)
    assert shown is not None
    assert shown["body"] == charge("C1", order_no="O1", visit_no="V1").to_json()
    assert {fact["kind"] for fact in reader.case_facts(shown["case_id"])} == {"charge", "payment", "refund"}
    assert reader.message("nothing") is None
    event = reader.event("demo", f"{sent.id}-0")
    assert event.charge_no == "C1"
    assert reader.event("demo", "nothing-0") is None


def test_the_outbox_is_shown_without_being_taken(lived: Book) -> None:
    for _ in range(2):
        assert len(lived.reader().outbox("confirm", lived.now, 10)) == 2
    assert len(lived.reader().outbox("confirm", lived.now, 10, {"another"})) == 2
    assert lived.reader().outbox("confirm", lived.now, 10, {"another", "demo"}) == []


def test_looking_is_not_writing(lived: Book) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"), lived.reader()._look() as look:
        look.exec_driver_sql("DELETE FROM bill")
