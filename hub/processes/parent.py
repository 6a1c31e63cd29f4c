"""Runs the embedded hub: the parent owns the database and supervises; doors, issuers and the relay are its children.

With `--doors 0 --issuers 0` the same parts are wired by function call in this one process.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop

from hub.config import UnitConfig, load_units
from hub.engine.embedded.commands import Commands, closed_of
from hub.engine.embedded.core import Core
from hub.engine.embedded.home import Home
from hub.engine.embedded.switchboard import Switchboard
from hub.errors import Fault
from hub.ledger.lock import FolderLock
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.metrics.checks import Checks
from hub.processes.accepted import accept
from hub.processes.archiving import Archive, check, keep
from hub.processes.board import Board
from hub.processes.children import Children
from hub.processes.issuing import stopped_by_alarms
from hub.processes.memory import settle
from hub.processes.plan import Plan, name_of
from hub.processes.ready import say_ready
from hub.processes.sockets import Sockets, bind_doors
from hub.tracing.collector import Collector
from hub.tracing.collector import check as check_traces
from hub.tracing.spans import TRACES

if TYPE_CHECKING:
    from hub.processes.single import Single

log = logging.getLogger("billhub")

EXPECTED: Final = ("database", "issuing", "children")
"""What an embedded hub is asked for by `/readyz`."""
VITAL: Final = frozenset({"database", "children"})
LOOK_SECONDS: Final = 2.0
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
    archive: Archive | None = None
    keep_days: int = 90
    collector: Collector | None = None


def processes_for(cores: int) -> tuple[int, int]:
    """(door processes, issuer processes) for a machine: none of either on one core, where all is one process.

    The core's process is a third; on two cores one of each costs the least CPU a bill (benchmarks/README.md).
    """
    return (0, 0) if cores < 2 else (min(cores // 2, 4), min(cores // 2, 16))


def run(options: Options) -> None:
    """Runs the hub until SIGTERM or SIGINT.

    Raises:
        Config: the units, the data folder or an address cannot be used.
    """
    uvloop.run(_run(options))


async def _run(options: Options) -> None:
    units = load_units(options.config)
    check_traces(options.collector)
    home = Home(options.data)
    home.make()
    lock = FolderLock(home.folder)
    try:
        sockets = bind_doors(units, options.http)
        hub = _Hub(options, units, home, sockets)
        await hub.run()
    finally:
        lock.release()


class _Hub:
    def __init__(self, options: Options, units: list[UnitConfig], home: Home, sockets: Sockets) -> None:
        self._options = options
        self._units = units
        self._home = home
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        self._fault: Fault | None = None
        self._ended = asyncio.Event()
        vault = home.vault()  # makes the master key on the first start, before any child needs it
        check(options.archive, vault)
        keep(home, options.archive)
        rules = {unit.unit.id: rules_of(unit) for unit in units}
        self._ledger = SqliteLedger(home.folder, rules)
        self._core = Core(self._ledger, lambda: datetime.now(UTC), self._fatal, keep_days=options.keep_days)
        self._signs = Board("core", Checks(EXPECTED, VITAL, datetime.now(UTC)), lambda: datetime.now(UTC))
        self._children = Children(self._fatal, self._signs.ended)
        self._signs.children = self._children
        commands = Commands(self._ledger, self._core, self.reload, self._close_doors)
        self._board = Switchboard(self._core, commands, self._hello)
        self._core.poke = self._board.poke
        self._board.failed = self._fatal
        self._single: Single | None = None
        default_doors, default_issuers = processes_for(os.cpu_count() or 1)
        self._door_count = options.doors if options.doors is not None else default_doors
        self._issuer_count = options.issuers if options.issuers is not None else default_issuers
        self._expected = self._door_count + self._issuer_count

    async def run(self) -> None:
        for sign in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(sign, self._ended.set)
        self._loop.add_signal_handler(signal.SIGHUP, self.reload)
        accept(self._home, self._units)
        TRACES.begin(self._options.collector, "core", name_of("core", str(self._home.folder.resolve())))
        self._home.socket.unlink(missing_ok=True)
        server = await self._loop.create_unix_server(self._board.link, str(self._home.socket))
        self._home.socket.chmod(0o600)
        await self._signs.open(self._home.folder)
        self._look()
        self._start_children()
        if not (self._issuer_count and self._door_count):
            await self._start_here()
        self._core.wake()
        if self._single is not None:
            self._single.close_units(closed_of(self._ledger.pauses()))
        if self._expected == 0:
            self._say_ready()
        await self._ended.wait()
        await self._drain()
        server.close()
        self._home.socket.unlink(missing_ok=True)
        TRACES.end()
        self._signs.close()
        self._ledger.close()
        if self._fault is not None:
            raise self._fault

    def _look(self) -> None:
        """Says of itself what a probe wants to know; a database that refused the last batch is tried."""
        now = datetime.now(UTC)
        self._signs.checks.put("database", self._core.look(), now)
        self._signs.checks.put("issuing", stopped_by_alarms(self._ledger.alarms(), len(self._units)), now)
        if not self._ended.is_set():
            self._loop.call_later(LOOK_SECONDS, self._look)

    async def _start_here(self) -> None:
        """What has no processes of its own runs in this one."""
        from hub.processes.single import Single

        self._single = Single(self._home, self._core)
        if self._issuer_count == 0:
            self._single.seat_issuer(self._units)
        if self._door_count == 0:
            sockets = self._sockets
            await self._single.open_doors(self._units, sockets.http, sockets.mllp, sockets.folders)

    def _start_children(self) -> None:
        data, meter = str(self._home.folder.resolve()), self._signs.mouth.fileno()
        traces = self._options.collector
        for number in range(self._door_count):
            plan = self._sockets.given_to(Plan("door", data, number=number, meter=meter, collector=traces))
            self._children.start(plan, [*self._sockets.handles(), meter])
        for number in range(self._issuer_count):
            plan = Plan("issuer", data, number=number, meter=meter, collector=traces)
            self._children.start(plan, [meter])
        if self._options.archive is not None or any(unit.calls_out for unit in self._units):
            self._children.start(Plan(role="relay", data=data, meter=meter), [meter])

    def _hello(self, role: str, pid: int) -> None:
        self._children.met(pid)
        if self._expected and role in {"door", "issuer"}:
            self._expected -= 1
            if self._expected == 0:
                self._say_ready()

    def _close_doors(self, units: list[str]) -> None:
        """Of units that are paused with their doors, and of no others."""
        self._board.closed(units)
        if self._single is not None:
            self._single.close_units(units)

    def _say_ready(self) -> None:
        settle()
        say_ready(self._units, self._sockets, self._options.ready)

    def reload(self) -> None:
        """Reads the units anew; a broken file changes nothing and says so in the log."""
        from hub.processes.single import check_units

        try:
            units = load_units(self._options.config)
            check_units(units, self._home)
            accept(self._home, units)
        except (Fault, OSError) as fault:
            log.warning("the units were not changed: %s", fault)
            return
        self._units = units
        self._ledger.change_rules({unit.unit.id: rules_of(unit) for unit in units})
        if self._single is not None:
            self._single.change(units)
        self._board.reload()
        log.info("the units were read anew")

    def _fatal(self, fault: Fault) -> None:
        self._fault = self._fault or fault
        self._ended.set()

    async def _drain(self) -> None:
        """Doors first, so that nothing new comes; then what is queued; then the issuers."""
        self._children.no_more()
        seconds = DRAIN_SECONDS if self._fault is None else 0.5
        end = self._loop.time() + seconds
        if self._single is not None:
            await self._single.close_doors(seconds / 2)
        self._board.stop("door", seconds / 2)
        await self._until(lambda: not self._board.connected("door"), end)
        self._core.stop_taking()
        await self._until(lambda: self._core.idle, end)
        for role in ("issuer", "relay"):
            self._board.stop(role, 1.0)
        await self._children.end(max(0.5, end - self._loop.time()))
        if self._single is not None:
            self._single.close()

    async def _until(self, condition: Callable[[], bool], end: float) -> None:
        """Waits for a condition that other callbacks of this loop bring about, at most until `end`."""
        while not condition() and self._loop.time() < end:  # noqa: ASYNC110  (many causes, one bounded wait)
            await asyncio.sleep(0.01)
