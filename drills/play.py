"""Plays drills: builds the stage, starts the machines, lets the load run, plays the stories, and judges.

Several drills can be played one after another on one stage, under one load, with one verdict at the end.
"""

from __future__ import annotations

import asyncio
import functools
import operator
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from drills.draining import drained
from drills.drill import Drill
from drills.hand import Hand
from drills.load import Load
from drills.machine import RESTARTED
from drills.place import Place
from drills.process import NeverCame
from drills.stage import stage
from drills.verdict import Verdict
from hub.cli.language import say

FIRST: Final = 20
"""Messages that are acknowledged before anything goes wrong."""
LAST: Final = 20
"""Messages that are acknowledged after everything is in order again."""
DRAIN_SECONDS: Final = 120.0
AGAIN: Final = re.compile(r"(\d+) messages came from Kafka once more")


@dataclass(slots=True)
class Report:
    """What was done, what was counted, and the verdict."""

    drill: str
    form: str
    did: list[str] = field(default_factory=list)
    counted: dict[str, Any] = field(default_factory=dict)
    expectations: list[dict[str, object]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """The verdict."""
        return bool(self.expectations) and all(one["ok"] for one in self.expectations)

    def json(self) -> dict[str, Any]:
        """The outer shape."""
        return {
            "drill": self.drill,
            "form": self.form,
            "did": self.did,
            "counted": self.counted,
            "expectations": self.expectations,
            "seconds": round(self.seconds, 1),
            "ok": self.ok,
        }


async def play(
    drills: Sequence[Drill], folder: Path, jars: Path, *, short: bool, tell: Callable[[str], None] = lambda _: None
) -> Report:
    """Plays drills on one stage, in a folder, that has what each of them needs.

    Raises:
        Config: a server did not start.
    """
    started = time.monotonic()
    async with played(drills, folder, jars, short=short, tell=tell) as (_, report):
        pass
    report.seconds = time.monotonic() - started
    return report


def run(drill: Drill, folder: Path, jars: Path, *, short: bool, tell: Callable[[str], None]) -> Report:
    """Plays one to its end. SIGTERM ends it as Ctrl-C does, so that no server, mount or namespace is left behind.

    Raises:
        Config: a server did not start.
    """
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    return asyncio.run(play([drill], folder, jars, short=short, tell=tell))


@asynccontextmanager
async def played(
    drills: Sequence[Drill], folder: Path, jars: Path, *, short: bool, tell: Callable[[str], None] = lambda _: None
) -> AsyncIterator[tuple[Hand, Report]]:
    """The same, with everything still there when the verdict is made."""
    made = Report(", ".join(drill.name for drill in drills), "short" if short else "long")
    shape = functools.reduce(operator.or_, (drill.shape for drill in drills))
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(stage(folder, shape, jars))
        for roles in max((drill.machines for drill in drills), key=lambda machines: sum(map(len, machines))):
            await place.machine(*roles).start()
        load = await stack.enter_async_context(Load(place))
        hand = Hand(place, load, short, tell)
        verdict = Verdict(place, load, hand.allowed)
        try:
            await load.more(FIRST)
            await hand.works()
            hand.counted.clear()
            for drill in drills:
                await drill.play(hand)
            await load.more(LAST)
            await load.finish()
            verdict.expect(say("每个发送方最终都得到应答", "every sender was served in the end"), True)
        except (NeverCame, TimeoutError) as error:
            verdict.expect(say("剧情走到了终点", "the story came to its end"), False, str(error) or "time is over")
        await _judge(hand, verdict)
        made.did = hand.did
        made.counted = hand.counted | verdict.counted
        made.expectations = [one.json() for one in verdict.expectations]
        yield hand, made


def redelivered(place: Place) -> int:
    """Submissions that Kafka brought a second time, by what workers said of them."""
    return sum(int(found[1]) for machine in place.machines if machine.starts for found in AGAIN.finditer(machine.log))


async def _judge(hand: Hand, verdict: Verdict) -> None:
    place, load = hand.place, hand.load
    seconds = await drained(place, DRAIN_SECONDS)
    verdict.expect(
        say("积压自行消化,无人插手", "the backlog drained with nobody's hand"),
        seconds is not None,
        f"{seconds:.1f} s" if seconds is not None else f"not within {DRAIN_SECONDS:.0f} s",
    )
    for what, ok, found in hand.promises:
        verdict.expect(what, ok, found)
    await verdict.judge()
    hand.counted |= {
        "longest_gap_s": round(load.longest_gap, 1),
        "drain_s": round(seconds, 1) if seconds is not None else None,
        "redelivered": redelivered(place),
        "sent_again": load.sent - load.acknowledged,
        "processes_restarted": place.said(RESTARTED),
    }
