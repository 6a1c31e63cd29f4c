"""A worker and an issuer freeze beyond session and lease, others take over, and they wake with old work in hand."""

from __future__ import annotations

import signal

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape

SESSION_SECONDS = 10
LEASE_SECONDS = 30


async def play(hand: Hand) -> None:
    """Beyond the worker's session in the short form; beyond the issuer's lease, too, in the long one."""
    for _ in range(hand.of(1, 3)):
        frozen = [await hand.someone("worker"), await hand.someone("issuer")]
        hand.signal(frozen, signal.SIGSTOP)
        hand.note("入库与开票进程各冻结一个 (SIGSTOP)", "a worker and an issuer are frozen (SIGSTOP)")
        await hand.load.lasts(hand.of(SESSION_SECONDS + 4, LEASE_SECONDS + 10))
        await _others_work(hand)
        hand.note("其他进程已接手", "the others have taken their work over")
        hand.signal(frozen, signal.SIGCONT)
        hand.note("被冻结的醒来", "the frozen ones wake")
        await hand.load.more(hand.of(40, 200))
        await hand.works()


async def _others_work(hand: Hand) -> None:
    """What comes while they are frozen is taken in and issued by the others."""
    before = await hand.place.bills()
    await hand.load.more(40)

    async def beyond() -> bool:
        return (await hand.place.bills()).get(hand.place.final, 0) > before.get(hand.place.final, 0)

    await hand.eventually(beyond, "others take messages in and issue")


DRILL = Drill(
    "zombie",
    "入库与开票进程冻结到会话、租约之外再醒来",
    "a worker and an issuer are frozen past session and lease, and wake",
    play,
    shape=Shape(roles={"worker": {"processes": 2}, "issuer": {"processes": 2}}),
)
