"""Death at the places where it would hurt most, each three times; the same checks as for any other death."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from hub.crashpoints import VARIABLE
from hub.demo.world import CHINA, TYPES
from hub.ledger.migrate import HEAD
from hub.ledger.sqlite import FILE
from tests.crash.crowd import Crowd
from tests.hubprocess import Town, running, town, until

PASSES = (1, 3, 8)
"""At which pass of the point it dies."""


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


def column(hub_data: Path, question: str) -> list[tuple[object, ...]]:
    """What lies in the files of a hub that is dead, read as the next start will read them."""
    look = sqlite3.connect(hub_data / FILE)
    try:
        return look.execute(question).fetchall()
    finally:
        look.close()


async def ended(crowd: Crowd) -> None:
    await crowd.finish()
    await until(lambda: all(crowd.done(name) for name in crowd.files), "every file is done")
    await crowd.settled()
    crowd.acknowledged_is_there()
    crowd.all_is_well()


async def test_numbers_reserved_but_not_signed(place: Town) -> None:
    hub = place.hub(0, 0)
    async with running(hub, **{VARIABLE: f"reserved:{PASSES[0]}"}):
        crowd = Crowd(place, hub).start(1)
        for following in (*PASSES[1:], None):
            assert await hub.died() == -signal.SIGKILL
            reserved = "SELECT id, bill_number FROM bill WHERE status = 'due' AND bill_number IS NOT NULL"
            kept = dict(column(hub.data, reserved))
            assert kept, "it died with numbers reserved"
            await hub.start(**({VARIABLE: f"reserved:{following}"} if following else {}))
            await until(lambda kept=kept: _issued(hub.data, kept), "they are issued")  # type: ignore[misc]
            crowd.acknowledged_is_there()
        await ended(crowd)


async def test_signed_but_not_stored(place: Town) -> None:
    hub = place.hub(0, 0)
    async with running(hub, **{VARIABLE: f"signed:{PASSES[0]}"}):
        crowd = Crowd(place, hub).start(1)
        for following in (*PASSES[1:], None):
            assert await hub.died() == -signal.SIGKILL
            kept = dict(column(hub.data, "SELECT id, bill_number FROM bill WHERE status = 'due'"))
            assert any(kept.values())
            await hub.start(**({VARIABLE: f"signed:{following}"} if following else {}))
            crowd.acknowledged_is_there()
        await ended(crowd)


def _issued(data: Path, kept: dict[object, object]) -> bool:
    """Whether all of them are issued, under the numbers they had."""
    now = dict(column(data, "SELECT id, bill_number FROM bill WHERE status IN ('issued', 'confirmed')"))
    assert all(now.get(id_, number) == number for id_, number in kept.items()), "a bill changed its number"
    return kept.keys() <= now.keys()


@pytest.mark.parametrize(("doors", "issuers"), [(0, 0), (2, 1)])
async def test_committed_but_not_answered(place: Town, doors: int, issuers: int) -> None:
    hub = place.hub(doors, issuers)
    async with running(hub, **{VARIABLE: f"committed:{PASSES[0]}"}):
        crowd = Crowd(place, hub).start(1)
        for following in (*PASSES[1:], None):
            # the parent alone dies here; its children have nobody left, and end
            assert await hub.died() == -signal.SIGKILL
            await hub.start(**({VARIABLE: f"committed:{following}"} if following else {}))
            crowd.acknowledged_is_there()
        await ended(crowd)
    sources = hub.reader().books()["sources"]
    assert sum(source["duplicate"] for source in sources) >= 1  # who was not answered repeated


async def test_an_issuer_process_that_dies_holds_nothing_up(place: Town) -> None:
    hub = place.hub(1, 1)
    async with running(hub, **{VARIABLE: "signed:3"}):
        crowd = Crowd(place, hub).start(1)
        # every issuer signs two lots and dies over the third
        seen: set[int] = set()

        def three_lives() -> bool:
            seen.update(hub.children("issuer"))
            return len(seen) >= 3

        await until(three_lives, "issuers are started anew")
        assert hub.alive
        await hub.kill()
        await hub.start()
        await ended(crowd)


async def test_in_the_middle_of_a_migration(tmp_path: Path) -> None:
    async with town(tmp_path, numbers=0) as place:
        hub = place.hub(0, 0)
        for _ in range(3):
            await hub.launch(**{VARIABLE: "migrating"})
            assert await hub.died() == -signal.SIGKILL
            assert column(hub.data, "SELECT name FROM sqlite_master") == []
        async with running(hub):
            assert column(hub.data, "SELECT version_num FROM alembic_version") == [(HEAD,)]
            year = datetime.now(CHINA).year % 100
            for unit, type_ in TYPES:
                words = ("numbers", "receive", unit, f"41{type_}{year:02d}", "1", "1000", "--data", str(hub.data))
                assert (await hub.command(*words))[0] == 0
            crowd = Crowd(place, hub).start(1)
            await until(lambda: len(crowd.charges) > 2, "senders are served")
            await ended(crowd)


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
        f"{name}.done" for name in crowd.files
    )
