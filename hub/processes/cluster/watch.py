"""A machine of a cluster looks at its broker and its database all the time, so that a probe never has to.

The database is looked at from a thread of its own: a server that hangs keeps that thread, and nothing else waits.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.engine.cluster.connection import client_options
from hub.engine.cluster.faults import BROKER_SILENT
from hub.engine.cluster.lag import Lag, LagMeter, Unmeasured
from hub.engine.cluster.topics import topics_of
from hub.errors import Config, Fault
from hub.hubfile import HubConfig
from hub.ledger import window
from hub.ledger.faults import CLOCK_BACK, NO_NUMBERS
from hub.ledger.looking import Window, postgres_window
from hub.ledger.postgres.commits import COMMIT_SECONDS
from hub.ledger.postgres.faults import NOT_MIGRATED
from hub.ledger.reserving import MAY_LAG
from hub.ledger.vitals import Figures, Pulse, age, figures, pulse
from hub.ledger.window import HEAD
from hub.metrics.catalogue_machine import LAG_RECORDS, LAG_SECONDS
from hub.metrics.checks import Checks
from hub.metrics.faults import DUE_WAITS, LAGGING, REPLICA_BEHIND, STANDBY, UNCOPIED
from hub.metrics.meter import Row
from hub.processes.figures import ledger_rows
from hub.processes.issuing import stopped

log = logging.getLogger("billhub.watch")

LOOK_SECONDS: Final = 2.0
FIGURES_SECONDS: Final = 15.0


def checks_of(roles: Sequence[str], now: datetime) -> Checks:
    """What a machine with these roles is asked for; messages need a broker and the processes, and nothing else."""
    broker = ("broker", "lag") if {"door", "worker"} & set(roles) else ()
    expected = ("database", "schema", *broker, "issuing", "children")
    return Checks(expected, frozenset({"broker", "children"}), now)


class Watch:
    """Both looks. `units`: how many the hub has; `adapters`: unit/source → adapter."""

    def __init__(self, hub: HubConfig, checks: Checks, adapters: Mapping[str, str], units: int) -> None:
        self._hub = hub
        self._checks = checks
        self._broker: asyncio.Task[None] | None = None
        self._ended = threading.Event()
        self._lag: Lag | None = None
        self._pulse: Pulse | None = None
        self._figures: Figures | None = None
        self._level = -math.inf
        self._denied: dict[str, Fault] = {}
        self.adapters = adapters
        self.units = units

    def start(self) -> None:
        """Begins to look."""
        loop = asyncio.get_running_loop()
        if "broker" in self._checks.expected:
            self._broker = loop.create_task(self._look_at_broker())
        threading.Thread(target=self._look_at_ledger, args=(loop,), name="watch", daemon=True).start()

    async def stop(self) -> None:
        """Looks no more."""
        self._ended.set()
        if self._broker is not None:
            self._broker.cancel()
            await asyncio.gather(self._broker, return_exceptions=True)

    def denies(self, role: str, fault: Fault | None) -> None:
        """What Kafka denies a role, as its processes say, or lacks; None when that is over."""
        before = self._denied.pop(role, None)
        if fault is not None:
            self._denied[role] = fault
        if str(fault) != str(before):  # it is told with every try
            log.warning("%s: %s", role, fault or "that is over")

    def machine(self) -> list[Row]:
        """How far the workers are behind."""
        if self._lag is None:
            return []
        rows: list[Row] = [(LAG_RECORDS.name, (topic,), [float(n)]) for topic, n in self._lag.topics.items()]
        return [*rows, (LAG_SECONDS.name, (), [_waits(self._lag)])]

    def ledger(self) -> list[Row]:
        """What the database says of the whole ledger."""
        return ledger_rows(self._pulse, self._figures, self.adapters, datetime.now(UTC))

    async def _look_at_broker(self) -> None:
        meter = LagMeter(client_options(self._hub), topics_of(self._hub.kafka))
        try:
            while True:
                now, gone, measured = datetime.now(UTC), None, True
                try:
                    self._lag = await meter.look(age=True)
                except Unmeasured:  # brokers answer; this login may only write, and another machine knows the lag
                    self._lag, measured = None, False
                except Config as fault:
                    self._lag, gone = None, fault
                self.denies("topics", gone)
                silent = BROKER_SILENT() if measured and self._lag is None else None
                self._checks.put("broker", next(iter(self._denied.values()), silent), now)
                if self._lag is not None or not measured:
                    self._checks.put("lag", self._lagging(self._lag) if self._lag is not None else None, now)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await meter.close()

    def _lagging(self, lag: Lag) -> Fault | None:
        limits, seconds = self._hub.ready, _waits(lag)
        if seconds > limits.lag_seconds or lag.waiting > limits.lag_records:
            return LAGGING(records=lag.waiting, seconds=round(seconds))
        return None

    def _look_at_ledger(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread."""
        looking: Window | None = None
        counted = 0.0
        while not self._ended.is_set():
            try:
                if looking is None:
                    looking = postgres_window(self._hub.dsn(writes=False), name="billhub watch", seconds=5)
                self._found(loop, self._levelled(pulse(looking, NO_NUMBERS.code)), None)
                if time.monotonic() - counted > FIGURES_SECONDS:
                    self._figures = figures(looking)
                    counted = time.monotonic()
            except Fault as fault:
                self._found(loop, None, fault)
            except Exception as error:  # noqa: BLE001  (a look that fails says so, and is tried again)
                log.warning("the database could not be looked at: %s", type(error).__name__)
            self._ended.wait(LOOK_SECONDS)
        if looking is not None:
            looking.close()

    def _levelled(self, seen: Pulse) -> Pulse:
        """No standby is further behind than since it was level; what it heard last may be a quiet night old."""
        now, behind = time.monotonic(), seen.server.behind
        if not behind:
            self._level = now
        return replace(seen, server=replace(seen.server, behind=min(behind, now - self._level)))

    def _found(self, loop: asyncio.AbstractEventLoop, seen: Pulse | None, fault: Fault | None) -> None:
        def note() -> None:
            now = datetime.now(UTC)
            self._pulse = seen
            self._checks.put("database", fault if seen is None else self._server_fault(seen), now)
            if seen is not None:
                self._checks.put("schema", _schema_fault(seen), now)
                self._checks.put("issuing", self._issuing_fault(seen, now), now)

        try:
            loop.call_soon_threadsafe(note)
        except RuntimeError:  # the loop is closed: the hub has ended
            self._ended.set()

    def _server_fault(self, seen: Pulse) -> Fault | None:
        server = seen.server
        if server.standby and len(self._hub.postgres.servers) == 1:
            return STANDBY()
        if server.alone or server.waits > COMMIT_SECONDS:
            return UNCOPIED(seconds=round(server.waits))
        if server.behind > self._hub.ready.replica_seconds:
            return REPLICA_BEHIND(seconds=round(server.behind))
        return None

    def _issuing_fault(self, seen: Pulse, now: datetime) -> Fault | None:
        last = datetime.fromisoformat(seen.last_issue) if seen.last_issue else now
        if now < last - MAY_LAG:
            return CLOCK_BACK(minutes=(last - now) // timedelta(minutes=1))
        waits = age(seen.due_since, now)
        if waits > self._hub.ready.due_seconds:
            return DUE_WAITS(count=seen.due, seconds=round(waits))
        return stopped(seen.held, seen.held_units, seen.held_code, self.units)


def _waits(lag: Lag) -> float:
    return max(0.0, time.time() - lag.oldest) if lag.oldest is not None else 0.0


def _schema_fault(seen: Pulse) -> Fault | None:
    server = seen.server
    if server.revision < HEAD:
        return NOT_MIGRATED(found=server.revision or "0", needed=HEAD)
    return window.newer(server.revision, server.serves, HEAD)
