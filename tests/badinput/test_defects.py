"""A defect of the program costs one message, never the hub: the core on a real ledger that is made to fail."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.engine.embedded.core import Core
from hub.engine.embedded.frames import Answered, Command, Frame, Hello, Sent, Stop
from hub.engine.embedded.switchboard import Switchboard
from hub.ledger import faults
from hub.ledger.records import Batch, FaultRecord, Submission, Verdict
from tests.ledger.book import RULES, SqliteBook, charge, message, payment


async def _sent(core: Core, *submissions: Submission) -> list[tuple[str, str]]:
    """Each submission as a delivery of its own, all at once: (place, code) of each."""
    loop = asyncio.get_running_loop()
    asked = [loop.create_future() for _ in submissions]

    def answer_to(future: asyncio.Future[Any]) -> Callable[[Any, FaultRecord | None], None]:
        def answer(verdicts: list[Verdict], fault: FaultRecord | None) -> None:
            found = fault or verdicts[0].fault
            future.set_result((verdicts[0].place if verdicts else "", found.code if found else ""))

        return answer

    for submission, future in zip(submissions, asked, strict=True):
        core.submit([submission], answer_to(future))
    return await asyncio.wait_for(asyncio.gather(*asked), 10)


def _fails_on(book: SqliteBook, monkeypatch: pytest.MonkeyPatch, bad: Callable[[Batch], bool]) -> None:
    right = book.ledger.apply

    def apply(batch: Batch, *more: Any) -> Any:
        if bad(batch):
            raise ZeroDivisionError("of 张三")
        return right(batch, *more)

    monkeypatch.setattr(book.ledger, "apply", apply)


def _fatal(fault: Exception) -> None:
    raise AssertionError(fault)


@pytest.fixture
def book(tmp_path: Path) -> SqliteBook:
    return SqliteBook(folder=tmp_path / "data").numbers()


async def test_one_poisonous_message_is_parked_and_its_neighbours_go_on(
    book: SqliteBook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    poison = message("poison", charge("C2"))
    _fails_on(book, monkeypatch, lambda batch: any(one.id == poison.id and one.events for one in batch.submissions))
    core = Core(book.ledger, lambda: book.now, _fatal)
    got = await _sent(core, message("a", charge("C1")), poison, message("b", payment("C1")))
    assert got == [("applied", ""), ("parked", "BH-LED-002"), ("applied", "")]
    assert "张三" not in caplog.text
    assert book.books()["balanced"]
    assert book.statuses() == ["due"]


async def test_what_cannot_even_be_parked_is_asked_for_again(book: SqliteBook, monkeypatch: pytest.MonkeyPatch) -> None:
    poison = message("poison", charge("C2"))
    _fails_on(book, monkeypatch, lambda batch: any(one.id == poison.id for one in batch.submissions))
    core = Core(book.ledger, lambda: book.now, _fatal)
    assert await _sent(core, message("a", charge("C1")), poison) == [("applied", ""), ("", "BH-ENG-009")]


async def test_a_unit_that_left_the_configuration_keeps_its_due_bills_and_stops_nobody(book: SqliteBook) -> None:
    book.take(charge("C1"))
    book.take(payment("C1"))
    book.ledger.close()
    other = dataclasses.replace(RULES, unit="other", policy=dataclasses.replace(RULES.policy, unit="other"))
    gone = SqliteBook(folder=book.folder, rules={"other": other})
    assert gone.work() == []
    assert [fault.code for fault in gone.ledger.alarms().values()] == ["BH-LED-016"]
    assert gone.apply(message("x", charge("C9"), unit="other")).verdicts[0].place == "applied"
    gone.ledger.change_rules({"demo": RULES, "other": other})
    assert len(gone.work()) == 1
    assert gone.ledger.alarms() == {}


class _Line:
    """A child's link, as the switchboard sees it."""

    def __init__(self) -> None:
        self.role = "relay"
        self.got: list[Frame] = []

    def send(self, frame: Frame) -> None:
        self.got.append(frame)


def _switchboard(core: Core) -> Switchboard:
    def command(verb: str, args: dict[str, Any]) -> Any:
        raise TypeError(verb)

    return Switchboard(core, command, lambda *_: None)


async def test_what_the_outside_answered_is_written_when_the_database_can_be_and_not_forgotten(
    book: SqliteBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, written = [True], []

    def later(id_: int, *_more: Any) -> None:
        if busy[0]:
            raise faults.BUSY(found="database or disk is full")
        written.append(id_)

    monkeypatch.setattr(book.ledger, "outbox_later", later)
    core, line = Core(book.ledger, lambda: book.now, _fatal), _Line()
    board = _switchboard(core)
    at = book.now.isoformat()
    board.frames(line, [Sent(later=[(1, at, None), (2, at, None)]), Command(1, "flush", {})])
    await asyncio.sleep(0)
    assert (written, line.got) == ([], [])
    busy[0] = False
    while not line.got:
        await asyncio.sleep(0.01)
    assert written == [1, 2]
    assert line.got == [Answered(1, True)]


async def test_a_command_that_is_wrong_is_answered_and_the_line_lives(book: SqliteBook) -> None:
    line = _Line()
    _switchboard(Core(book.ledger, lambda: book.now, _fatal)).frames(line, [Command(7, "x", {"y": 1})])
    (answer,) = line.got
    assert isinstance(answer, Answered)
    assert (answer.seq, answer.fault and answer.fault.code) == (7, "BH-ENG-009")


async def test_a_child_that_comes_while_the_hub_ends_is_told_so(book: SqliteBook) -> None:
    line = _Line()
    board = _switchboard(Core(book.ledger, lambda: book.now, _fatal))
    board.stop("relay", 1.0)
    board.frames(line, [Hello("relay", 4711)])
    assert line.got == [Stop(1.0)]
