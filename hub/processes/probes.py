"""What a process that serves pages says of its machine: asked of the parent's board, and of the ledger beside it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hub.engine.embedded.home import Home
from hub.errors import Fault
from hub.ledger.faults import NO_NUMBERS
from hub.ledger.looking import Window
from hub.ledger.reader import Reader
from hub.ledger.vitals import figures, pulse
from hub.metrics.catalogue import OWN
from hub.metrics.catalogue_ledger import LEDGER
from hub.metrics.catalogue_machine import MACHINE
from hub.metrics.checks import MESSAGES, document
from hub.metrics.faults import PARENT_GONE
from hub.metrics.meter import Row
from hub.metrics.text import text
from hub.processes.board import Posted, ask
from hub.processes.figures import alarm_rows, book_rows, ledger_rows, pause_rows

log = logging.getLogger("billhub.probes")

WAIT_SECONDS: Final = 2.0
"""How long a scrape waits for what is counted beside it; what comes later is shown the next time."""
REST: Final = 100
"""After books that took a second to count come a hundred in which they are not counted."""
REST_SECONDS: Final = 1.0


class Counted:
    """Rows that take long to count: beside the loop, one count at a time, seldom enough to cost nothing."""

    def __init__(self, count: Callable[[], list[Row]], rest: float) -> None:
        self._count = count
        self._rest = rest
        self._rows: list[Row] = []
        self._next = 0.0
        self._counting: threading.Thread | None = None

    async def rows(self) -> list[Row]:
        """As they were last counted; where it is time, they are counted anew, and waited for a little."""
        if self._counting is None and time.monotonic() >= self._next:
            self._counting = threading.Thread(target=self._run, daemon=True)
            self._counting.start()
        until = time.monotonic() + WAIT_SECONDS
        while self._counting is not None and time.monotonic() < until:  # noqa: ASYNC110  (a thread, and a bounded wait)
            await asyncio.sleep(0.01)
        return self._rows

    def _run(self) -> None:
        began = time.monotonic()
        try:
            self._rows = self._count()
        except Fault as fault:
            log.warning("the metrics of the ledger are not known: %s", fault)
        finally:
            took = time.monotonic() - began
            self._next = time.monotonic() + max(REST_SECONDS, took * self._rest)
            self._counting = None


class Probes:
    """Of one process. `window`: a way into the ledger, where the parent does not look at it."""

    def __init__(self, home: Home, reader: Reader, adapters: Mapping[str, str], window: Window | None = None) -> None:
        self._home = home
        self._adapters = adapters
        self._books = Counted(lambda: self._counted(reader), REST)
        self._window = window
        self._figures = Counted(self._looked, 10)

    async def ready(self, purpose: str) -> dict[str, Any]:
        """See `hub.api.probes`."""
        posted = await ask(self._home.folder)
        if posted is None:
            return document([("parent", PARENT_GONE(), datetime.now(UTC))])
        return posted.messages if purpose == MESSAGES else posted.ready

    async def metrics(self) -> str:
        """The whole page."""
        posted, books = await asyncio.gather(ask(self._home.folder), self._books.rows())
        ledger = await self._figures.rows() if self._window is not None else []
        return page(posted, [*ledger, *books])

    def _counted(self, reader: Reader) -> list[Row]:
        paused = pause_rows(reader.pauses())
        return [*book_rows(reader.books(), time.time()), *paused, *alarm_rows(reader.alarms())]

    def _looked(self) -> list[Row]:
        assert self._window is not None
        seen, counted = pulse(self._window, NO_NUMBERS.code), figures(self._window)
        return ledger_rows(seen, counted, self._adapters, datetime.now(UTC))


def page(posted: Posted | None, more: list[Row]) -> str:
    """A machine's metrics."""
    if posted is None:
        return text(LEDGER, more)
    return text(MACHINE, posted.machine) + text(OWN, posted.own, ("role",)) + text(LEDGER, [*posted.ledger, *more])
