"""A worker dies with a batch in hand: Kafka delivers it again, to it or to another, and the ledger counts it once."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape


async def play(hand: Hand) -> None:
    """Again and again."""
    for _ in range(hand.of(1, 8)):
        await hand.killed("worker")
        hand.note("kill -9 入库进程", "kill -9 to a worker")
        await hand.load.more(hand.of(15, 60))
        await hand.works()


DRILL = Drill(
    "kill-worker",
    "负载下 kill -9 入库进程",
    "kill -9 to workers under load",
    play,
    shape=Shape(roles={"worker": {"processes": 2}}),
)
