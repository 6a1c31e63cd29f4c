"""The core: batches form by themselves, answers come after commits, nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from hub.engine.embedded import queue as queue_module
from hub.engine.embedded.core import Core
from hub.errors import Fault
from hub.ledger.faults import DATABASE_BROKEN
from hub.ledger.records import FaultRecord, Verdict
from hub.ledger.sqlite import SqliteLedger
from hub.ledger.sqlite_file import FILE
from tests.engine.senders import Seat, Senders, until
from tests.ledger.book import SqliteBook, charge, message


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


async def test_a_core_with_nothing_to_do_tidies_up(desk: Senders, monkeypatch: pytest.MonkeyPatch) -> None:
    retired: list[int] = []
    monkeypatch.setattr(SqliteLedger, "retire", lambda _ledger, _now, days: bool(retired.append(days)))
    await desk.issue("a")
    found = desk.book.one("SELECT (SELECT COUNT(*) FROM search) + (SELECT COUNT(*) FROM search_new)")
    assert found > 0
    await until(lambda: desk.book.one("SELECT COUNT(*) FROM search") == found)
    await until(lambda: retired == [90])
