"""The ways a door reaches the ledger: over a link to the core's process, or by a call within it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

from hub.engine.embedded.core import Core
from hub.engine.embedded.frames import Link, Settled, Submit, Verdicts
from hub.engine.faults import CORE_GONE
from hub.errors import fault_from
from hub.ledger.records import FaultRecord, Submission, Verdict
from hub.tracing.spans import TRACES


class LinkCounter:
    """Submits over a link; frames gather while the last one is under way."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._seq = itertools.count(1)
        self._asked: dict[int, asyncio.Future[list[Verdict]]] = {}
        self._watched: dict[int, asyncio.Future[None]] = {}

    async def submit(
        self, submissions: Sequence[Submission], watch: bool
    ) -> tuple[list[Verdict], asyncio.Future[None] | None]:
        """See `hub.engine.desk.Counter`."""
        seq = next(self._seq)
        loop = asyncio.get_running_loop()
        asked: asyncio.Future[list[Verdict]] = loop.create_future()
        settled: asyncio.Future[None] | None = loop.create_future() if watch else None
        self._asked[seq] = asked
        if settled is not None:
            self._watched[seq] = settled
            settled.add_done_callback(lambda _: self._watched.pop(seq, None))
        headers = TRACES.carried(submissions) if TRACES.on else []
        self._link.send(Submit(seq, list(submissions), watch, headers))
        try:
            return await asked, settled
        finally:
            self._asked.pop(seq, None)

    def answered(self, frame: Verdicts) -> None:
        """Verdicts came in."""
        asked = self._asked.get(frame.seq)
        if asked is None or asked.done():
            return
        if frame.fault is not None:
            asked.set_exception(_fault(frame.fault))
        else:
            asked.set_result(frame.verdicts)

    def settled(self, frame: Settled) -> None:
        """None of a watched delivery's bills is due any more."""
        watched = self._watched.get(frame.seq)
        if watched is not None and not watched.done():
            watched.set_result(None)

    def lost(self) -> None:
        """The core is gone: whoever waits is told to come again."""
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(CORE_GONE())


class CallCounter:
    """Submits within the core's own process."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def submit(
        self, submissions: Sequence[Submission], watch: bool
    ) -> tuple[list[Verdict], asyncio.Future[None] | None]:
        """See `hub.engine.desk.Counter`."""
        loop = asyncio.get_running_loop()
        asked: asyncio.Future[list[Verdict]] = loop.create_future()
        settled: asyncio.Future[None] | None = loop.create_future() if watch else None

        def answer(verdicts: Sequence[Verdict], fault: FaultRecord | None) -> None:
            if asked.done():
                return
            if fault is not None:
                asked.set_exception(_fault(fault))
            else:
                asked.set_result(list(verdicts))

        def done() -> None:
            if settled is not None and not settled.done():
                settled.set_result(None)

        if TRACES.on:
            TRACES.came(submissions, TRACES.carried(submissions))
        self._core.submit(list(submissions), answer, done if watch else None)
        return await asked, settled


def _fault(fault: FaultRecord) -> Exception:
    return fault_from(fault.code, fault.where, **fault.values)
