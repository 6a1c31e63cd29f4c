"""A door process of a cluster: parses, verifies, maps, seals, and answers when Kafka has acknowledged."""

from __future__ import annotations

import asyncio
import logging
import socket
import time

from hub.engine.cluster.connection import client_options
from hub.engine.cluster.counter import KafkaCounter
from hub.engine.cluster.producer import SteadyProducer
from hub.engine.cluster.topics import topics_of
from hub.engine.desk import Desk
from hub.engine.embedded.commands import closed_of
from hub.engine.intake import Intake
from hub.engine.quota import Gate
from hub.engine.refusals import Kept
from hub.errors import Config, Retry
from hub.ledger.port import Listener, SharedLedger
from hub.ledger.postgres import open_listener
from hub.processes.cluster.child import ClusterChild, run_cluster_child
from hub.processes.cluster.looking import cluster_app, late_reader
from hub.processes.door import OpenDoors

log = logging.getLogger("billhub.door")

DRAIN_SECONDS = 6.0
PAUSE_SECONDS = 1.0
"""How soon a door sees that a unit was paused."""


async def follow_pauses(child: ClusterChild, ledger: SharedLedger, gate: Gate) -> None:
    """Closes and opens units' doors as they are paused and resumed; without a database, as it last was."""
    while not child.stopping.is_set():
        try:
            gate.closed = frozenset(closed_of(await ledger.pauses()))
        except Retry as fault:
            log.debug("%s", fault)
        await child.rest(PAUSE_SECONDS)


async def listening(child: ClusterChild, counter: KafkaCounter, gate: Gate) -> tuple[SharedLedger, Listener] | None:
    """Hears of verdicts as soon as there is a database; until then doors serve who need none."""

    async def opened() -> tuple[SharedLedger, Listener]:
        ledger = await child.opened()
        listener = open_listener(child.hub.dsn(), ledger)
        await listener.start()
        return ledger, listener

    try:
        found = await child.patiently(opened)
    except Config as fault:  # it came back, and does not do: the hub ends with that word, and is started anew
        child.refuse(fault)
        return None
    if found is not None:
        counter.listener = found[1]
        await follow_pauses(child, found[0], gate)
    return found


async def main(child: ClusterChild) -> None:
    """Runs a door process."""
    plan, hub = child.plan, child.hub
    topics = topics_of(hub.kafka)
    producer = SteadyProducer(client_options(hub), topics.largest, child.denied)
    await producer.start_or_later()
    counter = KafkaCounter(producer, topics, child.vault, None, float(hub.roles.door.ack_seconds))
    kept = Kept(hub.retention.refused_a_day)
    gate = Gate(time.monotonic)
    gate.change(child.units, hub.quota)
    desk = Desk(Intake(child.units, child.vault, kept), counter, late_reader(child), aside=True, gate=gate)
    app = cluster_app(child)

    def reload() -> None:
        desk.change(Intake(child.units, child.vault, kept))
        gate.change(child.units, hub.quota)
        app.forget()

    child.on_reload = reload
    hears = asyncio.create_task(listening(child, counter, gate))
    doors = OpenDoors(desk, app)
    http = socket.socket(fileno=plan.http) if plan.http >= 0 else None
    mllp = {source: socket.socket(fileno=handle) for source, handle in plan.mllp.items()}
    await doors.open(http, mllp, plan.folders)
    child.ready()
    await child.stopping.wait()
    await doors.close(DRAIN_SECONDS)
    await counter.close(1.0)
    await producer.close()
    found = await hears
    if found is not None:
        await found[1].close()
        await found[0].close()


if __name__ == "__main__":
    run_cluster_child("door", main)
