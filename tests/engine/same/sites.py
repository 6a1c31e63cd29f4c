"""The two hubs that have to agree, as real processes: the embedded one on SQLite, a cluster on Kafka and PostgreSQL.

Every scenario is a unit of its own on both, so that scenarios share a hub and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import asyncpg

from drills.process import Process
from hub.cli.opened import writer
from hub.config import load_units
from hub.demo.world import CHINA, World, build
from hub.engine.embedded.home import Home
from hub.ledger.lock import FolderLock
from hub.ledger.postgres import open_ledger, open_reader
from hub.ledger.reader import Reader
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.ledger.sqlite_file import FILE
from hub.simulators.fiscal_books import make_keys
from hub.simulators.fiscal_platform import FiscalPlatform, serving
from hub.simulators.unionpay import UnionPay
from tests.engine.cluster.province import province
from tests.engine.same.units import TYPES, Peers, write_units
from tests.engine.same.words import Scenario
from tests.hubprocess import HubProcess

APART = 10_000
"""Bill numbers between two units: a bill code is a province's, so segments of units may not overlap."""


@dataclass
class Site:
    """A hub that runs, and what a scenario needs to know of it. `data` is what verbs take as --data."""

    name: Literal["embedded", "cluster"]
    world: World
    data: Path
    hub: Process
    reader: Reader
    peers: dict[str, Peers]
    codes: dict[str, str] = field(default_factory=dict)
    """bill code → its type"""
    trades: dict[str, str] = field(default_factory=dict)
    """a channel's number of a trade → what its scenario calls it"""
    _line: asyncpg.Connection | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def up(self) -> Site:
        """Waits until its doors are open: every process compiles every unit's mappings first."""
        assert await self.hub.came_up(), self.hub.log[-3000:]
        return self

    async def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Asks the database itself; both understand the question."""
        if self._line is None:
            with contextlib.closing(sqlite3.connect(f"file:{self.data / FILE}?mode=ro", uri=True)) as line:
                return line.execute(question).fetchall()
        async with self._lock:
            return [tuple(row) for row in await self._line.fetch(question)]

    async def command(self, verb: str, **values: Any) -> Any:
        """A writing command of the running hub."""

        def done() -> Any:
            with writer(self.data, self.world.units) as do:
                return do(verb, **values)

        return await asyncio.to_thread(done)

    def segment(self, unit: str, type_: str, first: int, last: int) -> dict[str, str]:
        """A segment in the unit's own part of the numbers."""
        base = (1 + sorted(self.peers).index(unit)) * APART
        return {"unit": unit, "code": code_of(type_), "first": str(base + first), "last": str(base + last)}


def code_of(type_: str) -> str:
    return f"41{type_}{datetime.now(UTC).astimezone(CHINA):%y}"


@contextlib.asynccontextmanager
async def embedded(folder: Path, scenarios: Sequence[Scenario]) -> AsyncIterator[Site]:
    """The embedded hub, launched: a parent with the core, a door, an issuer, a relay."""
    world = build(folder, 1)
    make_keys(world.platform_keys)
    async with _peers(world, scenarios) as peers:
        write_units(world, scenarios, peers)
        home = Home(world.data)
        home.make()
        reader = Reader(home.folder, home.vault())
        hub = HubProcess(world.units, world.data)
        site = Site("embedded", world, world.data, hub, reader, peers)
        lock = FolderLock(home.folder)
        ledger = SqliteLedger(home.folder, {unit.unit.id: rules_of(unit) for unit in load_units(world.units)})
        for values in _segments(site, scenarios):
            ledger.receive_numbers(**values, now=datetime.now(UTC), actor="test")
        ledger.close()
        lock.release()
        try:
            await hub.launch()
            yield site
        finally:
            await hub.kill()


@contextlib.asynccontextmanager
async def cluster(folder: Path, scenarios: Sequence[Scenario]) -> AsyncIterator[Site]:
    """A cluster, launched: a door, two workers and two issuers that meet on the same cases and segments, a relay."""
    async with (
        province(folder, worker={"processes": 2}, issuer={"processes": 2}) as place,
        _peers(place.world, scenarios) as peers,
    ):
        write_units(place.world, scenarios, peers)
        reader = open_reader(place.postgres.dsn(), place.vault)
        hub = place.machine("door", "worker", "issuer", "relay")
        site = Site("cluster", place.world, place.hub, hub, reader, peers)
        site._line = await asyncpg.connect(place.postgres.dsn())
        await site._line.execute("DELETE FROM segment")  # the demonstration's units are not in this play
        rules = {unit.unit.id: rules_of(unit) for unit in load_units(place.world.units)}
        ledger = await open_ledger(place.postgres.dsn(), rules, owner="test", connections=1)
        for values in _segments(site, scenarios):
            await ledger.receive_numbers(**values, now=datetime.now(UTC), actor="test")
        await ledger.close()
        await hub.launch()
        try:
            yield site
        finally:
            reader.close()
            await site._line.close()


@contextlib.asynccontextmanager
async def _peers(world: World, scenarios: Sequence[Scenario]) -> AsyncIterator[dict[str, Peers]]:
    """Each unit's own UnionPay and, where it has one, its own fiscal platform; keys are the world's."""
    async with contextlib.AsyncExitStack() as stack:
        made = {}
        for one in scenarios:
            union = UnionPay(chain=world.unionpay.chain, merchant=world.unionpay.merchant)
            gateway = "" if "unionpay" not in one.sources else await stack.enter_async_context(union.gateway())
            made[one.name] = Peers(union, gateway)
            if one.platform:
                strangers = world.folder / "peers" / "strangers"
                trust = strangers if one.platform == "refuses" else None
                made[one.name].platform = platform = FiscalPlatform(world.platform_keys, trust)
                made[one.name].url = await stack.enter_async_context(serving(platform))
        yield made


def _segments(site: Site, scenarios: Sequence[Scenario]) -> list[dict[str, str]]:
    site.codes = {code_of(type_): type_ for type_ in TYPES.values()}
    wanted = [(one, TYPES["outpatient"]) for one in scenarios]
    wanted += [(one, TYPES["tuition"]) for one in scenarios if one.sources & {"fees", "inbox"}]
    return [site.segment(one.name, type_, 1, one.numbers) for one, type_ in wanted]
