"""Starts children, starts a dead one anew, and sees them all out. Each is ended by its own process id."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from hub.engine.faults import CHILD_FAILS
from hub.errors import Fault
from hub.processes.lifeline import die_with_parent
from hub.processes.plan import Plan, environment_of

log = logging.getLogger("billhub.children")

FASTEST_RESTART: Final = 0.2
SLOWEST_RESTART: Final = 5.0
STEADY_SECONDS: Final = 10.0
"""A child that lived this long was well: its next restart is quick again."""

MODULES: Final = {
    "door": "hub.processes.door",
    "issuer": "hub.processes.issuer",
    "relay": "hub.processes.relay",
    "cluster-door": "hub.processes.cluster.door",
    "cluster-worker": "hub.processes.cluster.worker",
    "cluster-issuer": "hub.processes.cluster.issuer",
    "cluster-console": "hub.processes.cluster.console",
    "cluster-relay": "hub.processes.cluster.relay",
}


@dataclass(slots=True)
class _Seat:
    plan: Plan
    handles: Sequence[int]
    task: asyncio.Task[None] | None = None
    process: asyncio.subprocess.Process | None = None
    met: bool = False
    lives: int = 0

    @property
    def gone(self) -> bool:
        """Whether it does not work; what starts for the first time is not missed yet."""
        ended = self.process is not None and self.process.returncode is not None
        return ended or (self.lives > 1 and not self.met)


class Children:
    """The hub's child processes. `fatal` is called when one does not start at all."""

    def __init__(self, fatal: Callable[[Fault], None], gone: Callable[[int], None] = lambda _: None) -> None:
        """`gone` hears of each process that ended."""
        self._fatal = fatal
        self._gone = gone
        self.restarts: dict[str, int] = {}
        """role → processes that were started anew"""
        self._seats: list[_Seat] = []
        self._ending = False

    def start(self, plan: Plan, handles: Sequence[int] = ()) -> None:
        """Starts a child, and keeps it started; `handles` are the file descriptors it inherits."""
        seat = _Seat(plan, handles)
        seat.task = asyncio.get_running_loop().create_task(self._keep(seat))
        self._seats.append(seat)

    def no_more(self) -> None:
        """Whoever ends from now on is not started anew."""
        self._ending = True

    def met(self, pid: int) -> None:
        """A child said hello."""
        for seat in self._seats:
            if seat.process is not None and seat.process.pid == pid:
                seat.met = True

    def pids(self, role: str) -> list[int]:
        """The process ids of a role."""
        return [
            seat.process.pid
            for seat in self._seats
            if seat.plan.role == role and seat.process is not None and seat.process.returncode is None
        ]

    def living(self) -> dict[str, int]:
        """Role → processes that run."""
        found = dict.fromkeys((_role(seat) for seat in self._seats), 0)
        for seat in self._seats:
            found[_role(seat)] += seat.process is not None and seat.process.returncode is None
        return found

    def missing(self) -> list[str]:
        """The roles of processes that do not run, or were started anew and have not said hello since."""
        return sorted({_role(seat) for seat in self._seats if seat.gone})

    def signal(self, sign: signal.Signals) -> None:
        """Sends a signal to every living child."""
        for seat in self._seats:
            if seat.process is not None and seat.process.returncode is None:
                seat.process.send_signal(sign)

    async def end(self, seconds: float) -> None:
        """Waits until the children are gone; whoever is not, is killed."""
        self._ending = True
        living = [seat.process for seat in self._seats if seat.process is not None and seat.process.returncode is None]
        waits = [asyncio.ensure_future(process.wait()) for process in living]
        if waits:
            await asyncio.wait(waits, timeout=seconds)
        for process in living:
            if process.returncode is None:
                log.warning("process %s does not end; it is killed", process.pid)
                process.send_signal(signal.SIGKILL)
        for seat in self._seats:
            if seat.task is not None:
                seat.task.cancel()

    async def _keep(self, seat: _Seat) -> None:
        pause = FASTEST_RESTART
        failures = 0
        while not self._ending:
            code, seconds = await self._live(seat)
            if self._over():
                return
            failures = 0 if seat.met else failures + 1
            if failures >= 3:
                self._fatal(CHILD_FAILS(role=seat.plan.role))
                return
            pause = FASTEST_RESTART if seconds > STEADY_SECONDS else min(pause * 2, SLOWEST_RESTART)
            log.warning("a %s process ended with %s; it is started anew", seat.plan.role, code)
            self.restarts[_role(seat)] = self.restarts.get(_role(seat), 0) + 1
            await asyncio.sleep(pause)

    def _over(self) -> bool:
        return self._ending

    async def _live(self, seat: _Seat) -> tuple[int, float]:
        """One life of a child: (its exit code, its seconds)."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        seat.met = False
        seat.lives += 1
        seat.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULES[seat.plan.role],
            env=environment_of(seat.plan),
            pass_fds=tuple(seat.handles),
            stdin=asyncio.subprocess.DEVNULL,
            preexec_fn=die_with_parent(),
        )
        pid = seat.process.pid
        code = await seat.process.wait()
        self._gone(pid)
        return code, loop.time() - started


def _role(seat: _Seat) -> str:
    return seat.plan.role.removeprefix("cluster-")
