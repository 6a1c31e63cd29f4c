"""The cable between the hub and its servers swallows everything and says nothing; later it is whole again."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape


async def play(hand: Hand) -> None:
    """For a moment, beyond the session, and beyond every patience."""
    cable = hand.place.network
    if cable is None:
        raise TypeError("this drill needs a network of its own")
    for seconds in (8,) if hand.short else (3, 20, 60):
        cable.cut()
        hand.note("网线吞掉所有数据包", "the cable swallows every packet")
        await hand.load.lasts(seconds)
        cable.heal()
        hand.note(f"{seconds} 秒后恢复", f"it is whole again after {seconds} s")
        await hand.load.more(hand.of(20, 100))
        await hand.works()


DRILL = Drill(
    "network-cut",
    "系统与 Kafka、PostgreSQL 之间断网",
    "packets between the hub and its servers are swallowed (own namespace, tc blackhole)",
    play,
    shape=Shape(network=True),
    needs=("java", "postgres", "namespace"),
)
