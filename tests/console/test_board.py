"""One look a second, however many pages are open; slow questions rest."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from hub.console import board as board_module
from hub.console.board import SHARE, Board, Rested, Snapshot
from hub.console.view import view
from hub.console.words import WORDS
from hub.engine.embedded.home import Home
from hub.ledger.reader import Reader


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(board_module.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


GLANCE: dict[str, Any] = {"sources": {}, "last": {}, "bills": {}, "parked_cases": 0, "aged": [], "numbers": []}


class Silent:
    """A ledger without anything in it."""

    def glance(self, *_: object) -> dict[str, Any]:
        return GLANCE

    def books(self) -> dict[str, Any]:
        return {"balanced": True}

    def find(self, **_: object) -> list[dict[str, Any]]:
        return []

    parked = alarms = find

    def parked_count(self) -> int:
        return 0


async def test_a_hundred_pages_share_one_look(tmp_path: Path, clock: Clock) -> None:
    board = Board(cast("Reader", Silent()), Home(tmp_path), [])
    seen = await asyncio.gather(*(board.latest() for _ in range(100)))
    assert board.looks == 1
    assert len({id(one) for one in seen}) == 1
    clock.now += 0.9
    await board.latest()
    assert board.looks == 1
    clock.now += 0.2
    await asyncio.gather(*(board.latest() for _ in range(100)))
    assert board.looks == 2


def test_a_slow_question_rests_in_proportion_to_its_cost(clock: Clock) -> None:
    asked = []

    def ask() -> int:
        clock.now += 0.5
        asked.append(clock.now)
        return len(asked)

    question = Rested(ask, 1.0)
    assert question.answer("a") == 1
    assert question.answer("b") == 1  # it costs too much to be asked at every hint
    clock.now += 0.5 * SHARE - 1
    assert question.answer("c") == 1
    clock.now += 1
    assert question.answer("c") == 2


def test_a_cheap_question_is_asked_when_a_hint_changes(clock: Clock) -> None:
    answers = iter(range(10))
    question = Rested(lambda: next(answers), 5.0)
    assert [question.answer("a"), question.answer("a"), question.answer("b")] == [0, 0, 1]


def _seen(**glance: Any) -> Snapshot:
    now = datetime(2026, 11, 25, 8, tzinfo=UTC)
    return Snapshot(now, True, True, GLANCE | glance, [], [], 0, [])


def _unit() -> Any:
    from hub.sections.unit import UnitConfig

    return UnitConfig.model_validate(
        {
            "unit": {"id": "u", "name": "示例医院", "uscc": "12410100MB00000015", "region": "410100"},
            "bills": {"b": {"kind": "medical_outpatient", "type": "0601"}},
            "signing": {"platform": {"url": "http://127.0.0.1:1"}},
        }
    )


@pytest.mark.parametrize(("seconds", "alarms"), [(59, 0), (61, 1)])
def test_a_platform_that_is_silent_for_a_minute_is_an_alarm(seconds: int, alarms: int) -> None:
    since = (datetime(2026, 11, 25, 8, tzinfo=UTC) - timedelta(seconds=seconds)).isoformat()
    seen = _seen(aged=[{"unit": "u", "status": "issued", "count": 3, "since": since}], bills={"issued": 3})
    shown = view(seen, [_unit()], "en", WORDS["en"])
    assert [alarm["unit"] for alarm in shown["alarms"]] == ["示例医院"] * alarms
    assert not alarms or "3 bills wait, the oldest for 1 min" in shown["alarms"][0]["what"]


def test_a_bill_code_that_runs_out_is_an_alarm_unless_another_segment_is_there() -> None:
    low = {"unit": "u", "code": "41060126", "from": "1", "to": "1000", "taken": 990, "free": 10}
    fresh = {**low, "from": "1001", "to": "9000", "taken": 0, "free": 8000}
    assert len(view(_seen(numbers=[low]), [_unit()], "zh", WORDS["zh"])["alarms"]) == 1
    assert view(_seen(numbers=[low, fresh]), [_unit()], "zh", WORDS["zh"])["alarms"] == []


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
