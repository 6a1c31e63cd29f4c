"""The listening half that HTTP and MLLP share: connections, time-outs by one sweep, and draining.

Time-outs are a number on each connection and one timer for all: a timer a message would cost more than parsing it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from hub.errors import describe

log = logging.getLogger("billhub.doors")

NEVER = math.inf


class Connection(Protocol):
    """One accepted connection."""

    deadline: float

    def expire(self) -> None:
        """Called when the deadline, in the loop's time, has passed."""

    def drain(self) -> None:
        """Close now if nothing is in flight, else after the answer under way."""

    def abort(self) -> None:
        """Close at once."""


class SocketServer:
    """Accepts on a listening socket until closed."""

    def __init__(self, source: str, sweep_seconds: float) -> None:
        self.source = source
        self.loop = asyncio.get_running_loop()
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.draining = False
        self.address: tuple[str, int] = ("", 0)
        self._sweep_seconds = sweep_seconds
        self._sweeper: asyncio.TimerHandle | None = None
        self._listener: asyncio.Server | None = None
        self._empty = asyncio.Event()

    async def listen(self, sock: socket.socket, protocol: Callable[[], asyncio.Protocol], backlog: int) -> None:
        """Starts accepting; the socket is bound already and is closed with the server."""
        host, port = sock.getsockname()[:2]
        self.address = (str(host), int(port))
        self._listener = await self.loop.create_server(protocol, sock=sock, backlog=backlog)
        self.sweep()

    def sweep(self) -> None:
        """Ends what is overdue, then comes back."""
        moment = self.loop.time()
        for connection in [each for each in self.connections if each.deadline <= moment]:
            connection.expire()
        self._sweeper = self.loop.call_later(self._sweep_seconds, self.sweep)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs work that `close` waits for."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def left(self, connection: Connection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        self._check_empty()

    async def close(self, grace_seconds: float = 8.0) -> None:
        """Accepts no more, lets requests in flight finish within the grace, then ends the rest."""
        self.draining = True
        if self._listener is not None:
            self._listener.close()
        for connection in list(self.connections):
            connection.drain()
        self._check_empty()
        try:
            async with asyncio.timeout(grace_seconds):
                await self._empty.wait()
        except TimeoutError:
            log.warning("%s: %d connections and %d answers cut at close", self.source, *self._left_over())
            for task in list(self.tasks):
                task.cancel()
            for connection in list(self.connections):
                connection.abort()
            await asyncio.gather(*self.tasks, return_exceptions=True)
        if self._sweeper is not None:
            self._sweeper.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s: %s", self.source, describe(error))
        self._check_empty()

    def _check_empty(self) -> None:
        if self.draining and not self.connections and not self.tasks:
            self._empty.set()

    def _left_over(self) -> tuple[int, int]:
        return len(self.connections), len(self.tasks)


def sweep_every(*seconds: float) -> float:
    """How often to look, so that no time-out is late by more than a quarter, nor the loop woken for nothing."""
    return min(1.0, max(0.02, min(seconds) / 4))


class EverySecond:
    """A value made once a second at most."""

    def __init__(self, make: Callable[[float], bytes]) -> None:
        self._make = make
        self._second = -1
        self._value = b""

    def __call__(self) -> bytes:
        """The value for the present second."""
        moment = time.time()
        if int(moment) != self._second:
            self._second = int(moment)
            self._value = self._make(moment)
        return self._value
