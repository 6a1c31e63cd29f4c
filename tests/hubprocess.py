"""Real hubs as processes: a world to run on, a start that waits for the ready file, an orderly end, and a kill.

Every hub is the head of a session of its own, so that it and its children can be ended together, and nothing else is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.demo.world import World, build, receive_segments, write_units
from hub.engine.embedded.home import Home
from hub.ledger.reader import Reader
from hub.processes.lifeline import die_with_parent
from hub.simulators.fiscal_platform import FiscalPlatform, serving

PATIENCE = 60.0
"""Seconds until a condition that never comes fails a test."""


async def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Waits for something that another process brings about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"did not come within {seconds} s: {what}"
        await asyncio.sleep(0.02)


@dataclass
class HubProcess:
    """A hub on a folder. `doors` and `issuers` 0: all in one process."""

    units: Path
    data: Path
    doors: int = 1
    issuers: int = 1
    http: str = "127.0.0.1:0"
    ready: dict[str, Any] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    starts: int = 0

    @property
    def log(self) -> str:
        return (self.data.parent / "hub.log").read_text("utf-8", "replace")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def url(self, source: str) -> str:
        return f"http://{self.ready['http']}/in/{source}"

    def address(self, source: str) -> tuple[str, int]:
        host, _, port = self.ready["doors"][source].rpartition(":")
        return host, int(port)

    async def launch(self, **environment: str) -> None:
        """Starts the process and does not wait for it to be ready."""
        assert not self.alive
        self.starts += 1
        ready = self._ready_file
        ready.unlink(missing_ok=True)
        with (self.data.parent / "hub.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "hub.cli", "run", "-c", str(self.units), "--data", str(self.data)),
                *("--http", self.http, "--ready", str(ready)),
                *("--doors", str(self.doors), "--issuers", str(self.issuers)),
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # a test run that is killed leaves no hub behind
            )

    @property
    def _ready_file(self) -> Path:
        return self.data.parent / f"ready-{self.starts}.json"

    async def start(self, **environment: str) -> HubProcess:
        """Starts the process and waits until its doors are open."""
        await self.launch(**environment)
        assert await self.came_up(), self.log[-3000:]
        return self

    async def came_up(self) -> bool:
        """Waits until the launched process has its doors open, or is dead; returns whether they are open."""
        await until(lambda: self._ready_file.exists() or not self.alive, "the hub is ready")
        if self._ready_file.exists():
            self.ready = json.loads(self._ready_file.read_text("utf-8"))
            assert self.ready["pid"] == self.pid
        return self.alive

    async def stop(self) -> float:
        """SIGTERM; returns the seconds it took. The exit code must be 0, and nobody may be left."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        seconds = time.monotonic() - started
        assert code == 0, self.log[-3000:]
        assert self.session() == []
        return seconds

    async def kill(self) -> None:
        """-9 to the whole group at once: no process gets to do anything more."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()
            await until(lambda: self.session() == [], "the killed are gone")

    async def died(self) -> int:
        """Waits until the parent is dead by itself, and all of its children with it; its exit code."""
        assert self.process is not None
        code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        await until(lambda: self.session() == [], "the children end with their parent")
        return code

    def session(self) -> list[int]:
        """The living processes of the hub's session."""
        return [pid for pid in processes() if session_of(pid) == self.pid]

    def children(self, role: str) -> list[int]:
        """The process ids of a role's children."""
        wanted = f"hub.processes.{role}".encode()
        return [pid for pid in self.session() if pid != self.pid and wanted in _command_of(pid)]

    def reader(self) -> Reader:
        home = Home(self.data)
        return Reader(home.folder, home.vault())

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Runs a verb of the command line: (exit code, stdout, stderr)."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hub.cli", "--lang", "en", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        return process.returncode or 0, out.decode(), err.decode()


def processes() -> list[int]:
    """Every process id of this machine."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def session_of(pid: int) -> int:
    """The session of a process, 0 for one that is gone or only waits to be collected."""
    try:
        state, _parent, _group, session, *_ = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if state in "ZX" else int(session)


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@dataclass
class Town:
    """A demo world with the peers that serve, ready for a hub."""

    world: World
    platform: FiscalPlatform

    def hub(self, doors: int = 1, issuers: int = 1) -> HubProcess:
        return HubProcess(self.world.units, self.world.data, doors, issuers)


@contextlib.asynccontextmanager
async def town(folder: Path, numbers: int = 100_000) -> AsyncIterator[Town]:
    """Makes a world in a folder, and serves the fiscal platform and UnionPay's gateway as long as it is open."""
    world = build(folder, 1)
    platform = FiscalPlatform(world.platform_keys)
    async with serving(platform) as platform_url, world.unionpay.gateway() as gateway:
        write_units(world, f"http://{platform_url}", gateway)
        if numbers:
            receive_segments(world, numbers)
        yield Town(world, platform)


@contextlib.asynccontextmanager
async def running(hub: HubProcess, **environment: str) -> AsyncIterator[HubProcess]:
    """A hub that is up while the block runs, and gone after it, however it ends."""
    try:
        yield await hub.start(**environment)
    finally:
        await hub.kill()
