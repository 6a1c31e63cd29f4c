"""An issuer of a cluster: leases due bills from the ledger, signs them, and brings them back with the next question."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from random import SystemRandom
from typing import Final

from hub.errors import Retry
from hub.issuing.local import LocalIssuer
from hub.issuing.units import units_issuing
from hub.ledger.port import SharedLedger
from hub.ledger.records import Batch, Issued, NotIssued
from hub.metrics.catalogue import ISSUED, NOT_ISSUED
from hub.processes.cluster.child import AGAIN_SECONDS, ClusterChild, run_cluster_child
from hub.tracing.spans import TRACES

log = logging.getLogger("billhub.issuer")

IDLE_SECONDS: Final = 0.04
"""How long an issuer rests when nothing is due."""
RETIRE_SECONDS: Final = 600.0
"""How often it looks for bodies whose time is over."""
TIDY_SECONDS: Final = 5.0
"""How often it does the ledger's housekeeping then: the journal's days to come, the search hashes in their order."""


def issuer_of(child: ClusterChild) -> LocalIssuer:
    """A local issuer for the child's units.

    Raises:
        Config: a unit without a usable key.
    """
    return LocalIssuer(units_issuing(child.units), child.vault, SystemRandom(), lambda: datetime.now(UTC))


async def main(child: ClusterChild) -> None:
    """Runs an issuer process."""
    issuer = issuer_of(child)
    child.ready()
    ledger = await child.leasing()
    if ledger is None:
        return

    def reload() -> None:
        nonlocal issuer
        issuer = issuer_of(child)
        ledger.change_rules(child.rules)

    child.on_reload = reload
    issued: list[Issued] = []
    failed: list[NotIssued] = []
    loop = asyncio.get_running_loop()
    tidy_at = retire_at = loop.time()
    while not child.stopping.is_set() or issued or failed:
        want = 0 if child.stopping.is_set() else child.hub.roles.issuer.batch
        try:
            result = await ledger.apply(Batch(issued=issued, not_issued=failed), datetime.now(UTC), want)
        except Retry as fault:
            if child.stopping.is_set():
                break  # the leases run out, and others sign the same bills under the same numbers
            log.warning("%s", fault)
            await asyncio.sleep(AGAIN_SECONDS)
            continue
        ISSUED.add(len(result.issued))
        if TRACES.on:
            TRACES.stored(result.issued)
        for bill in failed:
            NOT_ISSUED.add(1, bill.fault.code)
        issued, failed = [], []
        if result.work:
            if TRACES.on:
                TRACES.leased(result.work)
            issued, failed = await asyncio.to_thread(issuer.issue, result.work)
            if TRACES.on:
                TRACES.signed(issued)
        elif loop.time() >= tidy_at:
            tidy_at = loop.time() + await _tidied(ledger)
            if loop.time() >= retire_at:
                retire_at = loop.time() + await _retired(ledger, child.hub.retention.days)
        else:
            await child.rest(IDLE_SECONDS)
    await ledger.close()


async def _retired(ledger: SharedLedger, days: int) -> float:
    """Drops some bodies whose time is over; returns the seconds until the next try."""
    try:
        more = await ledger.retire(days)
    except Retry as fault:
        log.warning("%s", fault)
        return RETIRE_SECONDS
    return TIDY_SECONDS if more else RETIRE_SECONDS


async def _tidied(ledger: SharedLedger) -> float:
    """Takes one small step of housekeeping; returns the seconds until the next."""
    try:
        more = await ledger.tidy(datetime.now(UTC))
    except Retry as fault:
        log.warning("%s", fault)
        return TIDY_SECONDS
    return 0.0 if more else TIDY_SECONDS


if __name__ == "__main__":
    run_cluster_child("issuer", main)
