"""Runs the embedded hub: the parent owns the database and supervises; doors, issuers and the relay are its children.

With `--doors 0 --issuers 0` the same parts are wired by function call in this one process.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvloop

from hub.config import UnitConfig, load_units
from hub.doors.bind import bind
from hub.engine.desk import Desk
from hub.engine.embedded.commands import Commands
from hub.engine.embedded.core import Core
from hub.engine.embedded.counter import CallCounter
from hub.engine.embedded.home import Home
from hub.engine.embedded.seats import ThreadSeat
from hub.engine.embedded.switchboard import Switchboard
from hub.engine.intake import Intake
from hub.errors import Fault
from hub.ledger.lock import FolderLock
from hub.ledger.reader import Reader
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.processes.children import Children
from hub.processes.door import OpenDoors
from hub.processes.issuer import local_issuer
from hub.processes.pages import LazyApp
from hub.processes.plan import Plan

log = logging.getLogger("billhub")

DRAIN_SECONDS: Final = 8.0
"""How long a drain may take; the surface promises an end within ten seconds."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run."""

    config: Path
    data: Path
    http: str = "127.0.0.1:8080"
    ready: Path | None = None
    doors: int | None = None
    issuers: int | None = None


@dataclass(slots=True)
class Sockets:
    """Everything the hub listens on, bound before anything is started."""

    http: socket.socket
    mllp: dict[str, socket.socket] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)

    def handles(self) -> list[int]:
        """Their file descriptors."""
        return [self.http.fileno(), *(sock.fileno() for sock in self.mllp.values())]


def processes_for(cores: int) -> tuple[int, int]:
    """(door processes, issuer processes) for a machine: measured best for two cores, none of either on one."""
    return (0, 0) if cores < 2 else (min(cores, 4), min(cores, 16))


def run(options: Options) -> None:
    """Runs the hub until SIGTERM or SIGINT.

    Raises:
        Config: the units, the data folder or an address cannot be used.
    """
    uvloop.run(_run(options))


async def _run(options: Options) -> None:
    units = load_units(options.config)
    home = Home(options.data)
    home.make()
    lock = FolderLock(home.folder)
    try:
        sockets = _bind(units, options.http)
        hub = _Hub(options, units, home, sockets)
        await hub.run()
    finally:
        lock.release()


def _bind(units: Sequence[UnitConfig], http: str) -> Sockets:
    sockets = Sockets(_listen(http))
    for unit in units:
        for name, source in unit.sources.items():
            if isinstance(source.door, str):
                continue
            where = f"{unit.unit.id}/{name}"
            if source.door.mllp is not None:
                sockets.mllp[where] = _listen(source.door.mllp)
            elif source.door.folder is not None:
                folder = unit.folder / source.door.folder
                folder.mkdir(parents=True, exist_ok=True)
                sockets.folders[where] = str(folder)
    return sockets


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return bind(host.strip("[]") or "127.0.0.1", int(port))


class _Hub:
    def __init__(self, options: Options, units: list[UnitConfig], home: Home, sockets: Sockets) -> None:
        self._options = options
        self._units = units
        self._home = home
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        self._fault: Fault | None = None
        self._ended = asyncio.Event()
        self._vault = home.vault()
        rules = {unit.unit.id: rules_of(unit) for unit in units}
        self._ledger = SqliteLedger(home.folder, rules)
        self._core = Core(self._ledger, lambda: datetime.now(UTC), self._fatal)
        self._children = Children(self._fatal)
        commands = Commands(self._ledger, self._core, self.reload)
        self._board = Switchboard(self._core, commands, self._hello)
        self._core.poke = self._board.poke
        self._desk: Desk | None = None
        self._doors: OpenDoors | None = None
        self._thread: ThreadSeat | None = None
        default_doors, default_issuers = processes_for(os.cpu_count() or 1)
        self._door_count = options.doors if options.doors is not None else default_doors
        self._issuer_count = options.issuers if options.issuers is not None else default_issuers
        self._expected = self._door_count + self._issuer_count

    async def run(self) -> None:
        for sign in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(sign, self._ended.set)
        self._loop.add_signal_handler(signal.SIGHUP, self.reload)
        self._home.socket.unlink(missing_ok=True)
        server = await self._loop.create_unix_server(self._board.link, str(self._home.socket))
        self._home.socket.chmod(0o600)
        if self._issuer_count == 0:
            issuer = local_issuer(self._home, self._options.config)
            self._thread = ThreadSeat(self._core, lambda: issuer)
            self._core.sit(self._thread)
        if self._door_count == 0:
            await self._open_doors()
        self._start_children()
        self._core.wake()
        if self._expected == 0:
            self._say_ready()
        await self._ended.wait()
        await self._drain()
        server.close()
        self._home.socket.unlink(missing_ok=True)
        self._ledger.close()
        if self._fault is not None:
            raise self._fault

    async def _open_doors(self) -> None:
        reader = Reader(self._home.folder, self._vault, shared=True)
        self._desk = Desk(Intake(self._units, self._vault), CallCounter(self._core), reader)
        self._doors = OpenDoors(self._desk, LazyApp(self._home, self._options.config))
        await self._doors.open(self._sockets.http, self._sockets.mllp, self._sockets.folders)

    def _start_children(self) -> None:
        data, config = str(self._home.folder.resolve()), str(self._options.config.resolve())
        for number in range(self._door_count):
            plan = Plan(
                role="door",
                data=data,
                config=config,
                http=self._sockets.http.fileno(),
                mllp={source: sock.fileno() for source, sock in self._sockets.mllp.items()},
                folders=self._sockets.folders if number == 0 else {},
            )
            self._children.start(plan, self._sockets.handles())
        for _ in range(self._issuer_count):
            self._children.start(Plan(role="issuer", data=data, config=config))
        if needs_relay(self._units):
            self._children.start(Plan(role="relay", data=data, config=config))

    def _hello(self, role: str, pid: int) -> None:
        self._children.met(pid)
        if self._expected and role in {"door", "issuer"}:
            self._expected -= 1
            if self._expected == 0:
                self._say_ready()

    def _say_ready(self) -> None:
        doors: dict[str, str] = {}
        for unit in self._units:
            for name in unit.sources:
                where = f"{unit.unit.id}/{name}"
                if where in self._sockets.mllp:
                    doors[where] = "{}:{}".format(*self._sockets.mllp[where].getsockname()[:2])
                elif where in self._sockets.folders:
                    doors[where] = f"folder:{self._sockets.folders[where]}"
                else:
                    doors[where] = f"/in/{where}"
        host, port = self._sockets.http.getsockname()[:2]
        log.info("ready: http://%s:%s/console/", host, port)
        if self._options.ready is not None:
            text = json.dumps({"pid": os.getpid(), "http": f"{host}:{port}", "doors": doors}, ensure_ascii=False)
            part = self._options.ready.with_suffix(".part")
            part.write_text(text + "\n", "utf-8")
            part.replace(self._options.ready)

    def reload(self) -> None:
        """Reads the units anew; a broken file changes nothing and says so in the log."""
        try:
            units = load_units(self._options.config)
            intake = Intake(units, self._vault) if self._desk is not None else None
        except Fault as fault:
            log.warning("the units were not changed: %s", fault)
            return
        self._units = units
        self._ledger.change_rules({unit.unit.id: rules_of(unit) for unit in units})
        if self._desk is not None and intake is not None:
            self._desk.change(intake)
        self._board.reload()
        log.info("the units were read anew")

    def _fatal(self, fault: Fault) -> None:
        self._fault = fault
        self._ended.set()

    async def _drain(self) -> None:
        """Doors first, so that nothing new comes; then what is queued; then the issuers."""
        self._children.no_more()
        seconds = DRAIN_SECONDS if self._fault is None else 0.5
        end = self._loop.time() + seconds
        if self._doors is not None:
            await self._doors.close(seconds / 2)
        self._board.stop("door", seconds / 2)
        await self._until(lambda: not self._board.connected("door"), end)
        self._core.stop_taking()
        await self._until(lambda: self._core.idle, end)
        for role in ("issuer", "relay"):
            self._board.stop(role, 1.0)
        await self._children.end(max(0.5, end - self._loop.time()))
        if self._thread is not None:
            self._thread.close()

    async def _until(self, condition: Callable[[], bool], end: float) -> None:
        """Waits for a condition that other callbacks of this loop bring about, at most until `end`."""
        while not condition() and self._loop.time() < end:  # noqa: ASYNC110  (many causes, one bounded wait)
            await asyncio.sleep(0.01)


def needs_relay(units: Sequence[UnitConfig]) -> bool:
    """Whether any unit has someone outside to talk to: a fiscal platform, or a channel that is asked."""
    return any(
        unit.signing.platform is not None or any(source.asks for source in unit.sources.values()) for unit in units
    )
