"""A hub as real processes: a start that waits for the ready file, an orderly end, and a kill.

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
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from hub.processes.lifeline import die_with_parent

PATIENCE: Final = 60.0
"""Seconds until a condition that never comes is a failure."""


class NeverCame(AssertionError):  # noqa: N818  (what was seen, not an error of this program)
    """A condition did not come in time."""


async def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Waits for something that another process brings about.

    Raises:
        NeverCame: it did not.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise NeverCame(f"did not come within {seconds} s: {what}")
        await asyncio.sleep(0.02)


@dataclass
class Process:
    """A hub on a folder; what kind of hub, a subclass says."""

    units: Path
    data: Path
    http: str = "127.0.0.1:0"
    ready: dict[str, Any] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    before: Sequence[str] = ()
    """words in front of the command: `ip netns exec …`"""

    def words(self) -> Sequence[str]:
        """The words after `billhub`, without what every hub is told."""
        raise NotImplementedError

    def module_of(self, role: str) -> str:
        """The module that a child of a role runs."""
        raise NotImplementedError

    @property
    def log(self) -> str:
        """Everything the hub has said, in all of its lives."""
        return (self.data.parent / "hub.log").read_text("utf-8", "replace")

    @property
    def pid(self) -> int:
        """The parent's process id."""
        if self.process is None:
            raise ProcessLookupError("this hub was never started")
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether the parent is there."""
        return self.process is not None and self.process.returncode is None

    def url(self, source: str) -> str:
        """Where a source is posted to."""
        return f"http://{self.ready['http']}/in/{source}"

    def address(self, source: str) -> tuple[str, int]:
        """Where a source is spoken to."""
        host, _, port = self.ready["doors"][source].rpartition(":")
        return host, int(port)

    async def launch(self, **environment: str) -> None:
        """Starts the process and does not wait for it to be ready."""
        if self.alive:
            raise RuntimeError("this hub runs already")
        self.starts += 1
        self._ready_file.unlink(missing_ok=True)
        with (self.data.parent / "hub.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.before,
                *(sys.executable, "-m", "hub.cli", *self.words()),
                *("-c", str(self.units), "--data", str(self.data)),
                *("--http", self.http, "--ready", str(self._ready_file)),
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # a run that is killed leaves no hub behind
            )

    @property
    def _ready_file(self) -> Path:
        return self.data.parent / f"ready-{self.starts}.json"

    async def start(self, **environment: str) -> Self:
        """Starts the process and waits until its doors are open.

        Raises:
            NeverCame: it did not come up; holds the end of its log.
        """
        await self.launch(**environment)
        if not await self.came_up():
            raise NeverCame(f"the hub ended: {self.log[-3000:]}")
        return self

    async def came_up(self) -> bool:
        """Waits until the launched process has its doors open, or is dead; returns whether they are open."""
        await until(lambda: self._ready_file.exists() or not self.alive, "the hub is ready", 5 * PATIENCE)
        if self._ready_file.exists():
            self.ready = json.loads(self._ready_file.read_text("utf-8"))
            if self.ready["pid"] != self.pid:
                raise NeverCame("the ready file of this hub, and not of another")
        return self.alive

    async def stop(self) -> float:
        """SIGTERM; returns the seconds it took.

        Raises:
            NeverCame: it did not end, ended with another code than 0, had to kill a process whose time was over, or
                left somebody behind.
        """
        started = time.monotonic()
        before = len(self.log)
        os.kill(self.pid, signal.SIGTERM)
        code = await self._waited()
        if code != 0:
            raise NeverCame(f"an orderly end, but {code}: {self.log[-3000:]}")
        seconds = time.monotonic() - started
        if "does not end; it is killed" in (said := self.log[before:]):
            raise NeverCame(f"an end in time: {said[-3000:]}")
        if left := self.session():
            raise NeverCame(f"the end of processes {left}")
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
        code = await self._waited()
        await until(lambda: self.session() == [], "the children end with their parent")
        return code

    async def _waited(self) -> int:
        if self.process is None:
            raise ProcessLookupError("this hub was never started")
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    def session(self) -> list[int]:
        """The living processes of the hub's session."""
        return [pid for pid in processes() if session_of(pid) == self.pid]

    def children(self, role: str) -> list[int]:
        """The process ids of a role's children."""
        wanted = self.module_of(role).encode()
        return [pid for pid in self.session() if pid != self.pid and wanted in command_of(pid)]

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Runs a verb of the command line: (exit code, stdout, stderr)."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hub.cli", "--lang", "en", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(2 * PATIENCE):
            out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()


Hub = TypeVar("Hub", bound=Process)


@contextlib.asynccontextmanager
async def running(hub: Hub, **environment: str) -> AsyncIterator[Hub]:
    """A hub that is up while the block runs, and gone after it, however it ends."""
    try:
        yield await hub.start(**environment)
    finally:
        await hub.kill()


def processes() -> list[int]:
    """Every process id of this machine."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def session_of(pid: int) -> int:
    """The session of a process, 0 for one that is gone or only waits to be collected."""
    try:
        state, _parent, _group, session, *_ = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if state in "ZX" else int(session)


def command_of(pid: int) -> bytes:
    """The command line of a process, empty for one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
