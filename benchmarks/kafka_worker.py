"""One Faust worker to measure, in a process of its own: with the real ledger, or doing nothing with what it takes.

`python -m benchmarks.kafka_worker HUB_FILE NAME UNITS|-`. Prints a line for each taking: submissions, the moment
(seconds of the machine's monotonic clock) and the CPU seconds of this process so far; the first line is where the first
taking began.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.config import load_units
from hub.engine.cluster.batches import AT_ONCE
from hub.engine.cluster.poison import Place
from hub.engine.cluster.records import unpack
from hub.engine.cluster.taking import Taker
from hub.engine.cluster.topics import topics_of
from hub.engine.cluster.worker import run_app, worker_app
from hub.hubfile import load_hub
from hub.ledger.postgres import open_ledger
from hub.ledger.rules import rules_of
from hub.processes.memory import settle
from hub.security.vault import Vault

BATCH = 200


class Counted:
    """Takes what Faust brings, and says so."""

    def __init__(self, dsn: str, name: str, units: Path | None) -> None:
        self._dsn = dsn
        self._name = name
        self._units = units
        self._taker: Taker | None = None
        self._opening = asyncio.Lock()
        self._open = False
        self._said = 0

    async def __call__(self, messages: Sequence[tuple[bytes | None, Place]]) -> None:
        """One taking."""
        async with self._opening:
            if not self._open:
                await self._begin()
        if self._taker is None:
            taken = sum(len(unpack(value)) for value, _ in messages)
        else:
            await self._taker.take(messages)
            done = self._taker.progress.submissions
            taken, self._said = done - self._said, done  # two takings may be under way
        _say(taken)

    async def _begin(self) -> None:
        self._open = True
        if self._units is not None:
            rules = {unit.unit.id: rules_of(unit) for unit in load_units(self._units)}
            ledger = await open_ledger(self._dsn, rules, owner=self._name, connections=AT_ONCE)
            settle()
            self._taker = Taker(ledger, Vault([bytes(range(32))]), lambda: datetime.now(UTC), BATCH, 30.0)
        _say(0)


def _say(taken: int) -> None:
    print(taken, time.monotonic(), time.process_time(), flush=True)


def main() -> None:
    """Runs until it is killed."""
    file, name, units = sys.argv[1:]
    hub = load_hub(Path(file))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    take = Counted(hub.dsn(), name, None if units == "-" else Path(units))
    with TemporaryDirectory(prefix="billhub-bench-") as folder:
        run_app(worker_app(hub, topics_of(hub.kafka), name, Path(folder), take), loop, sys.exit)


if __name__ == "__main__":
    main()
