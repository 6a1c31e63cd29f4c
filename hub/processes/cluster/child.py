"""What a cluster's children share: they tell the parent that they are ready, and end in order when told so by SIGTERM.

There is no link as in the embedded hub: a child needs nothing from its parent, and its peers are Kafka and PostgreSQL.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import uvloop

from hub.config import UnitConfig
from hub.engine.embedded.home import Home
from hub.errors import Config, Fault, Retry
from hub.hubfile import HubConfig, load_hub
from hub.ledger.port import SharedLedger
from hub.ledger.postgres import open_ledger
from hub.ledger.records import FaultRecord, record
from hub.ledger.rules import UnitRules, rules_of
from hub.processes.accepted import accepted
from hub.processes.memory import settle
from hub.processes.plan import Plan, name_of, plan_from_environment
from hub.processes.showing import Showing
from hub.security.faults import MASTER_KEY_MISSING
from hub.security.vault import Vault, read_master_keys
from hub.tracing.spans import TRACES

log = logging.getLogger("billhub.child")

AGAIN_SECONDS = 0.5
Opened = TypeVar("Opened")


class Word(msgspec.Struct, frozen=True, array_like=True):
    """What a child says: it is ready, or why it cannot be."""

    pid: int
    role: str
    fault: FaultRecord | None = None
    broker: bool = False
    """it goes on; the fault is what Kafka denies it, none that it denies nothing any more"""


class ClusterChild:
    """One process of a role. `on_reload` reads the units anew."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.plan: Plan = plan_from_environment()
        self.hub: HubConfig = load_hub(Path(self.plan.hub))
        self.home = Home(self.plan.data_path)
        self.units: list[UnitConfig] = accepted(self.home)
        self.vault = vault_of(self.hub)
        self.on_reload: Callable[[], None] = lambda: None
        self.showing = Showing(self.plan)
        TRACES.begin(self.hub.collector, role, self.name)
        self.stopping: asyncio.Event

    @property
    def name(self) -> str:
        """Names this process among its role's, the same in each of its lives."""
        return name_of(self.role, self.plan.data, self.plan.number)

    @property
    def owner(self) -> str:
        """Names this life of it."""
        return f"{self.name}-{os.getpid()}-{os.urandom(4).hex()}"

    @property
    def rules(self) -> dict[str, UnitRules]:
        """What the ledger needs of the units."""
        return {unit.unit.id: rules_of(unit) for unit in self.units}

    def hear(self) -> None:
        """Takes signals on the running loop."""
        loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, self.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload)

    def ready(self) -> None:
        """Tells the parent."""
        settle()
        say(self.plan, Word(os.getpid(), self.role))

    def refuse(self, fault: Config) -> None:
        """Tells the parent that this cannot go on; it ends the machine with that fault."""
        say(self.plan, Word(os.getpid(), self.role, record(fault)))

    def denied(self, fault: Fault | None) -> None:
        """Tells the parent's probe what Kafka denies this role for now; None when that is over."""
        say(self.plan, Word(os.getpid(), self.role, record(fault) if fault is not None else None, broker=True))

    def reload(self) -> None:
        """Takes the units that the parent has read anew and found right."""
        try:
            self.units = accepted(self.home)
            self.on_reload()
        except (Fault, OSError) as fault:
            log.warning("the units were not changed: %s", fault)

    async def patiently(self, open_: Callable[[], Awaitable[Opened]]) -> Opened | None:
        """Opens something that may be away just now; None where the child is told to end first."""
        pause = AGAIN_SECONDS
        while not self.stopping.is_set():
            try:
                return await open_()
            except Retry as fault:
                log.warning("%s; again in %.1f s", fault, pause)
            await self.rest(pause)
            pause = min(pause * 2, 5.0)
        return None

    async def opened(self) -> SharedLedger:
        """The ledger, under the name of this life.

        Raises:
            Retry, Config: as `open_ledger`.
        """
        connections = self.hub.postgres.connections
        return await open_ledger(self.hub.dsn(), self.rules, owner=self.owner, connections=connections)

    async def leasing(self) -> SharedLedger | None:
        """The ledger of a process that leases; it frees what its earlier lives had, for two never live at once."""
        ledger = await self.patiently(self.opened)
        if ledger is not None:
            await self.patiently(partial(ledger.bury, self.name))
        return ledger

    async def rest(self, seconds: float) -> None:
        """Waits, but not beyond the end."""
        try:
            async with asyncio.timeout(seconds):
                await self.stopping.wait()
        except TimeoutError:
            return


def vault_of(hub: HubConfig) -> Vault:
    """The vault of a cluster: its key is given, and never made by one of the machines.

    Raises:
        Config: the master key is missing or broken.
    """
    path = hub.file(hub.keys.master)
    try:
        return Vault(read_master_keys(path))
    except FileNotFoundError:
        raise MASTER_KEY_MISSING(str(path)) from None


def say(plan: Plan, word: Word) -> None:
    """One line to the parent, whole or not at all: it is short."""
    if plan.post >= 0:
        os.write(plan.post, msgspec.json.encode(word) + b"\n")


def prepare() -> None:
    """Logging and signals of a child; Ctrl-C is the parent's matter."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("asyncpg").setLevel(logging.ERROR)  # its pool tells a traceback for every try to connect
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def run_cluster_child(role: str, main: Callable[[ClusterChild], Awaitable[None]]) -> None:
    """Runs a child on uvloop until it is told to end."""
    prepare()

    async def until_told() -> None:
        child = ClusterChild(role)
        child.hear()
        child.showing.begin()
        await main(child)
        TRACES.end()
        child.showing.last()

    try:
        uvloop.run(until_told())
    except Config as fault:
        say(plan_from_environment(), Word(os.getpid(), role, record(fault)))
        sys.exit(3)
