"""The clock of the machine that issues is moved: a little does nothing, much stops it with an alarm until it is right.

Its processes see a moved clock through libfaketime; the database, which judges leases, keeps its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from drills.drill import Drill
from drills.hand import Hand

LIBRARY: Final = "*/faketime/libfaketime.so.1"
ALARM: Final = "BH-LED-011"


def library() -> Path | None:
    """Where libfaketime is installed."""
    return next(iter(sorted(Path("/usr/lib").glob(LIBRARY))), None)


async def play(hand: Hand) -> None:
    """Four minutes ahead, right again, ten minutes behind, right again: the processes live through all of it."""
    found = library()
    if found is None:
        raise TypeError("this drill needs libfaketime")
    clock = hand.place.world.folder / "clock"
    clock.write_text("+0", "ascii")
    issuer = hand.place.machine("issuer")
    issuer.environment = {
        "LD_PRELOAD": str(found),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    await hand.place.machines[1].stop()
    await issuer.start()
    hand.note("开票改由时钟可拨动的机器进行", "bills are issued by the machine whose clock can be moved")
    await _issues(hand)
    hand.note("时钟拨快 4 分钟", "the clock goes 4 minutes ahead")
    clock.write_text("+240", "ascii")
    await _issues(hand)
    hand.note("拨回", "it is right again")
    clock.write_text("+0", "ascii")
    await _issues(hand)
    hand.note("时钟拨慢 10 分钟", "it falls 10 minutes behind")
    clock.write_text("-600", "ascii")
    await hand.until(lambda: ALARM in issuer.log, "an alarm", 60)
    before = await _issued(hand)
    await hand.load.more(hand.of(60, 300))
    after = await _issued(hand)
    hand.saw("时钟落后期间停止开票", "nothing is issued while the clock is behind", after == before, after - before)
    hand.note("报警,停止开票", "an alarm, and issuing has stopped")
    clock.write_text("+0", "ascii")
    hand.note("时钟校准", "the clock is right again")
    await _issues(hand)


async def _issued(hand: Hand) -> int:
    return (await hand.place.bills()).get(hand.place.final, 0)


async def _issues(hand: Hand) -> None:
    """Waits until bills are issued."""
    before = await _issued(hand)

    async def more() -> bool:
        return await _issued(hand) >= before + 30

    await hand.eventually(more, "bills are issued", 60)


DRILL = Drill(
    "clock-moved",
    "开票机器的时钟被拨动",
    "the clock of the machine that issues is moved (libfaketime)",
    play,
    machines=(("door", "worker"), ("issuer",)),
    needs=("java", "postgres", "faketime"),
)
