"""An issuer dies with bills and numbers in hand: when its leases are over, others issue them under the same numbers."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape


async def play(hand: Hand) -> None:
    """Again and again."""
    for _ in range(hand.of(1, 8)):
        await hand.killed("issuer")
        hand.note("kill -9 开票进程", "kill -9 to an issuer")
        await hand.load.more(hand.of(15, 60))
        await hand.works()


DRILL = Drill(
    "kill-issuer",
    "负载下 kill -9 开票进程",
    "kill -9 to issuers under load",
    play,
    shape=Shape(roles={"issuer": {"processes": 2}}),
)
