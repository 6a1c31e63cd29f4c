"""A world of a finished demonstration, made once, and the command both as a process and within this one."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.main import APP
from hub.demo.show import Wish, show

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
