"""Any number of workers and issuers come to what one alone comes to."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.ledger.postgres.ledger import PostgresLedger
from hub.ledger.records import Batch, Submission
from tests.ledger.book import SqliteBook, charge, message, order, payment, sign, visit
from tests.ledger.shared import PostgresBook, Server
from tests.ledger.test_invariants import Life, check, events
from tests.ledger.test_meeting import apply, deadlocks, together
from tests.ledger.test_redelivery import at

orderly = st.one_of(
    st.sampled_from(["C1", "C2", "C3"]).map(lambda no: charge(no, 500, visit_no="V1" if no == "C3" else None)),
    st.sampled_from(["C1", "C2", "C3"]).map(lambda no: payment(no, 300, f"A{no}")),
    st.sampled_from(["C1", "C2", "C3"]).map(lambda no: payment(None, 200, f"B{no}", order_no=f"O{no}")),
    st.sampled_from(["C1", "C2", "C3"]).map(lambda no: order(f"O{no}", no)),
    st.sampled_from([order("O", "C1", "C2"), order("P", "C2", "C3"), visit("V1")]),
)
"""Events that contradict nothing: whatever their order, and whoever takes them, the same bills are due.

An order that names a charge nobody has told yet holds the others back only if it comes first, so all charges are told.
"""
charges = [[charge(no, 500, visit_no="V1" if no == "C3" else None)] for no in ("C1", "C2", "C3")]
sharing = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)), min_size=6, max_size=30)
"""(message, worker): who gets what, in which order, and what comes more than once."""


def said(event: st.SearchStrategy[Any], most: int = 12) -> st.SearchStrategy[Any]:
    return st.lists(st.lists(event, min_size=1, max_size=3), min_size=1, max_size=most)


def living(book: SqliteBook | PostgresBook) -> Counter[Any]:
    """Bills that are not void, whatever ids they got."""
    bills = book.rows("SELECT charge_no, receipt, part, face, total, insured, status, allocations FROM bill")
    return Counter((*row[:7], *sorted(map(tuple, orjson.loads(row[7])))) for row in bills if row[6] != "void")


async def work_through(book: PostgresBook, ledgers: Sequence[PostgresLedger], jobs: Sequence[list[Submission]]) -> None:
    async def one(ledger: PostgresLedger, sent: list[Submission]) -> None:
        for start in range(0, len(sent), 3):
            await apply(ledger, book, *sent[start : start + 3])

    await asyncio.gather(*(one(ledger, sent) for ledger, sent in zip(ledgers, jobs, strict=True)))


async def issue_all(book: PostgresBook, ledgers: Sequence[PostgresLedger]) -> int:
    """Everything that is free is signed; returns how many bills that were."""

    async def one(ledger: PostgresLedger) -> int:
        done = 0
        result = await ledger.apply(Batch(), book.now, 2)
        while result.work:
            done += len(result.work)
            result = await ledger.apply(Batch(issued=[sign(work, book.now) for work in result.work]), book.now, 2)
        return done

    return sum(await asyncio.gather(*(one(ledger) for ledger in ledgers)))


class Crowd:
    """Three workers, who issue as well, and one ledger that takes the same alone."""

    def __init__(self, server: Server, said: list[Any], shared: list[tuple[int, int]]) -> None:
        sent = [message(f"m{n}", *some) for n, some in enumerate(said)]
        self.jobs: list[list[Submission]] = [[], [], []]
        for moment, (number, worker) in enumerate([*enumerate([0, 1, 2] * 4), *shared]):
            self.jobs[worker].append(at(moment, sent[number % len(sent)]))
        self.server = server
        self.book = PostgresBook(server=server, block=3).numbers(1, 200)
        self.many = [self.book, self.book.another(), self.book.another()]
        self.ledgers = [one.ledger.shared for one in self.many]

    def take(self) -> None:
        self.book.runner.run(work_through(self.book, self.ledgers, self.jobs))

    def issue(self) -> None:
        while self.book.runner.run(issue_all(self.book, self.ledgers)):
            pass

    def check(self) -> None:
        check(Life(self.book, received=sum(map(len, self.jobs))))
        assert deadlocks(self.book) == 0

    def alone(self, into: Path) -> SqliteBook:
        book = SqliteBook(folder=into).numbers(1, 200)
        for job in self.jobs:
            for submission in job:
                book.send(submission)
        return book

    def close(self) -> None:
        for one in self.many:
            one.close()
        self.server.give_back(self.book.dsn)


several = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@several
@given(said=said(orderly, 9), shared=sharing)
def test_three_workers_make_the_bills_that_one_makes(server: Server, said: Any, shared: Any) -> None:
    crowd = Crowd(server, [*said, *charges], shared)
    with tempfile.TemporaryDirectory() as folder:
        alone = crowd.alone(Path(folder) / "1")
        crowd.take()
        assert (living(crowd.book), together(crowd.book)) == (living(alone), together(alone))
        crowd.check()
        while alone.issue():
            pass
        crowd.issue()
        assert living(crowd.book) == living(alone)
        crowd.check()
        alone.close()
    crowd.close()


@several
@given(said=said(events), shared=sharing)
def test_three_workers_bring_together_what_belongs_together(server: Server, said: Any, shared: Any) -> None:
    """Events that contradict each other are decided in the order they come, but belong together all the same."""
    crowd = Crowd(server, said, shared)
    with tempfile.TemporaryDirectory() as folder:
        alone = crowd.alone(Path(folder) / "1")
        crowd.take()
        assert together(crowd.book) == together(alone)
        alone.close()
    crowd.check()
    crowd.issue()
    crowd.check()
    assert "due" not in crowd.book.statuses()
    crowd.close()
