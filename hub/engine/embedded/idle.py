"""What the core does while nothing waits: the ledger tidies up a little at a time, and bodies whose time is over go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.errors import Fault
from hub.ledger.sqlite import SqliteLedger

log = logging.getLogger("billhub.core")

TIDY_SECONDS: Final = 0.05
"""How long the core has nothing to do before the ledger tidies up."""

RETIRE_SECONDS: Final = 3600.0
"""How often it looks for bodies whose time is over."""


@dataclass(slots=True)
class Idle:
    """`busy` says whether something waits after all; `keep_days` is how long a body is kept that is behind no bill."""

    ledger: SqliteLedger
    clock: Callable[[], datetime]
    keep_days: int
    busy: Callable[[], bool]
    _next: asyncio.TimerHandle | None = None
    _retire_at: float = 0.0

    def begin(self) -> None:
        """Nothing is to do."""
        if self._next is None:
            self._later()

    def _later(self) -> None:
        self._next = asyncio.get_running_loop().call_later(TIDY_SECONDS, self._tidy)

    def _tidy(self) -> None:
        self._next = None
        if self.busy():
            return
        try:
            more = self.ledger.tidy()
        except Fault as fault:
            log.warning("%s", fault)
            return
        if more:
            self._later()
        elif asyncio.get_running_loop().time() >= self._retire_at:
            self._retire()

    def _retire(self) -> None:
        """Bodies whose time is over go, a few at a time."""
        try:
            more = self.ledger.retire(self.clock(), self.keep_days)
        except Fault as fault:
            log.warning("%s", fault)
            more = False
        self._retire_at = asyncio.get_running_loop().time() + (0.0 if more else RETIRE_SECONDS)
        if more:
            self._later()
