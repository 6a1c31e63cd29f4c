"""A door dies under its senders: they repeat what was not acknowledged, and the ledger knows the repeats."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand


async def play(hand: Hand) -> None:
    """Again and again."""
    for _ in range(hand.of(1, 8)):
        await hand.killed("door")
        hand.note("kill -9 收件进程", "kill -9 to a door")
        await hand.load.more(hand.of(15, 60))
        await hand.works()


DRILL = Drill("kill-door", "负载下 kill -9 收件进程", "kill -9 to doors under load", play)
