"""Where issuers sit: processes behind a link, or, in a single process, one thread beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from hub.engine.embedded.core import Core
from hub.engine.embedded.frames import Handout, Link, Stored
from hub.issuing.local import LocalIssuer
from hub.ledger.records import Issued, NotIssued, Work
from hub.tracing.spans import TRACES


class LinkSeat:
    """An issuer process."""

    def __init__(self, link: Link, capacity: int) -> None:
        self._link = link
        self.capacity = capacity
        self.busy: set[str] = set()

    def hand(self, work: list[Work]) -> None:
        """Sends bills to sign."""
        self._link.send(Handout(work))

    def stored(self, bills: list[str]) -> None:
        """Tells it."""
        self._link.send(Stored(bills))


class ThreadSeat:
    """An issuer in this process: OpenSSL signs with the interpreter's lock released."""

    def __init__(self, core: Core, issuer: Callable[[], LocalIssuer], capacity: int = 32) -> None:
        self._core = core
        self._issuer = issuer
        self._pool = ThreadPoolExecutor(1, "issuer")
        self.capacity = capacity
        self.busy: set[str] = set()

    def hand(self, work: list[Work]) -> None:
        """Signs in the thread; the bills come back on the loop."""
        if TRACES.on:
            TRACES.leased(work)
        loop = asyncio.get_running_loop()
        signed = loop.run_in_executor(self._pool, self._issuer().issue, work)
        signed.add_done_callback(self._back)

    def _back(self, signed: asyncio.Future[tuple[list[Issued], list[NotIssued]]]) -> None:
        issued: Sequence[Issued]
        issued, failed = signed.result()
        self._core.signed(self, issued, failed, TRACES.signed(issued) if TRACES.on else ())

    def stored(self, bills: list[str]) -> None:
        """Tells their spans."""
        TRACES.stored(bills)

    def close(self) -> None:
        """Ends the thread after what it has in hand."""
        self._pool.shutdown()
