"""A whole machine is gone at once, with doors, workers and issuers; another one is there."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand

ROLES = ("door", "worker", "issuer")


async def play(hand: Hand) -> None:
    """It comes back on its data each time; meanwhile the other serves alone."""
    for turn in range(hand.of(1, 6)):
        victim = hand.place.machines[turn % 2]
        await victim.kill()
        hand.note(f"kill -9 整台 {victim.name}", f"kill -9 to all of {victim.name}")
        await hand.load.more(hand.of(20, 60))
        await hand.works()
        await victim.start()
        hand.note(f"{victim.name} 回来", f"{victim.name} is back")
        await hand.load.more(hand.of(10, 30))


DRILL = Drill(
    "kill-machine",
    "整台机器 kill -9",
    "kill -9 to a whole machine under load",
    play,
    machines=(ROLES, ROLES),
)
