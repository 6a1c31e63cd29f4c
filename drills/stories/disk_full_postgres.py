"""The database's disk fills up: doors go on, Kafka keeps what comes, and workers drain it once there is space."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape


async def play(hand: Hand) -> None:
    """Somebody else's file takes the disk but for a little."""
    disk, postgres = hand.place.spaces["postgres"], hand.place.postgres
    disk.fill(1)
    hand.note("PostgreSQL 的磁盘只剩 1 MiB", "1 MiB is left on PostgreSQL's disk")
    await hand.until(lambda: disk.free_mib < 0.05 or not postgres.alive, "the disk is full", 120)
    before = len(hand.load.at)
    seconds = hand.of(5, 30)
    await hand.load.lasts(seconds)
    up = postgres.alive
    hand.note(
        "磁盘已满," + ("数据库还在" if up else "数据库已停"),
        "it is full; the database " + ("is there" if up else "has ended"),
    )
    served = len(hand.load.at) - before
    hand.saw("磁盘写满期间收件照常", "doors took messages in meanwhile", served > seconds, served)
    disk.give()
    if not postgres.alive:
        await hand.blocking(postgres.start)
    hand.note("腾出空间", "there is space again")
    await hand.load.more(hand.of(20, 100))
    await hand.works()


DRILL = Drill(
    "disk-full-postgres",
    "PostgreSQL 磁盘写满",
    "the disk under PostgreSQL is full; later there is space",
    play,
    shape=Shape(postgres_mib=256),
    needs=("java", "postgres", "mount"),
)
