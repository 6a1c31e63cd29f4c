"""A ledger on a real database, events in few words, an issuer that signs when told to, and what a crash leaves."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from hub.bill.event import Cancel, Charge, Event, Order, Payment, Refund, Visit
from hub.bill.line import Item
from hub.bill.money import Fen
from hub.bill.party import Payer
from hub.flow.facts import facts_of
from hub.flow.policy import BillRule, Policy
from hub.ledger import aad, ids
from hub.ledger.reader import Reader
from hub.ledger.records import Batch, EventIn, FaultRecord, Issued, NotIssued, Result, Submission, Verdict, Work
from hub.ledger.rules import UnitRules
from hub.ledger.sqlite import SqliteLedger
from hub.ledger.sqlite_file import FILE
from hub.security.vault import Vault

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
CODE = "41060126"
RULES = UnitRules(
    unit="demo",
    policy=Policy(
        "demo",
        overpayment="park",
        bills={
            "outpatient": BillRule("medical_outpatient"),
            "by_hand": BillRule("medical_outpatient", issue="manual"),
        },
    ),
    region="410100",
    types={"outpatient": "0601", "by_hand": "0601"},
    countersigned=False,
)
VAULT = Vault([b"k" * 32])


def charge(no: str = "C1", fen: int = 5000, **more: Any) -> Charge:
    item = Item(code="03", name="检查费", amount_fen=Fen(fen))
    return Charge(charge_no=no, payer=Payer(name="张三"), items=(item,), total_fen=Fen(fen), **more)


def payment(no: str | None = "C1", fen: int = 5000, trade: str = "T1", **more: Any) -> Payment:
    return Payment(charge_no=no, channel="alipay", trade_no=trade, amount_fen=Fen(fen), **more)


def refund(fen: int = 5000, trade: str = "T1", no: str = "R1", **more: Any) -> Refund:
    return Refund(channel="alipay", trade_no=trade, refund_no=no, amount_fen=Fen(fen), **more)


def cancel(no: str = "C1", **more: Any) -> Cancel:
    return Cancel(charge_no=no, **more)


def order(no: str, *charges: str, **more: Any) -> Order:
    return Order(order_no=no, charge_nos=charges, **more)


def visit(no: str = "V1", **more: Any) -> Visit:
    return Visit(visit_no=no, **more)


def message(
    identity: str,
    *events: Event,
    content: str = "",
    source: str = "his",
    unit: str = "demo",
    bill: str = "outpatient",
    fault: FaultRecord | None = None,
    replay: bool = False,
) -> Submission:
    """One message with its events; `content` stands for its bytes, the events' JSON where empty."""
    id_ = hashlib.sha256(f"{unit}\x1f{source}\x1f{identity}".encode()).hexdigest()[:32]
    made = []
    for index, event in enumerate(events):
        event_id = ids.event_id(id_, index)
        fact = facts_of(event, event_id=event_id, source=source, bill=bill, trusted_channels="all")
        made.append(EventIn(event_id, fact, VAULT.seal(unit, aad.event_aad(event_id), event.to_json())))
    text = content or "|".join(event.to_json().decode() for event in events)
    fingerprint = hashlib.sha256(text.encode()).digest()
    return Submission(
        id=id_,
        unit=unit,
        source=source,
        at=START.isoformat(timespec="milliseconds"),
        fingerprint=fingerprint,
        body=VAULT.seal(unit, aad.message_aad(fingerprint), text.encode()),
        kind="test",
        identity=identity,
        events=made,
        place="parked" if fault else "applied",
        fault=fault,
        replay=replay,
    )


def refused(text: str = "broken", source: str = "his") -> Submission:
    body = VAULT.seal("demo", aad.REFUSED, text.encode())
    where = START.isoformat(timespec="milliseconds")
    return Submission("", "demo", source, where, b"", body, place="refused", fault=FaultRecord("BH-ENG-001"))


def sign(work: Work, at: datetime) -> Issued:
    """A signed bill, with bytes that only say which it is."""
    text = f"{work.bill_code}-{work.bill_number}".encode()
    return Issued(
        bill_id=work.bill_id,
        bill_code=work.bill_code,
        bill_number=work.bill_number,
        check_code="a1b2c3",
        issued_at=at.isoformat(timespec="milliseconds"),
        xml=VAULT.seal(work.unit, aad.document_aad(work.bill_id, "xml"), text),
        document=VAULT.seal(work.unit, aad.document_aad(work.bill_id, "json"), text),
        search=[("name", VAULT.search_hash(work.unit, "name", "张三"))],
    )


@dataclass
class Book:
    """A ledger of its own, on either database. Time stands still unless moved."""

    rules: Mapping[str, UnitRules] = field(default_factory=lambda: {"demo": RULES})
    now: datetime = START
    sent: int = 0
    ledger: Any = field(init=False)
    """the calls of `SqliteLedger`"""

    def numbers(self, first: int = 1, last: int = 100, code: str = CODE) -> Self:
        self.ledger.receive_numbers("demo", code, str(first), str(last), self.now, "test")
        return self

    def apply(self, *messages: Submission, want: int = 0, **batch: Any) -> Result:
        result: Result = self.ledger.apply(Batch(list(messages), **batch), self.now, want)
        return result

    def take(self, *events: Event, **more: Any) -> Verdict:
        """A message of its own, in a batch of its own."""
        self.sent += 1
        return self.send(message(f"m{self.sent}", *events, **more))

    def send(self, submission: Submission) -> Verdict:
        (verdict,) = self.apply(submission).verdicts
        return verdict

    def work(self, want: int = 100) -> list[Work]:
        return self.apply(want=want).work

    def store(self, *work: Work) -> list[str]:
        return self.apply(issued=[sign(item, self.now) for item in work]).issued

    def issue(self, want: int = 100) -> list[Work]:
        """Everything due is numbered, signed and stored, in rounds, as it becomes due."""
        work = self.work(want)
        assert sorted(self.store(*work)) == sorted(item.bill_id for item in work)
        return work

    def fail(self, work: Work, code: str = "BH-ISS-001") -> None:
        self.apply(not_issued=[NotIssued(work.bill_id, FaultRecord(code))])

    def pass_time(self, **delta: int) -> None:
        self.now += timedelta(**delta)

    # what is in the tables, read by SQL of the tests' own

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def one(self, question: str, *values: object) -> Any:
        ((value,),) = self.rows(question, *values)
        return value

    def bills(self) -> dict[str, str]:
        """Bill id → status, in the order they were made."""
        return dict(self.rows("SELECT id, status FROM bill ORDER BY seq"))

    def statuses(self) -> list[str]:
        return list(self.bills().values())

    def reader(self) -> Reader:
        raise NotImplementedError

    def books(self) -> dict[str, Any]:
        return self.reader().books()

    def segment(self, at: int = 0) -> dict[str, int]:
        book = self.books()["numbers"][at]
        return {name: book[name] for name in ("used", "void", "reserved", "leased", "free")}

    def source(self, name: str = "demo/his") -> dict[str, int]:
        (book,) = [book for book in self.books()["sources"] if book["source"] == name]
        assert book["balanced"], book
        return {name: book[name] for name in ("received", "applied", "duplicate", "parked", "refused")}

    def refusing(self) -> AbstractContextManager[None]:
        """While it lasts, the database takes no transaction: its disk is full."""
        raise NotImplementedError

    # the end of a life

    def close(self) -> None:
        self.ledger.close()

    def reopened(self) -> Self:
        """Closed in order, and opened again."""
        raise NotImplementedError

    def crashed(self) -> Self:
        """What a kill at this instant would leave, opened by a new ledger; this one is gone."""
        raise NotImplementedError


@dataclass
class SqliteBook(Book):
    """On real files in a folder."""

    folder: Path = field(kw_only=True)
    ledger: SqliteLedger = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ledger = SqliteLedger(self.folder, self.rules)

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        look = sqlite3.connect(f"file:{self.folder / FILE}?mode=ro", uri=True)
        try:
            return look.execute(question, values).fetchall()
        finally:
            look.close()

    def reader(self) -> Reader:
        return Reader(self.folder, VAULT)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """SQLite itself refuses to grow the file by a page."""
        connection = self.ledger._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        try:
            yield
        finally:
            connection.execute("PRAGMA max_page_count = 1073741823")

    def reopened(self) -> Self:
        self.close()
        return replace(self)

    def crashed(self) -> Self:
        """The files as they lie at this instant, in a folder of their own."""
        into = self.folder.with_name(f"{self.folder.name}+")
        into.mkdir(parents=True)
        for name in (FILE, f"{FILE}-wal"):
            if (self.folder / name).exists():
                shutil.copyfile(self.folder / name, into / name)
        self.close()
        return replace(self, folder=into)


def with_bills(**bills: BillRule) -> dict[str, UnitRules]:
    """The unit with other bills."""
    policy = replace(RULES.policy, bills=bills)
    return {"demo": replace(RULES, policy=policy, types=dict.fromkeys(bills, "0601"))}


__all__ = [
    "CODE",
    "RULES",
    "START",
    "VAULT",
    "Book",
    "SqliteBook",
    "cancel",
    "charge",
    "message",
    "order",
    "payment",
    "refund",
    "refused",
    "sign",
    "visit",
    "with_bills",
]
