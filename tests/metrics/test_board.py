"""The parent's board: it answers on its socket however deep the folder lies, and knows what is bad and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.ledger.faults import CLOCK_BACK, NO_NUMBERS
from hub.ledger.records import FaultRecord
from hub.metrics.checks import MESSAGES, STALE_SECONDS, Checks, document
from hub.metrics.faults import LAGGING
from hub.metrics.gather import push
from hub.processes.board import Board, ask
from hub.processes.issuing import stopped_by_alarms

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def checks() -> Checks:
    return Checks(("broker", "lag"), frozenset({"broker"}), START)


def test_what_nobody_has_looked_at_is_not_good() -> None:
    found = document(checks().found(at(1)))
    assert not found["ready"]
    assert found["checks"]["broker"]["en"]["code"] == "BH-SEE-001"


def test_since_is_when_it_changed_not_when_it_was_looked_at() -> None:
    made = checks()
    for seconds in range(3):
        made.put("broker", None, at(seconds))
        made.put("lag", LAGGING(records=5, seconds=seconds), at(seconds))
    found = {name: (fault is None, since) for name, fault, since in made.found(at(3))}
    assert found == {"broker": (True, at(0)), "lag": (False, at(0))}
    made.put("lag", None, at(4))
    assert document(made.found(at(5)))["ready"]
    assert made.found(at(5))[1][2] == at(4)


def test_a_look_that_hangs_is_bad_after_a_while_and_only_then() -> None:
    made = checks()
    made.put("broker", None, at(0))
    made.put("lag", None, at(8))
    assert document(made.found(at(STALE_SECONDS)))["ready"]
    (name, fault, since), (_, other, _) = made.found(at(STALE_SECONDS + 3))
    assert (name, fault is not None, since, other) == ("broker", True, at(0), None)


def test_messages_need_less_than_everything() -> None:
    made = checks()
    made.put("broker", None, at(0))
    made.put("lag", LAGGING(records=5, seconds=5), at(0))
    assert not document(made.found(at(1)))["ready"]
    assert document(made.found(at(1), MESSAGES)) == {
        "ready": True,
        "checks": {"broker": {"ok": True, "since": "2026-03-01T08:00:00+00:00"}},
    }


@pytest.mark.parametrize("depth", [1, 30], ids=["short", "deep"])
async def test_the_board_answers_and_the_sums_are_on_it(tmp_path: Path, depth: int) -> None:
    folder = tmp_path.joinpath(*["deep"] * depth)
    folder.mkdir(parents=True)
    assert await ask(folder) is None
    board = Board("core", checks(), lambda: START)
    await board.open(folder)
    push(board.mouth, "door")
    posted = await ask(folder)
    assert posted is not None
    assert posted.ready["ready"] is False
    assert {labels[0] for name, labels, _ in posted.own if name == "billhub_process_cpu_seconds_total"} <= {
        "core",
        "door",
    }
    board.close()
    assert await ask(folder) is None


def test_one_unit_without_numbers_stops_its_own_hub_and_no_province() -> None:
    alarm = {"one": FaultRecord(NO_NUMBERS.code, "demo 41060126", {})}
    assert stopped_by_alarms({}, 1) is None
    fault = stopped_by_alarms(alarm, 1)
    assert fault is not None
    assert fault.values == {"units": 1, "count": 1, "because": NO_NUMBERS.code}
    assert stopped_by_alarms(alarm, 30_000) is None
    clock = stopped_by_alarms({"clock": FaultRecord(CLOCK_BACK.code, "", {"minutes": "7"})}, 30_000)
    assert clock is not None
    assert clock.code is CLOCK_BACK
