"""Ends a worker that no longer works: a thread of its own, because what it watches may stand still altogether.

It counts its own ticks, not seconds of the clock: a process that was frozen for a minute has not stalled.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from hub.engine.cluster.lag import Lag

TICK_SECONDS: Final = 2.0
STALLED: Final = 71
"""The exit code."""


@dataclass(slots=True)
class Signs:
    """What the worker's loop shows of itself; written by the loop, read by the thread."""

    beats: int = 0
    """grows with every turn in which the loop came round to look"""
    lag: Lag | None = None
    """None where the broker cannot be asked"""
    excused: bool = False
    """waits for a database that is away"""


class Judge:
    """Looks at the signs once a tick; says why the worker has to end, or nothing."""

    def __init__(self, signs: Signs, ticks: int) -> None:
        self._signs = signs
        self._ticks = ticks
        self._beats = -1
        self._deaf = 0
        self._committed = -1
        self._still = 0

    def look(self) -> str:
        """The reason to end, or an empty text."""
        signs = self._signs
        self._deaf = self._deaf + 1 if signs.beats == self._beats else 0
        self._beats = signs.beats
        if self._deaf >= self._ticks:
            return f"the loop has not come round for {self._deaf} ticks"
        lag = signs.lag
        if lag is None or signs.excused or not lag.waiting or lag.committed != self._committed:
            self._still = 0
        else:
            self._still += 1
        if lag is not None:
            self._committed = lag.committed
        if self._still >= self._ticks:
            return f"no commit for {self._still} ticks while {lag.waiting if lag else 0} messages wait"
        return ""


def watch(signs: Signs, seconds: float, end: Callable[[int, str], NoReturn]) -> threading.Event:
    """Starts the watch; setting what it returns ends it."""
    stop = threading.Event()
    judge = Judge(signs, max(2, round(seconds / TICK_SECONDS)))

    def run() -> None:
        while not stop.wait(TICK_SECONDS):
            if why := judge.look():
                end(STALLED, why)

    threading.Thread(target=run, name="watchdog", daemon=True).start()
    return stop
