"""The core with seats of the tests' own: batches form by themselves, answers come after commits, nothing is lost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from hub.engine.embedded import core as core_module
from hub.engine.embedded import queue as queue_module
from hub.engine.embedded.core import Core
from hub.errors import Fault
from hub.ledger.faults import DATABASE_BROKEN
from hub.ledger.records import FaultRecord, NotIssued, Submission, Verdict, Work
from hub.ledger.sqlite_file import FILE
from tests.ledger.book import SqliteBook, cancel, charge, message, payment, sign


@dataclass(eq=False)
class Seat:
    """An issuer that signs when told to."""

    capacity: int = 4
    busy: set[str] = field(default_factory=set)
    held: list[Work] = field(default_factory=list)

    def hand(self, work: list[Work]) -> None:
        self.held += work


@dataclass
class Senders:
    """Senders at a core; what each was answered, in order."""

    core: Core
    book: SqliteBook
    answers: list[tuple[str, Verdict | FaultRecord]] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    """how many messages lay in the file when each answer came"""
    settled: list[str] = field(default_factory=list)

    def send(self, name: str, *submissions: Submission, watch: bool = False) -> None:
        def answer(verdicts: Sequence[Verdict], fault: FaultRecord | None) -> None:
            self.answers += [(name, fault)] if fault else [(name, verdict) for verdict in verdicts]
            self.stored.append(self.book.one("SELECT COUNT(*) FROM message"))

        self.core.submit(list(submissions), answer, (lambda: self.settled.append(name)) if watch else None)

    def pay(self, name: str, *, watch: bool = False) -> None:
        self.send(name, message(name, charge(name), payment(name, trade=name)), watch=watch)

    def sign(self, seat: Seat, count: int = 100) -> None:
        done, seat.held = seat.held[:count], seat.held[count:]
        self.core.signed(seat, [sign(work, self.book.now) for work in done], [])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Senders]:
    monkeypatch.setattr(core_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(core_module, "ALARM_SECONDS", 0.02)
    book = SqliteBook(folder=tmp_path).numbers()
    faults: list[Fault] = []
    core = Core(book.ledger, lambda: book.now, faults.append)
    yield Senders(core, book)
    assert faults == []
    assert book.books()["balanced"]
    book.close()


async def test_what_gathers_in_a_turn_of_the_loop_is_one_batch(desk: Senders) -> None:
    for name in "abc":
        desk.pay(name)
    assert desk.answers == []
    await until(lambda: len(desk.answers) == 3)
    assert (desk.core.tally.batches, desk.core.tally.largest) == (1, 3)
    assert [name for name, _ in desk.answers] == ["a", "b", "c"]


async def test_a_batch_forms_while_the_last_one_commits(desk: Senders, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = desk.book.ledger.apply
    monkeypatch.setattr(type(desk.book.ledger), "apply", lambda _self, *batch: (late(), apply(*batch))[1])
    waiting = [f"late{n}" for n in range(20)]

    def late() -> None:
        while waiting:
            desk.pay(waiting.pop())

    desk.pay("first")
    await until(lambda: len(desk.answers) == 21)
    assert (desk.core.tally.batches, desk.core.tally.largest) == (2, 20)


async def test_every_answer_comes_after_its_commit(desk: Senders) -> None:
    desk.pay("a")
    desk.pay("b")
    await until(lambda: len(desk.answers) == 2)
    assert desk.stored == [2, 2]


async def test_a_batch_has_a_limit_and_the_rest_follows(desk: Senders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "MAX_BATCH", 4)
    for n in range(10):
        desk.pay(f"n{n}")
    await until(lambda: len(desk.answers) == 10)
    assert (desk.core.tally.batches, desk.core.tally.largest) == (3, 4)


async def test_a_delivery_larger_than_a_batch_goes_whole(desk: Senders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "MAX_BATCH", 4)
    desk.send("file", *(message(f"r{n}", charge(f"r{n}")) for n in range(9)))
    await until(lambda: len(desk.answers) == 9)
    assert desk.core.tally.batches == 1


async def test_a_full_queue_tells_senders_to_come_again(desk: Senders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "MAX_QUEUE", 2)
    for name in "abc":
        desk.pay(name)
    assert [(name, fault.code) for name, fault in desk.answers if isinstance(fault, FaultRecord)] == [
        ("c", "BH-ENG-001")
    ]
    await until(lambda: len(desk.answers) == 3)
    desk.pay("c")
    await until(lambda: len(desk.answers) == 4)
    assert desk.book.source()["applied"] == 3


async def test_a_locked_database_tells_senders_to_come_again_and_loses_no_signature(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.pay("a")
    await until(lambda: len(seat.held) == 1)
    desk.book.ledger._connection.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(desk.book.folder / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    held = list(seat.held)
    desk.sign(seat)
    desk.pay("b")
    await until(lambda: len(desk.answers) == 2)
    (fault,) = [said for name, said in desk.answers if name == "b"]
    assert isinstance(fault, FaultRecord)
    assert fault.code == "BH-LED-003"
    other.execute("ROLLBACK")
    other.close()
    await until(lambda: desk.book.statuses() == ["issued"])
    desk.pay("b")
    await until(lambda: len(seat.held) == 1)
    assert [work.bill_id for work in seat.held] != [work.bill_id for work in held]


async def test_what_a_dead_issuer_held_goes_to_another_under_the_same_numbers(desk: Senders) -> None:
    first, second = Seat(), Seat()
    desk.core.sit(first)
    for name in "abc":
        desk.pay(name)
    await until(lambda: len(first.held) == 3)
    desk.sign(first, 1)
    desk.core.leave(first)
    assert first.busy == set()
    desk.core.sit(second)
    await until(lambda: len(second.held) == 2)
    assert {(work.bill_id, work.bill_number) for work in second.held} == {
        (work.bill_id, work.bill_number) for work in first.held
    }
    desk.sign(second)
    await until(lambda: desk.book.statuses() == ["issued"] * 3)


async def test_without_an_issuer_bills_are_due_and_wait(desk: Senders) -> None:
    desk.pay("a")
    await until(lambda: len(desk.answers) == 1)
    assert desk.book.statuses() == ["due"]
    assert desk.book.segment()["reserved"] == 0
    seat = Seat()
    desk.core.sit(seat)
    await until(lambda: len(seat.held) == 1)


async def test_issuers_get_no_more_than_they_can_hold_and_share_evenly(desk: Senders) -> None:
    seats = [Seat(), Seat()]
    for seat in seats:
        desk.core.sit(seat)
    for n in range(12):
        desk.pay(f"n{n}")
    await until(lambda: sum(len(seat.held) for seat in seats) == 8)
    assert [len(seat.busy) for seat in seats] == [4, 4]
    while "due" in desk.book.statuses():
        for seat in seats:
            desk.sign(seat)
        await asyncio.sleep(0)
    assert desk.book.statuses() == ["issued"] * 12


async def test_who_waits_for_the_bill_is_told_when_it_is_issued(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.pay("a", watch=True)
    await until(lambda: len(seat.held) == 1)
    assert [name for name, _ in desk.answers] == ["a"]
    assert desk.settled == []
    desk.sign(seat)
    await until(lambda: desk.settled == ["a"])
    desk.pay("a", watch=True)  # a repeat need not wait
    await until(lambda: desk.settled == ["a", "a"])


async def test_who_waits_for_several_bills_is_told_after_the_last(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.send("file", *(message(no, charge(no), payment(no, trade=no)) for no in "xyz"), watch=True)
    await until(lambda: len(seat.held) == 3)
    desk.sign(seat, 2)
    await until(lambda: desk.book.statuses().count("issued") == 2)
    assert desk.settled == []
    desk.sign(seat)
    await until(lambda: desk.settled == ["file"])


async def test_who_waits_for_a_bill_that_is_withdrawn_is_told(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.pay("a", watch=True)
    await until(lambda: len(seat.held) == 1)
    desk.send("his", message("gone", cancel("a")))
    await until(lambda: desk.settled == ["a"])
    desk.sign(seat)
    await until(lambda: desk.core.idle)
    assert desk.book.statuses() == ["void"]


async def test_a_bill_that_could_not_be_signed_tries_again(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.pay("a")
    await until(lambda: len(seat.held) == 1)
    (work,) = seat.held
    seat.held.clear()
    desk.core.signed(seat, [], [NotIssued(work.bill_id, FaultRecord("BH-ISS-011"))])
    await until(lambda: seat.held == [work])
    desk.sign(seat)
    await until(lambda: desk.book.statuses() == ["issued"])


async def test_issuing_goes_on_by_itself_once_the_clock_is_right(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.pay("a")
    await until(lambda: len(seat.held) == 1)
    desk.sign(seat)
    await until(lambda: desk.book.statuses() == ["issued"])
    right = desk.book.now
    desk.book.now = right - timedelta(hours=1)
    desk.pay("b")
    await until(lambda: "clock" in desk.book.ledger.alarms())
    desk.book.now = right
    await until(lambda: len(seat.held) == 1)


async def test_whoever_asks_for_a_flush_is_told_after_the_commit_also_under_load(desk: Senders) -> None:
    sent = 0

    def more(_verdicts: Sequence[Verdict], _fault: FaultRecord | None) -> None:
        nonlocal sent
        if not flushed:
            sent += 1
            desk.core.submit([message(f"load{sent}", charge(f"L{sent}"))], more)

    flushed: list[int] = []
    more([], None)
    desk.pay("before")
    desk.core.after(lambda: flushed.append(desk.book.one("SELECT COUNT(*) FROM message WHERE identity = 'before'")))
    await until(lambda: flushed == [1])
    await until(lambda: desk.core.idle)


async def test_a_flush_outlasts_a_database_that_refuses(desk: Senders) -> None:
    flushed: list[bool] = []
    desk.book.ledger._connection.execute("PRAGMA query_only = ON")
    desk.pay("a")
    desk.core.after(lambda: flushed.append(True))
    await until(lambda: len(desk.answers) == 1)
    desk.book.ledger._connection.execute("PRAGMA query_only = OFF")
    await until(lambda: flushed == [True])


async def test_a_core_that_stops_takes_nothing_new_and_finishes_what_it_has(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.pay("a")
    await until(lambda: len(seat.held) == 1)
    desk.pay("b")
    desk.core.stop_taking()
    desk.pay("c")
    await until(lambda: len(desk.answers) == 3)
    assert not desk.core.idle
    desk.sign(seat)
    await until(lambda: desk.core.idle)
    assert desk.book.statuses() == ["issued", "due"]  # b keeps for the next start


async def test_a_damaged_database_stops_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = SqliteBook(folder=tmp_path).numbers()
    faults: list[Fault] = []
    core = Core(book.ledger, lambda: book.now, faults.append)

    def damaged(*_: object) -> None:
        raise DATABASE_BROKEN(found="malformed")

    monkeypatch.setattr(type(book.ledger), "apply", damaged)
    Senders(core, book).pay("a")
    await until(lambda: [fault.code.code for fault in faults] == ["BH-LED-004"])
    book.close()
