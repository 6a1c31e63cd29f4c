"""The cable between the hub and its servers becomes narrow: packets queue for more than a second, many are lost."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape


async def play(hand: Hand) -> None:
    """Narrower and narrower."""
    cable = hand.place.network
    if cable is None:
        raise TypeError("this drill needs a network of its own")
    for kbit in (256,) if hand.short else (1000, 256, 64):
        cable.narrow(kbit)
        hand.note(f"网线只剩 {kbit} kbit/s", f"{kbit} kbit/s are left of the cable")
        await hand.load.lasts(hand.of(8, 25))
    cable.heal()
    hand.note("网线恢复", "the cable is as new")
    await hand.load.more(hand.of(20, 100))
    await hand.works()


DRILL = Drill(
    "network-slow",
    "系统与 Kafka、PostgreSQL 之间网络很慢",
    "the network between the hub and its servers is slow and lossy (own namespace, tc tbf)",
    play,
    shape=Shape(network=True),
    needs=("java", "postgres", "namespace"),
)
