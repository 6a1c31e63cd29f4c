"""What verbs open: a hub's data for reading, and the running hub's core, or its database, for writing.

Every verb imports this file, so it imports the database and the models only when something is opened.
"""

from __future__ import annotations

import getpass
import socket
import struct
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from hub.cli.language import LANG

if TYPE_CHECKING:
    from hub.engine.embedded.frames import Frame
    from hub.engine.embedded.home import Home
    from hub.ledger.reader import Reader
    from hub.ledger.records import Submission
    from hub.security.vault import Vault

DEFAULT_DATA = Path("billhub-data")


def reader(data: Path) -> Reader:
    """A read-only view of a hub's data: a folder, or a cluster's hub.yaml.

    Raises:
        Config: there is none, or its master key is missing.
    """
    if data.is_file():
        from hub.cli.shared import shared_reader

        opened = shared_reader(data)
    else:
        from hub.engine.embedded.home import Home
        from hub.ledger.reader import Reader

        home = Home(data).existing()
        opened = Reader(home.folder, home.vault(), shared=True)
    opened.lang = LANG
    return opened


def vault(data: Path) -> Vault:
    """The keys of a hub's data: a folder, or a cluster's hub.yaml.

    Raises:
        Config: there is no data, or the master key is missing.
    """
    if data.is_file():
        from hub.hubfile import load_hub
        from hub.processes.cluster.child import vault_of

        return vault_of(load_hub(data))
    from hub.engine.embedded.home import Home

    return Home(data).existing().vault()


class Writer(Protocol):
    """Carries out writing commands."""

    def __call__(self, verb: str, **args: Any) -> Any:
        """The result of a verb of `hub.engine.embedded.commands`."""


def writer(data: Path, config: Path | None = None) -> AbstractContextManager[Writer]:
    """The running hub on this folder, or, where none runs, its database opened by this process; or a cluster's.

    Raises:
        Config: no data, or no units where the database has to be opened.
    """
    from hub.engine.embedded.home import Home
    from hub.ledger.lock import holder

    if data.is_file():
        from hub.cli.shared import shared_writer

        return shared_writer(data, config)
    home = Home(data).existing()
    if holder(home.folder) is not None:
        return closing(_Remote(home.socket))
    return _local(home, config)


@contextmanager
def _local(home: Home, config: Path | None) -> Iterator[Writer]:
    """Holds the folder, and keeps a hub from starting on it."""
    from hub.config import load_units
    from hub.engine.embedded.commands import Commands
    from hub.engine.embedded.core import Core
    from hub.ledger.lock import FolderLock
    from hub.ledger.rules import rules_of
    from hub.ledger.sqlite import SqliteLedger

    lock = FolderLock(home.folder)
    try:
        units = load_units(config) if config is not None else []
        ledger = SqliteLedger(home.folder, {unit.unit.id: rules_of(unit) for unit in units})
        try:
            commands = Commands(ledger, Core(ledger, lambda: datetime.now(UTC), _raise, asleep=True), lambda: None)
            yield lambda verb, **args: commands(verb, args)
        finally:
            ledger.close()
    finally:
        lock.release()


def _raise(fault: Exception) -> None:
    raise fault


class _Remote:
    """The admin side of the core's socket, blocking."""

    def __init__(self, path: Path) -> None:
        from hub.engine.embedded.frames import Hello
        from hub.engine.faults import CORE_GONE

        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._gone = CORE_GONE
        self._seq = 0
        try:
            self._socket.connect(str(path))
            self._send(Hello("admin", 0))
        except OSError:
            raise self._gone(str(path)) from None

    def __call__(self, verb: str, **args: Any) -> Any:
        from hub.engine.embedded.frames import Answered, Command
        from hub.errors import fault_from

        self._seq += 1
        try:
            self._send(Command(self._seq, verb, args))
            while True:
                for frame in self._receive():
                    if isinstance(frame, Answered) and frame.seq == self._seq:
                        if frame.fault is not None:
                            raise fault_from(frame.fault.code, frame.fault.where, **frame.fault.values)
                        return frame.result
        except OSError:
            raise self._gone() from None

    def close(self) -> None:
        """Hangs up."""
        self._socket.close()

    def _send(self, frame: Frame) -> None:
        packed = msgspec.msgpack.encode([frame])
        self._socket.sendall(struct.pack(">I", len(packed)) + packed)

    def _receive(self) -> list[Frame]:
        from hub.engine.embedded.frames import Frame

        (length,) = struct.unpack(">I", self._exactly(4))
        return msgspec.msgpack.decode(self._exactly(length), type=list[Frame])

    def _exactly(self, count: int) -> bytes:
        got = bytearray()
        while len(got) < count:
            part = self._socket.recv(count - len(got))
            if not part:
                raise ConnectionResetError("the hub ended")
            got += part
        return bytes(got)


def actor() -> str:
    """Who types the command, for the audit log."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def replayed(submission: Submission) -> bytes:
    """A submission as an argument of the `parked.replay` command."""
    return msgspec.msgpack.encode(submission)
