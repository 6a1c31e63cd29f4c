"""How the hub's long-lived processes use the garbage collector: rarely, and never on what is there for good.

A message makes some hundred objects and no cycles: reference counts free them. At the default threshold the collector
would run after every few messages and look at everything in flight.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 50_000
"""Objects made, less those freed, before the youngest generation is looked at."""


def settle() -> None:
    """Called once, when a process is ready: what exists now lives as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
