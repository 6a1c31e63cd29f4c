"""The database dies in the middle of transactions: what was acknowledged lies on Kafka, and is done again."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand


async def play(hand: Hand) -> None:
    """Once, or five times."""
    postgres = hand.place.postgres
    for _ in range(hand.of(1, 5)):
        await hand.blocking(postgres.kill)
        hand.note("kill -9 PostgreSQL 的所有进程", "kill -9 to all of PostgreSQL's processes")
        await hand.load.more(hand.of(15, 30))
        await hand.blocking(postgres.start)
        hand.note("PostgreSQL 重新启动", "PostgreSQL is started again")
        await hand.load.more(hand.of(15, 60))
        await hand.works()


DRILL = Drill("postgres-killed", "PostgreSQL 被 kill -9 后重启", "PostgreSQL is killed (-9) and started again", play)
