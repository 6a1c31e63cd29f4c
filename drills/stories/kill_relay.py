"""A relay dies between platform and ledger: the next one asks by number before it sends, and nothing doubles."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape


async def play(hand: Hand) -> None:
    """Again and again."""
    for _ in range(hand.of(1, 8)):
        await hand.killed("relay")
        hand.note("kill -9 外呼进程", "kill -9 to a relay")
        await hand.load.more(hand.of(15, 60))
        await hand.works()


DRILL = Drill(
    "kill-relay",
    "负载下 kill -9 外呼进程,财政平台在场",
    "kill -9 to relays under load, with a fiscal platform that countersigns",
    play,
    shape=Shape(peers=True),
    machines=(("door", "worker", "issuer", "relay"),),
)
