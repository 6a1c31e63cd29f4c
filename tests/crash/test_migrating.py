"""A hub that dies in the middle of a migration starts from nothing the next time, and works."""

from __future__ import annotations

import signal
from datetime import datetime
from pathlib import Path

from hub.crashpoints import VARIABLE
from hub.demo.world import CHINA, TYPES
from hub.ledger.window import HEAD
from tests.crash.crowd import Crowd
from tests.crash.proof import acknowledged_is_there, all_is_well, rows, settled
from tests.hubprocess import running, town, until


async def test_in_the_middle_of_a_migration(tmp_path: Path) -> None:
    async with town(tmp_path, numbers=0) as place:
        hub = place.hub(0, 0)
        for _ in range(3):
            await hub.launch(**{VARIABLE: "migrating"})
            assert await hub.died() == -signal.SIGKILL
            assert rows(hub.data, "SELECT name FROM sqlite_master") == []
        async with running(hub):
            assert rows(hub.data, "SELECT version_num FROM alembic_version") == [(HEAD,)]
            year = datetime.now(CHINA).year % 100
            unit, type_ = TYPES[0]  # what the crowd's charges become
            words = ("numbers", "receive", unit, f"41{type_}{year:02d}", "1", "1000", "--data", str(hub.data))
            assert (await hub.command(*words))[0] == 0
            crowd = Crowd(place, hub).start(1)
            await until(lambda: crowd.acknowledged.count > 20, "senders are served")
            await crowd.finish()
            await settled(crowd)
            acknowledged_is_there(crowd)
            all_is_well(crowd)
