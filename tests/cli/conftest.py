"""A world of a finished demonstration, made once, and the command both as a process and within this one."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.main import APP
from hub.demo.show import Wish, show
from tests.ledger.shared import Server

PATIENCE = 60


@dataclass(frozen=True)
class Ran:
    """What a verb did."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class World:
    """Units and data of a demonstration that is over; no hub runs."""

    folder: Path
    report: dict[str, Any]

    @property
    def units(self) -> Path:
        return self.folder / "units"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def at(self) -> tuple[str, ...]:
        """The options that point a verb at it."""
        return ("--data", str(self.data), "-c", str(self.units))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("demo")
    return World(folder, asyncio.run(show(Wish(bills=24, port=0, folder=folder))))


Command = Callable[..., Ran]


@pytest.fixture
def billhub() -> Command:
    """Runs a verb within this process."""

    def run(*arguments: str | Path) -> Ran:
        done = CliRunner().invoke(APP, [str(argument) for argument in arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    return run


def process(*arguments: str | Path, env: dict[str, str] | None = None) -> Ran:
    """Runs the command as a process of its own, in a clean environment."""
    done = subprocess.run(command(arguments), capture_output=True, timeout=PATIENCE, env=env or {}, check=False)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def command(arguments: Sequence[str | Path]) -> list[str]:
    return [sys.executable, "-m", "hub.cli", *(str(argument) for argument in arguments)]


@dataclass
class Place:
    """A copy of the demonstration's data, and a hub.yaml for a database of its own."""

    data: Path
    hub: Path
    dsn: str


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.remove()


@pytest.fixture
def place(world: World, server: Server, tmp_path: Path) -> Iterator[Place]:
    data = Path(shutil.copytree(world.data, tmp_path / "data", ignore=shutil.ignore_patterns("*.sock")))
    server.sql("CREATE DATABASE of_the_cli")
    (tmp_path / "password").write_text(server.local.password)
    shutil.copy(data / "master.key", tmp_path / "master.key")
    hub = tmp_path / "hub.yaml"
    hub.write_text(
        "kafka: {servers: ['127.0.0.1:9']}\n"
        f"postgres: {{servers: ['127.0.0.1:{server.local.port}'], database: of_the_cli, user: postgres, "
        "password_file: password}\n"
        "keys: {master: master.key}\n"
    )
    made = Place(data, hub, server.local.dsn("of_the_cli"))
    yield made
    server.drop(made.dsn)
