"""Machines with workers come and go every five seconds, in order and by kill -9: partitions wander all the time."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape

EVERY_SECONDS = 5


async def play(hand: Hand) -> None:
    """One worker stays; beside it others join and leave."""
    others = [hand.place.machine("worker") for _ in range(3)]
    for turn in range(hand.of(4, 18)):
        other = others[turn % len(others)]
        if not other.alive:
            await other.start()
            hand.note(f"{other.name} 加入", f"{other.name} joins")
        elif turn % 2:
            await other.kill()
            hand.note(f"{other.name} 被 kill -9", f"{other.name} is killed (-9)")
        else:
            await other.stop()
            hand.note(f"{other.name} 离开", f"{other.name} leaves in order")
        await hand.load.lasts(EVERY_SECONDS)
    for other in others:
        if other.alive:
            await other.stop()
    hand.note("风暴结束", "the storm is over")


DRILL = Drill(
    "rebalance-storm",
    "入库进程每 5 秒加入或离开",
    "workers join and leave every 5 s",
    play,
    shape=Shape(roles={"worker": {"processes": 1}}),
)
