"""What all children share: a link to the core, an orderly end, and no life without the parent."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
import uvloop

from hub.engine.embedded.frames import Failed, Frame, Hello, Link, Role, Stop
from hub.engine.embedded.home import Home
from hub.errors import Config, Fault
from hub.ledger.records import record
from hub.processes.memory import settle
from hub.processes.plan import name_of, plan_from_environment
from hub.processes.showing import Showing
from hub.tracing.spans import TRACES


class Child:
    """A process behind a link. `on_frame` gets everything but `Stop`; `on_stop` finishes what is in hand."""

    def __init__(self, role: Role, socket: Path, capacity: int = 0) -> None:
        self._role: Role = role
        self._socket = socket
        self._capacity = capacity
        self.link: Link
        self.on_frame: Callable[[Frame], None] = lambda _: None
        self.on_stop: Callable[[float], Awaitable[None]] = _nothing
        self._stopping: asyncio.Task[None] | None = None
        plan = plan_from_environment()
        self._showing = Showing(plan)
        TRACES.begin(plan.collector, role, name_of(role, plan.data, plan.number))

    async def connect(self) -> Link:
        """Connects and says hello."""
        loop = asyncio.get_running_loop()
        _, self.link = await loop.create_unix_connection(lambda: Link(self._frames, self._lost), str(self._socket))
        return self.link

    def hello(self) -> None:
        """Tells the core that this child is ready."""
        settle()
        self._showing.begin()
        self.link.send(Hello(self._role, os.getpid(), self._capacity))

    def _frames(self, _link: Link, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if isinstance(frame, Stop):
                self._stopping = asyncio.get_running_loop().create_task(self._stop(frame.seconds))
            else:
                self.on_frame(frame)

    async def _stop(self, seconds: float) -> None:
        await self.on_stop(seconds)
        TRACES.end()
        self._showing.last()
        self.link.close()

    def _lost(self, _link: Link) -> None:
        """Without a core nothing can be acknowledged; the parent, if it lives, starts this child anew."""
        logging.shutdown()
        os._exit(0 if self._stopping else 1)


async def _nothing(_seconds: float) -> None:
    return None


def run_child(main: Callable[[], Awaitable[None]]) -> None:
    """Runs a child for ever. Ctrl-C is the parent's matter: it tells the children what to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")

    async def for_ever() -> None:
        await main()
        await asyncio.Event().wait()

    try:
        uvloop.run(for_ever())
    except Config as fault:
        _tell(fault)
        sys.exit(3)


def _tell(fault: Fault) -> None:
    """Lets the parent, which ends with it, say what is wrong."""
    packed = msgspec.msgpack.encode([Failed(record(fault))])
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(Home(plan_from_environment().data_path).socket))
        line.sendall(struct.pack(">I", len(packed)) + packed)
