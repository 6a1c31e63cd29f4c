"""Twenty kills under load: nothing acknowledged is missing, nothing is issued twice, no number is lost."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.crash.crowd import Crowd
from tests.hubprocess import Town, running, town, until

KILLS = 10
"""In each shape."""


@pytest.mark.parametrize(("doors", "issuers"), [(0, 0), (2, 1)])
async def test_a_hub_that_is_killed_under_load_loses_and_doubles_nothing(
    tmp_path: Path, doors: int, issuers: int
) -> None:
    dice = Random(doors)
    async with town(tmp_path) as place:
        hub = place.hub(doors, issuers)
        async with running(hub):
            crowd = Crowd(place, hub).start()
            for _ in range(KILLS):
                crowd.drop()
                # some work is done, then it dies at any moment of the next
                goal = _acknowledged(crowd) + dice.randint(2, 25)
                await until(lambda goal=goal: _acknowledged(crowd) >= goal, "senders are served")  # type: ignore[misc]
                await hub.kill()
                hub.ready = {}
                await hub.start()
                crowd.acknowledged_is_there()
            await crowd.finish()
            await until(lambda: all(crowd.done(name) for name in crowd.files), "every file is done")
            await crowd.settled()
            crowd.acknowledged_is_there()
            crowd.all_is_well()
            assert crowd.repeats > KILLS
            await _drained(hub_town=place, crowd=crowd)


def _acknowledged(crowd: Crowd) -> int:
    return len(crowd.charges) + len(crowd.payments) + len(crowd.answers)


async def _drained(hub_town: Town, crowd: Crowd) -> None:
    """After all that the hub still ends in order."""
    assert await crowd.hub.stop() < 10
    assert hub_town.hub().reader().books()["balanced"]
