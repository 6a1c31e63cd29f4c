"""A relay of a cluster: leases effects from the outbox, calls the outside, and brings what it answered to the ledger.

The calls and their rules are the embedded relay's; only where the rows come from, and where results go, differs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.delivery.http import Caller
from hub.delivery.relay import TURN, Kind, Relay
from hub.engine.embedded.frames import Frame, Sent
from hub.engine.platforms import platforms_of
from hub.errors import Retry
from hub.ledger.port import SharedLedger
from hub.ledger.postgres import open_reader
from hub.ledger.reader import Reader
from hub.ledger.reading.effects import Paper
from hub.ledger.records import Batch
from hub.processes.archiving import archiver_of, hold_back, of_hub
from hub.processes.cluster.child import AGAIN_SECONDS, ClusterChild, run_cluster_child
from hub.processes.relay import LinkResults, askers, lazily

log = logging.getLogger("billhub.relay")

IDLE_SECONDS: Final = 0.5
GATHER_SECONDS: Final = 0.2
"""Answers of so long are stored in one transaction; as much is asked for again at most where a relay dies."""
UNTOUCHED: Final = timedelta(seconds=1)
"""When a row is due again that was leased and not tried: what it waits for is not there yet."""


class Round:
    """The rows of one turn, leased before it; see `hub.delivery.relay.Outbox`. Documents come from the reader."""

    def __init__(self, ledger: SharedLedger, reader: Reader) -> None:
        self._ledger = ledger
        self._reader = reader
        self._rows: dict[str, list[dict[str, Any]]] = {}

    async def lease(self, now: datetime, without: Collection[str]) -> None:
        """Takes what is due; bills of no unit `without`."""
        self._rows = {
            "ask": await self._ledger.outbox("ask", TURN, now),
            "confirm": await self._ledger.outbox("confirm", TURN, now, without),
        }

    def outbox(
        self,
        kind: Kind,
        now: datetime,  # noqa: ARG002  (the port's)
        limit: int,  # noqa: ARG002
        without: Collection[str] = (),  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        """The rows that were leased."""
        return self._rows.get(kind, [])

    def papers(self, bill_ids: Sequence[str]) -> dict[str, Paper]:
        """What goes to the platform."""
        return self._reader.papers(bill_ids)

    def untouched(self, touched: AbstractSet[object]) -> list[int]:
        """Rows of which nothing was told."""
        return [row["id"] for rows in self._rows.values() for row in rows if not {row["id"], row["subject"]} & touched]


class Carried:
    """What a turn told, on its way to the ledger."""

    def __init__(self) -> None:
        self._told: list[Sent] = []
        self.touched: set[object] = set()
        """rows and bills that something was told of"""

    def send(self, frame: Frame) -> None:
        """Keeps it."""
        if isinstance(frame, Sent):
            self._told.append(frame)
            self.touched |= {bill.bill_id for bill in frame.confirmed} | {row for row, *_ in frame.later}
            self.touched |= set(frame.done)

    def take(self) -> Sent:
        """What came since the last taking, in one."""
        told, self._told = self._told, []
        return Sent(
            [bill for frame in told for bill in frame.confirmed],
            [message for frame in told for message in frame.submissions],
            [row for frame in told for row in frame.done],
            [row for frame in told for row in frame.later],
        )


class Results(LinkResults):
    """The embedded relay's, except that a turn has not to wait until what it told is durable: its rows are leased."""

    async def flush(self) -> None:
        """Nothing: see `bring`."""


async def bring(ledger: SharedLedger, told: Sent) -> None:
    """Writes what a turn told. Done twice it does no harm.

    Raises:
        Retry: the database is away; do it again.
    """
    if told.confirmed or told.submissions:
        await ledger.apply(Batch(submissions=told.submissions, confirmed=told.confirmed), datetime.now(UTC))
    if told.done:
        await ledger.outbox_done(told.done)
    if told.later:
        await ledger.outbox_later([(id_, datetime.fromisoformat(at), fault) for id_, at, fault in told.later])


async def main(child: ClusterChild) -> None:
    """Runs a relay process."""
    trust = child.hub.file(child.hub.keys.trust)
    platforms = platforms_of(child.units, trust)
    child.ready()
    ledger = await child.leasing()
    if ledger is None:
        return
    carried = Carried()
    results = Results(carried, child.vault, lazily(child.units, child.vault))
    rows = Round(ledger, open_reader(child.hub.dsn(writes=False), child.vault))
    relay = Relay(rows, results, platforms, askers(results), ending=child.stopping.is_set)

    def reload() -> None:
        results.intake = lazily(child.units, child.vault)
        relay.platforms = platforms_of(child.units, trust)
        ledger.change_rules(child.rules)

    child.on_reload = reload
    archive = of_hub(child.hub)
    archiving = None
    if archive is not None:
        look = open_reader(child.hub.dsn(), child.vault)
        archiver = archiver_of(archive, look, child.vault)
        hold_back(relay, archive, archiver)
        archiving = asyncio.create_task(archiver.run())
    async with Caller() as caller:
        while not child.stopping.is_set():
            try:
                await rows.lease(datetime.now(UTC), relay.left_alone())
                carried.touched.clear()
                turn = asyncio.create_task(relay.turn(caller))
                while True:
                    done, _ = await asyncio.wait((turn,), timeout=GATHER_SECONDS)
                    await _surely(child, ledger, carried.take())
                    if done:
                        break
                busy = turn.result()
                if untouched := rows.untouched(carried.touched):
                    await ledger.outbox_back(untouched, datetime.now(UTC) + UNTOUCHED)
            except Retry as fault:
                log.warning("%s", fault)
                busy = False
            if not busy:
                await child.rest(IDLE_SECONDS)
    if archiving is not None:
        archiving.cancel()
    await ledger.close()


async def _surely(child: ClusterChild, ledger: SharedLedger, told: Sent) -> None:
    """What the outside answered is not asked for twice because the database was away for a moment."""
    while True:
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
