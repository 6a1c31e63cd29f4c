"""Whatever comes, in whatever order, however often, and wherever the hub dies: I1 to I4 hold in the files."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import Retry
from hub.ledger.records import Submission, Work
from tests.ledger.book import Book, SqliteBook, cancel, charge, message, order, payment, refund, refused, visit
from tests.ledger.shared import PostgresBook, Server

numbers = st.sampled_from(["C1", "C2", "C3"])
maybe = st.sampled_from([None, None, "O1", "O2"])
visits = st.sampled_from([None, None, "V1"])
fen = st.sampled_from([100, 200, 300, 500])
trades = st.sampled_from(["T1", "T2", "T3", "T4"])

events = st.one_of(
    st.builds(lambda no, sum_, o, v: charge(no, sum_, order_no=o, visit_no=v), numbers, fen, maybe, visits),
    st.builds(lambda no, sum_, version: charge(no, sum_, version=version), numbers, fen, st.sampled_from("123")),
    st.builds(lambda no, sum_, t, o: payment(no, sum_, t, order_no=o), numbers, fen, trades, maybe),
    st.builds(lambda sum_, t, o: payment(None, sum_, t, order_no=o), fen, trades, st.sampled_from(["O1", "O2"])),
    st.builds(refund, fen, trades, st.sampled_from(["R1", "R2"])),
    st.builds(cancel, numbers),
    st.builds(lambda no, named: order(no, *named), st.sampled_from(["O1", "O2"]), st.lists(numbers, max_size=2)),
    st.just(visit("V1")),
)
"""Few values, so that events meet, repeat and contradict each other often."""

steps = st.one_of(
    st.tuples(st.just("messages"), st.lists(st.lists(events, min_size=1, max_size=2), min_size=1, max_size=4)),
    st.tuples(st.just("messages"), st.lists(st.lists(events, min_size=1, max_size=2), min_size=1, max_size=4)),
    st.tuples(st.just("repeat"), st.integers(0, 30)),
    st.tuples(st.just("contradict"), st.integers(0, 30)),
    st.tuples(st.just("refuse"), st.none()),
    st.tuples(st.just("number"), st.integers(1, 3)),
    st.tuples(st.just("sign"), st.integers(1, 3)),
    st.tuples(st.just("sign again"), st.none()),
    st.tuples(st.just("issuer dies"), st.none()),
    st.tuples(st.just("crash"), st.none()),
    st.tuples(st.just("disk full"), st.lists(st.lists(events, min_size=1, max_size=2), min_size=1, max_size=2)),
)


@dataclass
class Life:
    """A ledger, its senders and its issuer; what each of them knows."""

    book: Book
    sent: list[Submission] = field(default_factory=list)
    out: list[Work] = field(default_factory=list)
    old: list[Work] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    """bill number → the bill it was first seen on"""
    received: int = 0

    def take(self, *submissions: Submission) -> None:
        self.book.apply(*submissions)
        self.received += len(submissions)

    def step(self, what: str, value: Any) -> None:
        if what == "messages":
            new = [message(f"m{len(self.sent) + n}", *said) for n, said in enumerate(value)]
            self.take(*new)
            self.sent += new
        elif what == "repeat" and self.sent:
            self.take(self.sent[value % len(self.sent)])
        elif what == "contradict" and self.sent:
            at = value % len(self.sent)
            self.take(message(self.sent[at].identity, charge("C1", 100), content="something else"))
        elif what == "refuse":
            self.take(refused())
        elif what == "number":
            self.out += self.book.work(value)
        elif what == "sign":
            done, self.out = self.out[:value], self.out[value:]
            self.book.store(*done)
            self.old += done
        elif what == "sign again":
            assert self.book.store(*self.old) == []
        elif what == "issuer dies":
            self.book.ledger.hand_back([work.bill_id for work in self.out])
            self.old, self.out = self.old + self.out, []
            self.old = [work for work in self.old if self.book.bills().get(work.bill_id) != "due"]
        elif what == "crash":
            self.book = self.book.crashed()
            self.out = []
        elif what == "disk full":
            with self.book.refusing():
                try:
                    self.book.apply(*(message(f"f{n}", *said, content="长" * 9000) for n, said in enumerate(value)))
                except Retry:
                    self.book.ledger.keep_out([work.bill_id for work in self.out])
                else:
                    self.received += len(value)

    def finish(self) -> None:
        """Whoever was not answered repeats; then everything due is signed."""
        self.step("crash", None)
        for submission in self.sent:
            self.take(submission)
        while self.book.issue():
            pass


def check(life: Life) -> None:
    book = life.book
    books = book.books()
    assert books["balanced"], books
    assert sum(source["received"] for source in books["sources"]) == life.received
    rows = book.rows(
        "SELECT id, status, face, charge_no, receipt, part, total, insured, allocations, bill_code, bill_number, "
        "reverses FROM bill"
    )
    living: dict[tuple[str, str, int], list[str]] = {}
    answered = {row[11] for row in rows if row[2] == "red" and row[1] != "void"}
    spent: dict[str, int] = {}
    for id_, status, face, charge_no, receipt, part, total, insured, allocations, code, number, reverses in rows:
        shares = orjson.loads(allocations)
        assert total == insured + sum(amount for _, amount in shares), id_
        if number:
            assert life.seen.setdefault(f"{code}-{number}", id_) == id_, "a number on two bills"
        if face == "red":
            assert reverses in book.bills()
        elif status in {"due", "issued", "issued_offline", "confirmed"}:
            living.setdefault((charge_no, receipt, part), []).append(id_)
        if face == "blue" and status not in {"void", "reversed"} and id_ not in answered:
            for key, amount in shares:
                spent[key] = spent.get(key, 0) + amount
    assert all(len(found) == 1 for found in living.values()), living
    changes = [row[0] for row in book.rows("SELECT change FROM bill WHERE change > 0")]
    assert len(changes) == len(set(changes))
    assert (
        book.rows("SELECT 1 FROM bill b LEFT JOIN matter m ON m.id = b.case_id WHERE m.id IS NULL OR m.\"into\" != ''")
        == []
    )
    lists = [
        id_ for (bills,) in book.rows("SELECT bills FROM matter WHERE \"into\" = ''") for id_ in orjson.loads(bills)
    ]
    assert sorted(lists) == sorted(book.bills())


def live(book: Book, said: list[tuple[str, Any]]) -> None:
    life = Life(book.numbers(1, 60))
    for what, value in said:
        life.step(what, value)
        check(life)
    life.finish()
    check(life)
    assert "due" not in life.book.statuses() or life.book.segment()["free"] == 0
    assert "reversing" not in life.book.statuses()
    life.book.close()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=14))
def test_the_invariants_hold_at_every_step_on_sqlite(said: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        live(SqliteBook(folder=Path(folder) / "1"), said)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(said=st.lists(steps, max_size=14), block=st.sampled_from([1, 4]))
def test_the_invariants_hold_at_every_step_on_postgres(server: Server, said: list[tuple[str, Any]], block: int) -> None:
    book = PostgresBook(server=server, block=block)
    live(book, said)
    server.give_back(book.dsn)
