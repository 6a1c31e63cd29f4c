"""The whole of deploy/ on real servers: secrets by its script, brokers by its start, PostgreSQL by its logins.

Each role starts as its own systemd unit starts it, with its own hub.yaml and its own rights.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from drills.stage import receive_numbers, without_platform
from hub.demo.world import World, build, write_units
from hub.hubfile import load_hub
from hub.ledger.migrate import migrate_postgres
from hub.local.postgres import LocalPostgres
from hub.simulators.fiscal_books import make_keys
from tests.deploy.brokers import Brokers, brokers
from tests.deploy.units import ROLE, service
from tests.docs.blocks import ROOT
from tests.hubprocess import until

DEPLOY = ROOT / "deploy"
ROLES = ("worker", "door", "issuer", "relay", "console")


def units(folder: Path) -> World:
    """A hospital and a school without a platform."""
    world = build(folder, 1)
    make_keys(world.platform_keys)
    write_units(world, "http://127.0.0.1:1", "http://127.0.0.1:1/")
    without_platform(world)
    return world


@dataclass
class Machine:
    """One role, started as systemd would start it."""

    role: str
    folder: Path
    process: asyncio.subprocess.Process | None = None
    ready: dict[str, Any] = field(default_factory=dict)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    async def start(self, units: Path) -> None:
        unit = service(ROLE, self.role, _etc_billhub_units=str(units))
        given = {
            "STATE_DIRECTORY": str(self.folder / "state"),
            "RUNTIME_DIRECTORY": str(self.folder / "run"),
            "CREDENTIALS_DIRECTORY": str(self.folder / "credentials"),
            "BILLHUB_HTTP": "127.0.0.1:0",
        }
        with (self.folder / "log").open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(*unit.command("ExecStart", **given), stderr=log)
        environment = {"RUNTIME_DIRECTORY": given["RUNTIME_DIRECTORY"], "MAINPID": str(self.process.pid)}
        waiting = await asyncio.create_subprocess_exec(
            *unit.command("ExecStartPost"), env={**environment, "PATH": "/usr/bin:/bin"}
        )
        watching = asyncio.create_task(self.process.wait())
        asked = asyncio.create_task(waiting.wait())
        await asyncio.wait([watching, asked], return_when=asyncio.FIRST_COMPLETED, timeout=120)
        if not asked.done():
            waiting.kill()
            await asked
        assert self.process.returncode is None, self.log[-3000:]
        assert asked.result() == 0, self.log[-3000:]
        self.ready = json.loads((self.folder / "run" / "ready.json").read_text("utf-8"))

    async def end(self) -> int:
        assert self.process is not None
        unit = service(ROLE, self.role)
        if self.process.returncode is None:
            self.process.send_signal(signal.Signals[unit.one("KillSignal")])
        async with asyncio.timeout(int(unit.one("TimeoutStopSec"))):
            return await self.process.wait()


@dataclass
class Site:
    """Servers up, secrets made, nothing of the hub yet."""

    folder: Path
    world: World
    secrets: Path
    kafka: Brokers
    postgres: LocalPostgres

    def hub_file(self, role: str, folder: Path) -> Path:
        """A role's hub.yaml with its secrets beside it, as systemd lays them out; only the servers are other ones."""
        folder.mkdir(parents=True)
        source = DEPLOY / ("hub.yaml" if role == "worker" else f"hub-{role}.yaml")
        data = yaml.safe_load(source.read_text("utf-8"))
        data["kafka"]["servers"] = self.kafka.servers
        data["postgres"]["servers"] = [f"127.0.0.1:{self.postgres.port}"]
        data["keys"]["trust"] = str(self.world.data / "trust")
        (folder / "hub.yaml").write_text(yaml.safe_dump(data), "utf-8")
        own = {"postgres": f"postgres-{role}", "kafka": f"kafka-{role}", "master.key": "master.key", "ca.pem": "ca.pem"}
        for credential in service(ROLE, role).all("LoadCredential"):
            name = credential.partition(":")[0]
            if name != "hub.yaml":
                shutil.copy(self.secrets / own[name], folder / name)
        return folder / "hub.yaml"

    def machine(self, role: str, name: str = "") -> Machine:
        made = Machine(role, self.folder / (name or role))
        if not made.folder.exists():
            for name in ("state", "run"):
                (made.folder / name).mkdir(parents=True)
            self.hub_file(role, made.folder / "credentials")
        return made


@contextlib.contextmanager
def database(folder: Path, secrets: Path) -> Iterator[LocalPostgres]:
    """PostgreSQL with TLS, the shipped rules of who may come, and the shipped logins."""
    with LocalPostgres(folder) as first:
        home = first.folder
        for name in ("postgres.crt", "postgres.key"):
            shutil.copy(secrets / name, home / name)
            (home / name).chmod(0o600)
            shutil.chown(home / name, *([first._as.pw_uid, first._as.pw_gid] if first._as else [os.getuid()]))
        environment = {**os.environ, "SECRETS": str(secrets)}
        command = [
            "psql",
            "--quiet",
            "--no-psqlrc",
            "--dbname",
            first.dsn(),
            "--file",
            str(DEPLOY / "postgres/logins.sql"),
        ]
        subprocess.run(command, env=environment, check=True, timeout=60, stdin=subprocess.DEVNULL)
    guarded = {
        "ssl": "on",
        "ssl_cert_file": str(home / "postgres.crt"),
        "ssl_key_file": str(home / "postgres.key"),
        "hba_file": str(home / "pg_hba.conf"),
    }
    shutil.copy(DEPLOY / "postgres/pg_hba.conf", home / "pg_hba.conf")
    (home / "pg_hba.conf").chmod(0o644)
    with LocalPostgres(folder, settings=guarded) as server:
        yield server


@contextlib.asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    secrets = folder / "secrets"
    subprocess.run(
        ["sh", str(DEPLOY / "secrets.sh"), str(secrets)],
        env={**os.environ, "SAN": "IP:127.0.0.1"},
        check=True,
        timeout=60,
    )
    with brokers(folder / "kafka", secrets) as kafka, database(folder / "postgres", secrets) as postgres:
        made = Site(folder, units(folder), secrets, kafka, postgres)
        await until(lambda: kafka.living() == set(kafka.inside), "three brokers take part", 180)
        kafka.rights()
        owner = made.hub_file("migrate", folder / "migrate")
        await asyncio.to_thread(migrate_postgres, load_hub(owner).dsn())
        machine = made.machine("worker")
        await receive_numbers(made.world, machine.folder / "credentials" / "hub.yaml")
        yield made
