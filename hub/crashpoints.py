"""Named places where the crash tests let a process die at once. Costs a call that does nothing unless asked for.

BILLHUB_CRASH_AT=name, or name:n for the n-th time this process comes by; read once, when the process starts.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Final, Literal

VARIABLE: Final = "BILLHUB_CRASH_AT"

Point = Literal["migrating", "picked_up", "committed", "reserved", "handed", "signed", "brought"]
"""
migrating: a step of a migration is done, its transaction is not committed
picked_up: a file was renamed into the work folder, nobody has read it
committed: a batch is durable, no sender was answered and no bill handed out
reserved: numbers are durably reserved for bills, no issuer has them
handed: an issuer has bills with their numbers, none is signed
signed: the bills are signed, the core does not know
brought: signed bills have come to the core, none is stored

Where issuers are processes of their own, `handed` and `signed` end an issuer, the three of the core end the parent.
"""


def _bound(asked: str) -> Callable[[Point], None]:
    name, _, times = asked.partition(":")
    left = int(times or 1)

    def never(_point: Point) -> None:
        return

    def die(point: Point) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return die if name else never


reach: Final = _bound(os.environ.get(VARIABLE, ""))
"""Says that the process has come to a point."""
