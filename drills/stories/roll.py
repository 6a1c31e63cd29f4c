"""A new release comes: one machine after another is ended in order and replaced, beside one that goes on."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand

ROLES = ("door", "worker", "issuer")


async def play(hand: Hand) -> None:
    """The new machine is up before the old one ends, so that senders lose a connection and no more."""
    for _ in range(hand.of(1, 3)):
        for old in [machine for machine in hand.place.machines if machine.alive]:
            new = hand.place.machine(*ROLES)
            await new.start()
            hand.note(f"{new.name} 上线", f"{new.name} comes")
            seconds = await old.stop()
            hand.note(f"{old.name} 正常退出", f"{old.name} leaves in order")
            hand.saw(f"{old.name} 在 10 秒内排空", f"{old.name} drained within 10 s", seconds < 10, f"{seconds:.1f} s")
            await hand.load.more(hand.of(20, 60))
            await hand.works()


DRILL = Drill(
    "roll",
    "滚动升级:逐台替换机器",
    "machines are replaced one after another, as in an upgrade",
    play,
    machines=(ROLES, ROLES),
)
