"""Death at the places where it would hurt most, each three times; the same checks as for any other death."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from hub.crashpoints import VARIABLE, Point
from tests.crash.crowd import Crowd
from tests.crash.proof import acknowledged_is_there, all_is_well, rows, settled
from tests.hubprocess import Town, running, town, until

PASSES: Final = (1, 3, 8)
"""At which pass of the point it dies."""

IN_ONE: Final[tuple[Point, ...]] = ("reserved", "handed", "signed", "committed")
IN_THE_PARENT: Final[tuple[Point, ...]] = ("reserved", "brought", "committed")
"""Where the core of a hub of several processes dies alone; its children have nobody left, and end."""
WITH_NUMBERS: Final = frozenset[Point]({"reserved", "handed", "signed", "brought"})
"""Points at which some bill has its number, and is not issued."""

_RESERVED: Final = "SELECT id, bill_number FROM bill WHERE status = 'due' AND bill_number IS NOT NULL"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


def _kept_their_numbers(data: Path, kept: dict[str, str]) -> None:
    """Whatever became of a bill, the number once reserved for it is its own."""
    numbers = dict(rows(data, "SELECT id, bill_number FROM bill"))
    assert {id_: numbers[id_] for id_ in kept} == kept


async def ended(crowd: Crowd) -> None:
    await crowd.finish()
    await settled(crowd)
    acknowledged_is_there(crowd)
    all_is_well(crowd)


@pytest.mark.parametrize(
    ("doors", "issuers", "points"), [(0, 0, IN_ONE), (2, 1, IN_THE_PARENT)], ids=["one process", "parent"]
)
async def test_the_core_dies_with_work_in_hand(
    place: Town, doors: int, issuers: int, points: tuple[Point, ...]
) -> None:
    hub = place.hub(doors, issuers)
    deaths = [(point, at) for at in PASSES for point in points]
    kept: dict[str, str] = {}
    crowd = Crowd(place, hub).start(1)
    try:
        for point, at in deaths:
            hub.ready = {}
            await hub.launch(**{VARIABLE: f"{point}:{at}"})
            await hub.came_up()  # unless it comes by the point before its doors are open
            assert await hub.died() == -signal.SIGKILL
            reserved = dict(rows(hub.data, _RESERVED))
            assert reserved or point not in WITH_NUMBERS
            kept |= reserved
            acknowledged_is_there(crowd)
        hub.ready = {}
        await hub.start()
        await ended(crowd)
    finally:
        await hub.kill()
    _kept_their_numbers(hub.data, kept)
    sources = hub.reader().books()["sources"]
    assert sum(source["duplicate"] for source in sources) >= 1  # who was not answered repeated


@pytest.mark.parametrize("point", ["handed", "signed"])
async def test_an_issuer_process_that_dies_with_numbers_in_hand_holds_nothing_up(place: Town, point: Point) -> None:
    hub = place.hub(1, 1)
    async with running(hub, **{VARIABLE: f"{point}:3"}):
        crowd = Crowd(place, hub).start(1)
        # every issuer signs two lots and dies over the third
        seen: set[int] = set()
        kept: dict[str, str] = {}

        def four_lives() -> bool:
            seen.update(hub.children("issuer"))
            kept.update(rows(hub.data, _RESERVED))
            return len(seen) >= 4

        await until(four_lives, "issuers are started anew after three deaths", 60)
        assert hub.alive
        await hub.kill()
        hub.ready = {}
        await hub.start()
        acknowledged_is_there(crowd)
        await ended(crowd)
    assert kept
    _kept_their_numbers(hub.data, kept)


@pytest.mark.parametrize(("doors", "issuers"), [(0, 0), (2, 1)])
async def test_in_the_middle_of_a_folder_pick_up(place: Town, doors: int, issuers: int) -> None:
    hub = place.hub(doors, issuers)
    crowd = Crowd(place, hub)
    inbox = place.world.inbox
    async with running(hub, **{VARIABLE: "picked_up"}):
        for last in (False, False, True):
            name = crowd.drop()
            if doors == 0:
                assert await hub.died() == -signal.SIGKILL
                assert [path.name for path in (inbox / ".work").iterdir() if path.name != ".probe"] == [f"1~{name}"]
                assert not (inbox / name).exists()
                await hub.start(**({} if last else {VARIABLE: "picked_up"}))
            # a door process is started anew, and finds what the dead one had in hand
            await until(lambda name=name: crowd.done(name), "the file is done")  # type: ignore[misc]
        await ended(crowd)
        assert hub.alive
    assert sorted(path.name for path in inbox.iterdir() if path.suffix == ".done") == sorted(
        f"{name}.done" for name in crowd.acknowledged.files
    )
