"""A whole cluster on this machine: a real Kafka, a real PostgreSQL, and the hub's roles as real processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import yaml

from hub.config import load_units
from hub.demo.world import CHINA, TYPES, World, build, write_units
from hub.hubfile import load_hub
from hub.ledger.migrate import migrate_postgres
from hub.ledger.postgres import open_ledger
from hub.ledger.rules import rules_of
from hub.local.kafka import LocalKafka
from hub.local.postgres import LocalPostgres
from hub.security.vault import Vault, open_vault
from hub.simulators.fiscal_books import make_keys
from hub.simulators.fiscal_platform import FiscalPlatform, serving
from tests.engine.cluster.acls import allow
from tests.engine.cluster.broker import CACHE
from tests.hubprocess import PATIENCE, HubProcess, _command_of, until


@dataclass
class ClusterProcess(HubProcess):
    """One machine of a cluster."""

    hub: Path = Path()
    roles: tuple[str, ...] = ("all",)

    async def launch(self, **environment: str) -> None:
        assert not self.alive
        self.starts += 1
        self._ready_file.unlink(missing_ok=True)
        roles = [word for role in self.roles for word in ("--role", role)]
        with (self.data.parent / "hub.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "hub.cli", "--lang", "en", "run", "--engine", "cluster", *roles),
                *("-c", str(self.units), "--data", str(self.data), "--hub", str(self.hub)),
                *("--http", self.http, "--ready", str(self._ready_file)),
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def children(self, role: str) -> list[int]:
        wanted = f"hub.processes.cluster.{role}".encode()
        return [pid for pid in self.session() if pid != self.pid and wanted in _command_of(pid)]


@dataclass
class Province:
    """The servers and the files."""

    world: World
    kafka: LocalKafka
    postgres: LocalPostgres
    hub: Path
    vault: Vault
    machines: list[ClusterProcess] = field(default_factory=list)

    def machine(self, *roles: str) -> ClusterProcess:
        name = f"machine{len(self.machines)}"
        data = self.world.folder / name / "data"
        data.mkdir(parents=True)
        made = ClusterProcess(self.world.units, data, hub=self.hub, roles=roles or ("all",))
        self.machines.append(made)
        return made

    async def rows(self, question: str, *values: Any) -> list[Any]:
        """Asks the database itself."""
        line = await asyncpg.connect(self.postgres.dsn())
        try:
            return [tuple(row) for row in await line.fetch(question, *values)]
        finally:
            await line.close()

    async def bills(self) -> dict[str, int]:
        return dict(await self.rows("SELECT status, count(*) FROM bill GROUP BY status"))

    async def tally(self) -> dict[str, int]:
        """Place → messages, over all sources."""
        return dict(await self.rows("SELECT place, sum(count)::int FROM tally GROUP BY place HAVING sum(count) <> 0"))

    async def until_bills(self, seconds: float = PATIENCE * 2, **wanted: int) -> None:
        async with asyncio.timeout(seconds):
            while await self.bills() != wanted:
                await asyncio.sleep(0.05)


def write_hub(
    world: World, servers: list[str], kafka: dict[str, Any], postgres: LocalPostgres, roles: dict[str, Any]
) -> Path:
    """A hub.yaml for the two servers; its secrets lie beside it."""
    secret = world.folder / "postgres.password"
    secret.write_text(postgres.password)
    data = {
        "kafka": {"servers": servers, "replication": 1, "partitions": 4, **kafka},
        "postgres": {
            "servers": [f"127.0.0.1:{postgres.port}"],
            "database": "postgres",
            "user": "postgres",
            "password_file": "postgres.password",
        },
        "keys": {"master": "master.key", "trust": "data/trust"},
        "roles": roles,
    }
    path = world.folder / "hub.yaml"
    path.write_text(yaml.safe_dump(data), "utf-8")
    return path


async def receive_numbers(world: World, hub: Path, count: int = 100_000) -> None:
    """Gives each unit numbers for this year."""
    rules = {unit.unit.id: rules_of(unit) for unit in load_units(world.units)}
    ledger = await open_ledger(load_hub(hub).dsn(), rules, owner="test", connections=1)
    now = datetime.now(UTC)
    for unit, type_ in TYPES:
        await ledger.receive_numbers(unit, f"41{type_}{now.astimezone(CHINA):%y}", "1", str(count), now, "test")
    await ledger.close()


@contextlib.asynccontextmanager
async def province(
    folder: Path, *, peers: bool = False, guarded: bool = False, **roles: Any
) -> AsyncIterator[Province]:
    """Servers up and migrated, units with keys and numbers, no hub yet; all of it is gone after the block.

    `peers`: a fiscal platform countersigns, and UnionPay's gateway answers; without, bills stay issued.
    """
    world = build(folder, 1)
    async with contextlib.AsyncExitStack() as outside:
        if peers:
            platform = await outside.enter_async_context(serving(FiscalPlatform(world.platform_keys)))
            gateway = await outside.enter_async_context(world.unionpay.gateway())
            write_units(world, f"http://{platform}", gateway)
        else:
            make_keys(world.platform_keys)
            write_units(world, "http://127.0.0.1:1", "http://127.0.0.1:1/")
            for path in world.units.glob("*.yaml"):
                lines = path.read_text("utf-8").splitlines(keepends=True)
                path.write_text("".join(line for line in lines if "platform:" not in line), "utf-8")
        async with _servers(folder, world, guarded, roles) as made:
            yield made


@contextlib.asynccontextmanager
async def _servers(folder: Path, world: World, guarded: bool, roles: dict[str, Any]) -> AsyncIterator[Province]:
    vault = open_vault(world.folder / "master.key", has_data=False).vault
    users = {"hub": "hub-secret"} if guarded else {}
    with LocalPostgres(folder / "postgres") as postgres, LocalKafka(folder / "kafka", CACHE, users=users) as kafka:
        if guarded:
            (folder / "kafka.password").write_text("hub-secret\n")
            sasl = {"mechanism": "PLAIN", "user": "hub", "password_file": "kafka.password"}
            for operation in ("read", "write", "create", "describe", "describe_configs"):
                allow(int(kafka.servers[0].rpartition(":")[2]), "hub", "topic", "billhub.", operation)
            allow(int(kafka.servers[0].rpartition(":")[2]), "hub", "group", "billhub.workers", "read")
            hub = write_hub(world, kafka.user_servers, {"sasl": sasl}, postgres, roles)
        else:
            hub = write_hub(world, kafka.servers, {}, postgres, roles)
        await asyncio.to_thread(migrate_postgres, postgres.dsn())
        await receive_numbers(world, hub)
        made = Province(world, kafka, postgres, hub, vault)
        try:
            yield made
        finally:
            for machine in made.machines:
                await machine.kill()


__all__ = ["Province", "province", "until"]
