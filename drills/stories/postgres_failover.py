"""The primary dies for good and its standby is promoted: the hub finds the new one by itself, and no commit is lost.

Every commit waits for the standby's disk (`synchronous_standby_names`), as docs/postgres.md asks for money.
"""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape


async def play(hand: Hand) -> None:
    """Once: there is one standby."""
    place = hand.place
    if place.standby is None:
        raise TypeError("this drill needs a standby")
    await hand.load.more(hand.of(20, 300))
    await hand.blocking(place.postgres.kill)
    hand.note("kill -9 主库,不再启动", "kill -9 to the primary; it stays dead")
    before = place.postgres
    await hand.load.lasts(hand.of(3, 15))
    await hand.blocking(place.standby.promote)
    place.postgres = place.standby
    hand.note("备库升为主库", "the standby is promoted")
    await hand.load.more(hand.of(20, 300))
    await hand.works()
    hand.saw("旧主库没有回来", "the old primary stayed dead", before.port != place.postgres.port)


DRILL = Drill(
    "postgres-failover",
    "PostgreSQL 主库死亡,备库接管",
    "the primary dies, its streaming standby is promoted",
    play,
    shape=Shape(standby=True),
)
