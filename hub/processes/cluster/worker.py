"""A worker process: Faust on asyncio's own loop (on uvloop it does not survive a broker's restart)."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.engine.cluster.neighbours import client_of
from hub.engine.cluster.poison import Place
from hub.engine.cluster.taking import DATABASE_AWAY, UNUSABLE, LastingError, Progress, Taker
from hub.engine.cluster.topics import topics_of
from hub.engine.cluster.watchdog import Signs, watch
from hub.engine.cluster.worker import await_rights, end, run_app, show_signs, worker_app
from hub.errors import Config, Retry
from hub.ledger.port import SharedLedger
from hub.ledger.records import record
from hub.metrics.catalogue import COMMIT_FAILURES
from hub.processes.cluster.child import AGAIN_SECONDS, ClusterChild, Word, prepare, say
from hub.processes.plan import plan_from_environment
from hub.tracing.spans import TRACES

log = logging.getLogger("billhub.worker")


class LateTaker:
    """Opens the ledger with the first messages, and waits for it as long as for any later failure of it."""

    def __init__(self, child: ClusterChild) -> None:
        self._child = child
        self._taker: Taker | None = None
        self._opening = asyncio.Lock()
        self.ledger: SharedLedger | None = None

    async def __call__(self, messages: Sequence[tuple[bytes | None, Place]]) -> None:
        """Takes messages in."""
        if self._taker is None:
            async with self._opening:
                if self._taker is None:
                    self._taker = await self._open()
        await self._taker.take(messages)

    def progress(self) -> Progress | None:
        """What has been done; None before the first message came."""
        if self._taker is None:
            return Progress(waiting_for_database=True) if self._opening.locked() else None
        return self._taker.progress

    def change(self) -> None:
        """The units were read anew."""
        if self.ledger is not None:
            self.ledger.change_rules(self._child.rules)

    async def close(self) -> None:
        """Closes the ledger."""
        if self.ledger is not None:
            await self.ledger.close()

    async def _open(self) -> Taker:
        child, role = self._child, self._child.hub.roles.worker
        loop = asyncio.get_running_loop()
        until = loop.time() + role.patience_seconds
        while True:
            try:
                self.ledger = await child.opened()
            except Retry as fault:
                COMMIT_FAILURES.add(1, fault.code.code)
                if loop.time() > until:
                    raise LastingError(DATABASE_AWAY, str(fault)) from fault
                log.warning("%s", fault)
                await asyncio.sleep(AGAIN_SECONDS)
            except Config as fault:
                say(child.plan, Word(os.getpid(), child.role, record(fault)))
                raise LastingError(UNUSABLE, str(fault)) from fault
            else:
                return Taker(
                    self.ledger, child.vault, lambda: datetime.now(UTC), role.batch, float(role.patience_seconds)
                )


def run() -> None:
    """Runs a worker process by the plan in its environment."""
    prepare()
    try:
        child = ClusterChild("worker")
    except Config as fault:
        say(plan_from_environment(), Word(os.getpid(), "worker", record(fault)))
        sys.exit(3)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    take = LateTaker(child)
    child.on_reload = take.change
    topics = topics_of(child.hub.kafka)
    signs = Signs()
    with TemporaryDirectory(prefix="billhub-") as folder:
        app = worker_app(child.hub, topics, child.name, Path(folder), take, client_of(child.plan.database))

        @app.task  # type: ignore[untyped-decorator]
        async def look() -> None:
            loop.add_signal_handler(signal.SIGHUP, child.reload)
            child.showing.begin()
            await show_signs(child.hub, topics, app, signs, take.progress)

        child.ready()
        stop = watch(signs, child.hub.roles.worker.stall_seconds, end)

        def denied() -> None:
            stop.set()
            await_rights(child.hub, topics, child.denied)

        try:
            run_app(app, loop, denied)
        finally:
            stop.set()
            TRACES.end()
            child.showing.last()


if __name__ == "__main__":
    run()
