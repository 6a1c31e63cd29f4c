"""Twenty kills under load: nothing acknowledged is missing, nothing is issued twice, no number is lost."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.crash.crowd import Crowd
from tests.crash.proof import acknowledged_is_there, all_is_well, settled
from tests.hubprocess import running, town, until

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
                goal = crowd.acknowledged.count + dice.randint(2, 40)
                await until(lambda goal=goal: crowd.acknowledged.count >= goal, "senders are served")  # type: ignore[misc]
                await hub.kill()
                hub.ready = {}
                await hub.start()
                acknowledged_is_there(crowd)
                assert hub.reader().books()["balanced"]  # also in the middle of its work
            await crowd.finish()
            await settled(crowd)
            acknowledged_is_there(crowd)
            all_is_well(crowd)
            assert crowd.repeats > KILLS
            # after all that it still ends in order
            await hub.stop()
            assert hub.reader().books()["balanced"]
