"""What the parent knows of its machine: the checks, the sums of what its processes counted, and of the ledger.

It answers on a Unix socket in the data folder at once, whatever hangs; doors and consoles ask there for `/readyz` and
`/metrics`, so that all of a machine's processes answer alike.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from hub.ledger.window import HEAD
from hub.metrics.catalogue_machine import BUILD, CHECK, PROCESSES, READY, RESTARTS
from hub.metrics.checks import MESSAGES, Checks, document
from hub.metrics.faults import CHILDREN_GONE
from hub.metrics.gather import Gathered, heard, line, own
from hub.metrics.meter import Row
from hub.processes.children import Children

FILE: Final = "board.sock"
ASK_SECONDS: Final = 2.0
MOST_OF_A_PATH: Final = 100


class Posted(msgspec.Struct, frozen=True):
    """The board as it is read: `ready` of all checks, `messages` of those that messages need."""

    ready: dict[str, Any]
    messages: dict[str, Any]
    own: list[Row]
    machine: list[Row]
    ledger: list[Row]


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Posted)


class Board:
    """The parent's side. `role` is what the parent itself does; `ledger` gives the ledger's rows, where it has them."""

    def __init__(self, role: str, checks: Checks, clock: Callable[[], datetime]) -> None:
        self._role = role
        self._clock = clock
        self._gathered = Gathered()
        self._server: asyncio.Server | None = None
        self._path: Path | None = None
        self.checks = checks
        self.children: Children | None = None
        self.machine: Callable[[], Sequence[Row]] = tuple
        self.ledger: Callable[[], Sequence[Row]] = tuple
        self.ear: socket.socket
        self.mouth: socket.socket
        self.ear, self.mouth = line()

    async def open(self, folder: Path) -> None:
        """Listens to the children, and answers who asks."""
        asyncio.get_running_loop().add_reader(self.ear.fileno(), self._hear)
        self._path = folder / FILE
        self._path.unlink(missing_ok=True)
        with _short(folder) as path:
            self._server = await asyncio.start_unix_server(self._answer, path)
        self._path.chmod(0o600)

    def close(self) -> None:
        """Answers nobody any more."""
        asyncio.get_running_loop().remove_reader(self.ear.fileno())
        if self._server is not None:
            self._server.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def ended(self, pid: int) -> None:
        """A child is gone: what it last said is heard before its sums are closed."""
        self._hear()
        self._gathered.ended(pid)

    def posted(self) -> Posted:
        """Everything, as it is known now."""
        now = self._clock()
        if self.children is not None:
            gone = self.children.missing()
            self.checks.put("children", CHILDREN_GONE(roles=", ".join(gone)) if gone else None, now)
        ready = document(self.checks.found(now))
        self._gathered.take(own(self._role))
        return Posted(
            ready=ready,
            messages=document(self.checks.found(now, MESSAGES)),
            own=self._gathered.rows(),
            machine=[*self._machine(ready), *self.machine()],
            ledger=list(self.ledger()),
        )

    def _machine(self, ready: dict[str, Any]) -> list[Row]:
        rows: list[Row] = [(READY.name, (), [float(ready["ready"])])]
        rows += [(CHECK.name, (check,), [float(shown["ok"])]) for check, shown in ready["checks"].items()]
        rows.append((BUILD.name, (version("billhub"), HEAD), [1.0]))
        if self.children is not None:
            rows += [(PROCESSES.name, (role,), [float(count)]) for role, count in self.children.living().items()]
            rows += [(RESTARTS.name, (role,), [float(count)]) for role, count in self.children.restarts.items()]
        return rows

    def _hear(self) -> None:
        for shown in heard(self.ear):
            self._gathered.take(shown)

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_ENCODER.encode(self.posted()))
        writer.close()


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """The socket's path; a socket's address holds a hundred letters, and a folder may lie deeper than that."""
    path = str(folder / FILE)
    if len(path.encode()) < MOST_OF_A_PATH or not Path("/proc/self/fd").is_dir():
        yield path
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{FILE}"
    finally:
        os.close(handle)


async def ask(folder: Path) -> Posted | None:
    """The board of the hub that runs on a folder; None where none answers in time."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            with _short(folder) as path:
                reader, writer = await asyncio.open_unix_connection(path, limit=1 << 24)
            try:
                return _DECODER.decode(await reader.read())
            finally:
                writer.close()
    except (OSError, TimeoutError, msgspec.MsgspecError):
        return None
