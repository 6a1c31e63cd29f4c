"""A ledger in which everything happened that a ledger knows, and all that may be seen of one, for comparing two."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from hub.ledger.aad import document_aad
from hub.ledger.epochs.desk import sqlite_desk
from hub.ledger.handing import Node
from hub.ledger.ids import event_id
from hub.ledger.moving.mover import Report, move
from hub.ledger.moving.undoing import undo
from hub.ledger.records import Confirmed, FaultRecord
from hub.ledger.sqlite_file import FILE
from tests.ledger.book import (
    CODE,
    RULES,
    START,
    VAULT,
    Book,
    SqliteBook,
    cancel,
    charge,
    message,
    order,
    payment,
    refund,
    refused,
    visit,
)
from tests.ledger.shared import PostgresBook, Server

STATUSES = {"due", "issued", "confirmed", "reversing", "reversed", "void"}
LATER = START + timedelta(days=400)


RULES_SIGNED = {"demo": replace(RULES, countersigned=True)}


def eventful(folder: Path) -> SqliteBook:
    """Closed: bills in every status, merged cases, parked, refused, repeats, used and void numbers, an outbox."""
    book = SqliteBook(folder=folder, rules=RULES_SIGNED).numbers(1, 60).numbers(1001, 1040)
    book.ledger.receive_numbers("", CODE, "5001", "5100", book.now, "test", region="410000")
    book.ledger.allot_numbers(Node(region="410100"), CODE, 10, ["410000"], book.now, "test")
    book.ledger.pause("elsewhere", "for a while", book.now, "test", doors=True)
    for number in range(1, 13):
        book.take(charge(f"C{number}"), payment(f"C{number}", trade=f"T{number}"))
    first = book.issue()
    book.ledger.tidy()
    at = book.now.isoformat(timespec="milliseconds")
    papers = {work.bill_id: VAULT.seal("demo", document_aad(work.bill_id, "xml"), b"signed twice") for work in first}
    book.apply(confirmed=[Confirmed(work.bill_id, at, papers[work.bill_id]) for work in first[:4]])
    # red bills, one signed and one on its way; one replaced
    book.take(refund(trade="T1", no="R1"), source="alipay")
    book.issue()
    book.take(cancel("C5"))
    book.take(refund(trade="T5", no="R5"), source="alipay")
    book.issue(1)
    book.pass_time(days=1)
    book.take(refund(trade="T6", no="R6"), source="alipay")
    book.take(charge("C7", 5000, version="2"))
    # waiting, merged, parked by hand and by contradiction, refused, repeated
    book.take(charge("W1"))
    book.take(charge("M1"))
    book.take(payment(None, order_no="O1", trade="M1"), source="alipay")
    book.take(order("O1", "M1"), source="window")
    book.take(charge("M2"), payment("M2", trade="M2"))
    book.take(order("O2", "M2", "M3"), source="window")
    book.take(visit("V1"), charge("V1", visit_no="V1"))
    book.take(charge("P1", 100), payment("P1", 900, trade="P1"))
    book.take(payment("P2"), fault=FaultRecord("BH-MAP-001", "x", {}))
    book.send(message("same", charge("S1")))
    book.send(message("same", charge("S1")))
    book.send(message("same", charge("S1", 777)))
    book.send(refused("one"))
    book.send(refused("two"))
    book.send(msgspec.structs.replace(message("asks", payment("Q1", trade="Q1")), question={"trade": "Q1"}))
    book.send(msgspec.structs.replace(message("nul\0in it", visit("V9")), kind="k\0"))
    # a number reserved and given up, numbers reserved for bills nobody has signed, due bills without a number
    book.work()
    book.take(cancel("M2"))
    book.take(charge("D1"), payment("D1", trade="D1"), bill="by_hand")
    book.take(charge("D2"), payment("D2", trade="D2"))
    book.close()
    _restored(folder)
    return book


def _restored(folder: Path) -> None:
    """It was restored once, and released; some numbers are kept back still, and a bill of the platform has no case."""
    with sqlite_desk(folder / FILE).open() as c:
        for statement in (
            (
                "INSERT INTO epoch (number, opened_at, state, source, behind, ahead) "
                "VALUES (2, '', 'open', 'backup', 1, 900)"
            ),
            (
                "INSERT INTO segment (unit, code, first, last, next, received_at) "
                "VALUES ('demo', '41060226', 1, 9, 10, '')"
            ),
            "INSERT INTO quarantine (epoch, unit, code, first, last) VALUES (2, 'demo', '41060226', 1, 9)",
            "INSERT INTO found (code, number, unit, at, sealed) VALUES ('41060226', '0000000003', 'demo', '', x'00')",
        ):
            c.exec_driver_sql(statement)


def seen(book: Book) -> dict[str, Any]:
    """All that a reader shows, opened."""
    reader = book.reader()
    messages = [id_ for (id_,) in book.rows("SELECT id FROM message ORDER BY seq")]
    events = book.rows(
        "SELECT m.id, e.place FROM event e JOIN message m ON m.seq = e.message_seq ORDER BY m.seq, e.place"
    )
    bills = book.bills()
    return {
        "books": reader.books(),
        "parked": sorted(reader.parked(), key=lambda entry: str(entry["id"])),  # some of one moment
        "parked count": reader.parked_count(),
        "refused": reader.refused(),
        "refused bytes": [reader.refused_message(row["id"]) for row in reader.refused()],
        "alarms": reader.alarms(),
        "messages": [reader.message(id_) for id_ in messages],
        "events": [reader.event("demo", event_id(*row)) for row in events],
        "cases": [reader.case_facts(id_) for (id_,) in book.rows("SELECT id FROM matter ORDER BY id")],
        "outbox": [reader.outbox(kind, LATER, 100) for kind in ("confirm", "ask")],
        "bills": bills,
        "documents": [reader.document(id_, form) for id_ in bills for form in ("json", "xml")],
        "numbers": book.rows("SELECT id, bill_code, bill_number, check_code, issued_at FROM bill ORDER BY seq"),
        "changes": book.rows("SELECT change, id, status FROM bill WHERE change > 0 ORDER BY change"),
        "found": {key: sorted(reader.issued([key])) for key in ("C1", "C7", "T3", "O1", "O2", "V1")},
        "segments": book.rows("SELECT first, last, next FROM segment ORDER BY id"),
    }


def moving(folder: Path, dsn: str, told: list[tuple[str, int, int]] | None = None) -> Report:
    """Moves, in this process."""
    heard = told if told is not None else []
    return asyncio.run(move(folder, dsn, now=LATER, actor="test", progress=lambda *step: heard.append(step)))


class Looked(SqliteBook):
    """The source, looked at and not opened for writing."""

    def __post_init__(self) -> None:
        return


def source(folder: Path) -> SqliteBook:
    return Looked(folder=folder)


def target(server: Server, dsn: str, block: int = 3) -> PostgresBook:
    return PostgresBook(
        server=server, dsn=dsn, rules=RULES_SIGNED, now=START + timedelta(days=30), block=block, sent=1000
    )


def undone(folder: Path, dsn: str | None) -> None:
    """Takes the mark back."""
    asyncio.run(undo(folder, dsn, progress=lambda *_: None))
