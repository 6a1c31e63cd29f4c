"""A relay of a cluster: leases effects from the outbox, calls the outside, and brings what it answered to the ledger.

The calls and their rules are the embedded relay's; only where the rows come from, and where results go, differs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.adapter import Asker
from hub.delivery.http import Caller
from hub.delivery.relay import TURN, Relay
from hub.engine.embedded.frames import Frame, Sent
from hub.engine.intake import Intake
from hub.engine.platforms import platforms_of
from hub.errors import Retry
from hub.ledger.port import SharedLedger
from hub.ledger.postgres import open_reader
from hub.ledger.reader import Reader
from hub.ledger.records import Batch
from hub.processes.archiving import archiver_of, hold_back, of_hub
from hub.processes.cluster.child import AGAIN_SECONDS, ClusterChild, run_cluster_child
from hub.processes.relay import LinkResults, count

log = logging.getLogger("billhub.relay")

IDLE_SECONDS: Final = 0.5
UNTOUCHED: Final = timedelta(seconds=1)
"""When a row is due again that was leased and not tried, because its platform is being left alone."""


class Round:
    """The rows of one turn, leased before it; see `hub.delivery.relay.Outbox`. Documents come from the reader."""

    def __init__(self, ledger: SharedLedger, reader: Reader) -> None:
        self._ledger = ledger
        self._reader = reader
        self._rows: dict[str, list[dict[str, Any]]] = {}

    async def lease(self, now: datetime) -> None:
        """Takes what is due."""
        self._rows = {kind: await self._ledger.outbox(kind, TURN, now) for kind in ("ask", "confirm")}

    def outbox(self, kind: str, now: datetime, limit: int) -> list[dict[str, Any]]:  # noqa: ARG002  (the port's)
        """The rows that were leased."""
        return self._rows.get(kind, [])

    def document(self, bill_id: str, form: str) -> bytes | None:
        """A bill's document."""
        return self._reader.document(bill_id, form)

    def number_of(self, bill_id: str) -> tuple[str, str]:
        """Bill code and number."""
        return self._reader.number_of(bill_id)

    def untouched(self, told: Sequence[Frame]) -> list[int]:
        """Rows of which nothing was told."""
        done: set[object] = set()
        for frame in told:
            if isinstance(frame, Sent):
                done |= {bill.bill_id for bill in frame.confirmed} | {row for row, *_ in frame.later} | set(frame.done)
        return [row["id"] for rows in self._rows.values() for row in rows if not {row["id"], row["subject"]} & done]


class Carried:
    """What a turn told; it goes to the ledger when the turn is over."""

    def __init__(self) -> None:
        self.told: list[Frame] = []

    def send(self, frame: Frame) -> None:
        """Keeps it."""
        self.told.append(frame)


class Results(LinkResults):
    """The embedded relay's, except that a turn has not to wait until what it told is durable: its rows are leased."""

    async def flush(self) -> None:
        """Nothing: see `bring`."""


async def bring(ledger: SharedLedger, told: Sequence[Frame]) -> None:
    """Writes what a turn told. Done twice it does no harm.

    Raises:
        Retry: the database is away; do it again.
    """
    for frame in told:
        if not isinstance(frame, Sent):
            continue
        count(frame)
        if frame.confirmed or frame.submissions:
            await ledger.apply(Batch(submissions=frame.submissions, confirmed=frame.confirmed), datetime.now(UTC))
        if frame.done:
            await ledger.outbox_done(frame.done)
        for id_, due_at, fault in frame.later:
            await ledger.outbox_later(id_, datetime.fromisoformat(due_at), fault)


async def main(child: ClusterChild) -> None:
    """Runs a relay process."""
    trust = child.hub.file(child.hub.keys.trust)
    platforms = platforms_of(child.units, trust)
    child.ready()
    ledger = await child.leasing()
    if ledger is None:
        return
    carried = Carried()
    results = Results(carried, child.vault, Intake(child.units, child.vault))

    def asker(unit: str, source: str) -> Asker | None:
        found = results.intake.sources.get(f"{unit}/{source}")
        return found.source if found is not None and isinstance(found.source, Asker) else None

    rows = Round(ledger, open_reader(child.hub.dsn(writes=False), child.vault))
    relay = Relay(rows, results, platforms, asker)

    def reload() -> None:
        results.intake = Intake(child.units, child.vault)
        relay.platforms = platforms_of(child.units, trust)
        ledger.change_rules(child.rules)

    child.on_reload = reload
    archive = of_hub(child.hub)
    archiving = None
    if archive is not None:
        look = open_reader(child.hub.dsn(), child.vault)
        archiver = archiver_of(archive, look, child.vault)
        hold_back(relay, archive, archiver, look)
        archiving = asyncio.create_task(archiver.run())
    async with Caller() as caller:
        while not child.stopping.is_set():
            try:
                await rows.lease(datetime.now(UTC))
                busy = await relay.turn(caller)
                told, carried.told = carried.told, []
                await _surely(child, ledger, told)
                later = datetime.now(UTC) + UNTOUCHED
                for id_ in rows.untouched(told):
                    await ledger.outbox_later(id_, later, None)
            except Retry as fault:
                log.warning("%s", fault)
                busy = False
            if not busy:
                await child.rest(IDLE_SECONDS)
    if archiving is not None:
        archiving.cancel()
    await ledger.close()


async def _surely(child: ClusterChild, ledger: SharedLedger, told: Sequence[Frame]) -> None:
    """What the outside answered is not asked for twice because the database was away for a moment."""
    while told:
        try:
            await bring(ledger, told)
        except Retry as fault:
            log.warning("%s", fault)
            if child.stopping.is_set():
                return
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return


if __name__ == "__main__":
    run_cluster_child("relay", main)
