"""The stage of a drill: a real Kafka of one broker or three, a real PostgreSQL with a standby or without, and units.

No hub runs on it yet; after the block everything is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import yaml

from drills.network import network
from drills.place import Place
from drills.space import space
from hub.config import load_units
from hub.demo.world import CHINA, TYPES, World, build, write_units
from hub.hubfile import load_hub
from hub.ledger.migrate import migrate_postgres
from hub.ledger.postgres import open_ledger
from hub.ledger.rules import rules_of
from hub.local.kafka import LocalKafka
from hub.local.postgres import LocalPostgres
from hub.local.standby import NAME, LocalStandby
from hub.security.vault import open_vault
from hub.simulators.fiscal_books import make_keys
from hub.simulators.fiscal_platform import FiscalPlatform, serving


@dataclass(frozen=True, slots=True)
class Shape:
    """What a stage consists of."""

    brokers: int = 1
    standby: bool = False
    """a second server that every commit waits for"""
    peers: bool = False
    """a fiscal platform countersigns, and UnionPay's gateway answers; without, bills stay issued"""
    roles: Mapping[str, Any] = field(default_factory=dict)
    """`roles:` of the hub.yaml"""
    users: Mapping[str, str] = field(default_factory=dict)
    """names and passwords that Kafka asks for"""
    guard: Callable[[LocalKafka, Path], dict[str, Any]] | None = None
    """grants them their rights; returns what the hub.yaml says of Kafka instead"""
    network: bool = False
    """the hub in a namespace of its own"""
    kafka_mib: int = 0
    """a disk of this size for Kafka"""
    postgres_mib: int = 0
    """and for PostgreSQL"""

    def __or__(self, other: Shape) -> Shape:
        """A stage for both."""
        return Shape(
            brokers=max(self.brokers, other.brokers),
            standby=self.standby or other.standby,
            peers=self.peers or other.peers,
            roles={**self.roles, **other.roles},
            network=self.network or other.network,
            kafka_mib=max(self.kafka_mib, other.kafka_mib),
            postgres_mib=max(self.postgres_mib, other.postgres_mib),
        )


@contextlib.asynccontextmanager
async def stage(folder: Path, shape: Shape, jars: Path) -> AsyncIterator[Place]:
    """Builds it in a folder; `jars` holds Kafka's."""
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        cable = stack.enter_context(network()) if shape.network else None
        world, platform = await _world(folder, shape, stack)
        vault = open_vault(world.folder / "master.key", has_data=False).vault
        postgres = LocalPostgres(
            folder / "postgres", settings={"listen_addresses": f"127.0.0.1,{cable.servers}"} if cable else {}
        )
        kafka = LocalKafka(
            folder / "kafka",
            jars,
            brokers=shape.brokers,
            users=shape.users,
            host=cable.servers if cable else "127.0.0.1",
        )
        spaces = {
            name: stack.enter_context(space(server.folder, mib))
            for name, server, mib in (("kafka", kafka, shape.kafka_mib), ("postgres", postgres, shape.postgres_mib))
            if mib
        }
        stack.enter_context(postgres)
        stack.enter_context(kafka)
        if cable is not None:
            await _let_in(postgres, cable.range)
            text = (world.units / "hospital.yaml").read_text("utf-8")
            (world.units / "hospital.yaml").write_text(text.replace("127.0.0.1:0", f"{cable.hub_front}:0"), "utf-8")
        await asyncio.to_thread(migrate_postgres, postgres.dsn())
        standby = stack.enter_context(LocalStandby(postgres, folder / "standby")) if shape.standby else None
        section = shape.guard(kafka, folder) if shape.guard else {"servers": kafka.servers}
        host = cable.servers if cable else "127.0.0.1"
        databases = [f"{host}:{server.port}" for server in (postgres, standby) if server is not None]
        hub = write_hub(world, {"replication": shape.brokers, **section}, databases, postgres.password, shape.roles)
        if standby is not None:
            await _follow(postgres)
        await receive_numbers(world, hub)
        final = "confirmed" if shape.peers else "issued"
        made = Place(world, kafka, postgres, hub, vault, final, standby, platform, cable, spaces)
        try:
            yield made
        finally:
            for machine in made.machines:
                await machine.kill()


async def _world(folder: Path, shape: Shape, stack: AsyncExitStack) -> tuple[World, FiscalPlatform | None]:
    world = build(folder, 1)
    if shape.peers:
        platform = FiscalPlatform(world.platform_keys)
        where = await stack.enter_async_context(serving(platform))
        write_units(world, f"http://{where}", await stack.enter_async_context(world.unionpay.gateway()))
        return world, platform
    make_keys(world.platform_keys)
    write_units(world, "http://127.0.0.1:1", "http://127.0.0.1:1/")
    without_platform(world)
    return world, None


def without_platform(world: World) -> None:
    """Units whose bills nobody countersigns."""
    for path in world.units.glob("*.yaml"):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "platform:" not in line), "utf-8")


def write_hub(
    world: World, kafka: Mapping[str, Any], databases: list[str], password: str, roles: Mapping[str, Any]
) -> Path:
    """A hub.yaml for the servers; its secrets lie beside it."""
    secret = world.folder / "postgres.password"
    secret.touch(0o600)
    secret.write_text(password, "ascii")
    data = {
        "kafka": {"partitions": 4, **kafka},
        "postgres": {
            "servers": databases,
            "database": "postgres",
            "user": "postgres",
            "password_file": "postgres.password",
        },
        "keys": {"master": "master.key", "trust": "data/trust"},
        "roles": dict(roles),
    }
    path = world.folder / "hub.yaml"
    path.write_text(yaml.safe_dump(data), "utf-8")
    return path


async def receive_numbers(world: World, hub: Path, count: int = 100_000) -> None:
    """Gives each unit numbers for this year."""
    rules = {unit.unit.id: rules_of(unit) for unit in load_units(world.units)}
    now = datetime.now(UTC)
    ledger = await open_ledger(load_hub(hub).dsn(), rules, owner="stage", connections=1)
    for unit, type_ in TYPES:
        await ledger.receive_numbers(unit, f"41{type_}{now.astimezone(CHINA):%y}", "1", str(count), now, "stage")
    await ledger.close()


async def _let_in(postgres: LocalPostgres, where: str) -> None:
    """The server takes connections from the hub's namespace."""
    with (postgres.data / "pg_hba.conf").open("a", encoding="ascii") as file:
        file.write(f"host all all {where} scram-sha-256\n")
    await _tell(postgres, "SELECT pg_reload_conf()")


async def _follow(postgres: LocalPostgres) -> None:
    """From now on a commit waits until the standby has it on disk."""
    postgres.change(synchronous_standby_names=NAME)
    async with asyncio.timeout(30):
        while not await _tell(postgres, "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"):
            await asyncio.sleep(0.05)


async def _tell(postgres: LocalPostgres, statement: str) -> Any:
    line = await asyncpg.connect(postgres.dsn())
    try:
        return await line.fetchval(statement)
    finally:
        await line.close()
