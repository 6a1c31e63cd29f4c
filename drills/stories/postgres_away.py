"""The database is stopped for a while: doors go on for whoever waits for Kafka only, workers give up and return."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand


async def play(hand: Hand) -> None:
    """A minute in the long form: longer than a worker's patience."""
    postgres = hand.place.postgres
    seconds = hand.of(10, 60)
    before = len(hand.load.at)
    await hand.blocking(postgres.stop)
    hand.note("PostgreSQL 停止", "PostgreSQL is stopped")
    await hand.load.lasts(seconds)
    served = len(hand.load.at) - before
    hand.saw("数据库停止期间收件照常", "doors took messages in while the database was away", served > seconds, served)
    await hand.blocking(postgres.start)
    hand.note(f"{seconds} 秒后启动", f"started again after {seconds} s")
    await hand.load.more(hand.of(15, 100))
    await hand.works()


DRILL = Drill("postgres-away", "PostgreSQL 停止 60 秒", "PostgreSQL is stopped for 60 s", play)
