"""Runs a cluster's roles on this machine: looks at Kafka and the database first, then starts and keeps processes."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from hub.config import UnitConfig, adapters_of, load_units
from hub.doors.server import SocketServer
from hub.engine.cluster.faults import NO_EXTRA
from hub.engine.embedded.home import Home
from hub.errors import Fault, Retry, fault_from
from hub.hubfile import HubConfig, load_hub
from hub.ledger.lock import FolderLock
from hub.ledger.rules import rules_of
from hub.processes.accepted import accept
from hub.processes.archiving import check, of_hub
from hub.processes.bare import serve_probes
from hub.processes.board import Board
from hub.processes.children import Children
from hub.processes.cluster.child import Word, vault_of
from hub.processes.plan import Plan
from hub.processes.ready import say_ready, write_ready
from hub.processes.sockets import Sockets, bind_doors, listen

log = logging.getLogger("billhub")

ROLES: Final = ("door", "worker", "issuer", "relay", "console")
DRAIN_SECONDS: Final = 9.0
NEEDED: Final = ("aiokafka", "faust", "asyncpg", "psycopg")


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """How to run."""

    config: Path
    hub: Path
    data: Path
    roles: tuple[str, ...]
    http: str = "127.0.0.1:8080"
    ready: Path | None = None


def run(options: ClusterOptions) -> None:
    """Runs the roles until SIGTERM or SIGINT.

    Raises:
        Config, Retry: a file, Kafka, the database or an address cannot be used.
    """
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            raise NO_EXTRA(name=name)
    asyncio.run(_run(options))


async def _run(options: ClusterOptions) -> None:
    hub = load_hub(options.hub)
    units = load_units(options.config, hub.regions_file)
    home = Home(options.data)
    home.make()
    lock = FolderLock(home.folder)
    try:
        database = await _look(units, hub, options.roles)
        sockets = None
        if "door" in options.roles or "console" in options.roles:
            sockets = bind_doors(units if "door" in options.roles else (), options.http)
        await _Cluster(options, units, hub, sockets, database).run()
    finally:
        lock.release()


async def _look(units: Sequence[UnitConfig], hub: HubConfig, roles: Sequence[str]) -> str:
    """Everything that would stop a child, found before any is started; the database's name, if it answers."""
    from hub.engine.cluster.connection import client_options
    from hub.engine.cluster.knock import check_writing
    from hub.engine.cluster.neighbours import check_neighbours
    from hub.engine.cluster.topics import check_reading, check_topics
    from hub.ledger.postgres import open_ledger
    from hub.ledger.postgres.naming import database_name
    from hub.tracing import collector as traces

    check_units(units, hub, roles)
    traces.check(hub.collector)
    rules = {unit.unit.id: rules_of(unit) for unit in units}
    database = ""
    try:
        ledger = await open_ledger(hub.dsn(), rules, owner=f"start-{os.getpid()}", connections=1)
        await ledger.close()
        database = await database_name(hub.dsn())
    except Retry as fault:
        if "door" not in roles:
            raise
        log.warning("%s; doors open without it, for senders who need no verdict", fault)
    if "door" in roles or "worker" in roles:
        topics = await check_topics(hub)
        if database:
            await check_neighbours(hub, topics, database)
        if "door" in roles:
            await check_writing(client_options(hub), topics)
        if "worker" in roles:
            await check_reading(hub, topics)
    return database


def check_units(units: Sequence[UnitConfig], hub: HubConfig, roles: Sequence[str]) -> None:
    """Opens everything the processes will open of these units.

    Raises:
        Config: what is wrong, as it would be at start.
    """
    from hub.engine.intake import Intake
    from hub.engine.platforms import platforms_of
    from hub.issuing.units import units_issuing

    Intake(units, vault_of(hub))
    if "issuer" in roles:
        units_issuing(units)
    if "relay" in roles:
        check(of_hub(hub), vault_of(hub))
        platforms_of(units, hub.file(hub.keys.trust))


class _Cluster:
    def __init__(
        self, options: ClusterOptions, units: list[UnitConfig], hub: HubConfig, sockets: Sockets | None, database: str
    ) -> None:
        self._options = options
        self._units = units
        self._hub = hub
        self._database = database
        self._sockets = sockets
        self._home = Home(options.data)
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._fault: Fault | None = None
        from hub.processes.cluster.watch import Watch, checks_of

        self._signs = Board("parent", checks_of(options.roles, datetime.now(UTC)), lambda: datetime.now(UTC))
        self._watch = Watch(hub, self._signs.checks, adapters_of(units), len(units))
        self._signs.machine, self._signs.ledger = self._watch.machine, self._watch.ledger
        self._children = Children(self._fatal, self._signs.ended)
        self._signs.children = self._children
        self._probes: SocketServer | None = None
        self._met: set[int] = set()
        self._started = 0
        self._said = False
        self._heard = b""
        self._post: tuple[int, int] = os.pipe()

    async def run(self) -> None:
        for sign in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(sign, self._ended.set)
        self._loop.add_signal_handler(signal.SIGHUP, self._reload)
        accept(self._home, self._units)
        os.set_blocking(self._post[0], False)
        self._loop.add_reader(self._post[0], self._listen)
        await self._signs.open(self._home.folder)
        self._watch.start()
        if self._hub.probes is not None:
            self._probes = await serve_probes(listen(self._hub.probes), self._signs)
        for role in self._options.roles:
            self._start(role)
        if not self._started:  # a relay whose units have nobody outside to talk to
            self._ready()
        await self._ended.wait()
        if self._probes is not None:
            await self._probes.close(0.5)
        await self._drain()
        await self._watch.stop()
        self._signs.close()
        if self._fault is not None:
            raise self._fault

    def _start(self, role: str) -> None:
        roles = self._hub.roles
        count = {"door": roles.door.processes, "worker": roles.worker.processes, "issuer": roles.issuer.processes}
        if role == "relay" and self._hub.archive is None and not any(unit.calls_out for unit in self._units):
            return
        if role == "console" and "door" in self._options.roles:
            return  # doors show the pages, too
        for number in range(count.get(role, 1)):
            plan = Plan(
                role=f"cluster-{role}",
                data=str(self._options.data.resolve()),
                hub=str(self._options.hub.resolve()),
                database=self._database,
                number=number,
                post=self._post[1],
                meter=self._signs.mouth.fileno(),
            )
            handles = [self._post[1], self._signs.mouth.fileno()]
            if role in {"door", "console"} and self._sockets is not None:
                plan = self._sockets.given_to(plan)
                handles += self._sockets.handles()
            self._children.start(plan, handles)
            self._started += 1

    def _listen(self) -> None:
        """Words of the children, one a line."""
        self._heard += os.read(self._post[0], 65536)
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            word = msgspec.json.decode(line, type=Word)
            told = word.fault
            fault = fault_from(told.code, told.where, **told.values) if told is not None else None
            if word.broker:
                self._watch.denies(word.role, fault)
                continue
            if fault is not None:
                self._fatal(fault)
                continue
            self._children.met(word.pid)
            self._met.add(word.pid)
            if len(self._met) >= self._started and not self._said:
                self._said = True
                self._ready()

    def _ready(self) -> None:
        if self._sockets is not None:
            say_ready(self._units, self._sockets, self._options.ready)
        elif self._options.ready is not None:
            write_ready(self._options.ready, {"pid": os.getpid(), "doors": {}})

    def _reload(self) -> None:
        """Reads the units anew; a broken file changes nothing and says so in the log."""
        try:
            units = load_units(self._options.config, self._hub.regions_file)
            check_units(units, self._hub, self._options.roles)
        except (Fault, OSError) as fault:
            log.warning("the units were not changed: %s", fault)
            return
        self._units = units
        self._watch.adapters, self._watch.units = adapters_of(units), len(units)
        accept(self._home, units)
        self._children.signal(signal.SIGHUP)
        log.info("the units were read anew")

    def _fatal(self, fault: Fault) -> None:
        self._fault = self._fault or fault
        self._ended.set()

    async def _drain(self) -> None:
        """All at once: what doors took lies on Kafka, and nobody waits for a neighbour."""
        self._children.no_more()
        self._children.signal(signal.SIGTERM)
        await self._children.end(DRAIN_SECONDS if self._fault is None else 2.0)
        self._loop.remove_reader(self._post[0])
        for end in self._post:
            os.close(end)
