"""Binds a new process to the one that starts it: the kernel ends it with its parent, however that ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
"""<linux/prctl.h>"""


def die_with_parent() -> Callable[[], None] | None:
    """What a new process does before it becomes a child (`preexec_fn`); None where the system has no such thing.

    A child that has a link to its parent notices by itself; one that is still starting would hold the parent's ports
    meanwhile, and one without a link would run for ever. It must be started from the parent's main thread: the kernel
    watches the thread, not the process.
    """
    if sys.platform != "linux":
        return None
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:  # it was too late to ask
            os._exit(1)

    return ask
