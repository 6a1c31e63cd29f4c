"""A door process: parses, verifies and maps, and sends what gathered to the core in one frame."""

from __future__ import annotations

import asyncio
import functools
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hub.doors.folder import serve_folder
from hub.doors.http import serve_http
from hub.doors.mllp import serve_mllp
from hub.engine.desk import Desk
from hub.engine.embedded.counter import LinkCounter
from hub.engine.embedded.frames import Closed, Frame, Reload, Settled, Verdicts
from hub.engine.embedded.home import Home
from hub.engine.intake import Intake
from hub.engine.quota import Gate
from hub.processes.accepted import accepted
from hub.processes.child import Child, run_child
from hub.processes.pages import LazyApp, embedded_app
from hub.processes.plan import Plan, plan_from_environment
from hub.sections.section import QuotaSection
from hub.security.vault import Vault

if TYPE_CHECKING:
    from hub.ledger.reader import Reader


def late_reader(home: Home, vault: Vault) -> Callable[[], Reader]:
    """A reader that is made when first asked for: the hub is ready before SQLAlchemy is imported."""

    @functools.cache
    def look() -> Reader:
        from hub.ledger import reader

        return reader.Reader(home.folder, vault, shared=True)

    return look


class _Closes(Protocol):
    async def close(self, grace_seconds: float) -> Any: ...


class OpenDoors:
    """The doors of one process."""

    def __init__(self, desk: Desk, app: LazyApp | None) -> None:
        self._desk = desk
        self._app = app
        self._servers: list[_Closes] = []

    async def open(self, http: socket.socket | None, mllp: dict[str, socket.socket], folders: dict[str, str]) -> None:
        """Opens doors on sockets that are bound already, and watches folders."""
        if http is not None:
            self._servers.append(await serve_http(http, self._desk, self._app, refuse=self._desk.refuse))
        for source, sock in mllp.items():
            self._servers.append(await serve_mllp(sock, source, self._desk, refuse=self._desk.refuse))
        for source, path in folders.items():
            self._servers.append(await serve_folder(Path(path), source, self._desk))

    async def close(self, seconds: float) -> None:
        """Takes nothing new, answers what is in flight, closes."""
        await asyncio.gather(*(server.close(seconds) for server in self._servers))


async def main() -> None:
    """Runs a door process by the plan in its environment."""
    plan: Plan = plan_from_environment()
    home = Home(plan.data_path)
    vault = home.vault()
    child = Child("door", home.socket)
    counter = LinkCounter(await child.connect())
    look = late_reader(home, vault)
    units = accepted(home)
    gate = Gate(time.monotonic)
    gate.change(units, QuotaSection())
    desk = Desk(Intake(units, vault), counter, look, gate=gate)
    app = embedded_app(home)

    def on_frame(frame: Frame) -> None:
        if isinstance(frame, Verdicts):
            counter.answered(frame)
        elif isinstance(frame, Settled):
            counter.settled(frame)
        elif isinstance(frame, Reload):
            changed = accepted(home)
            desk.change(Intake(changed, vault))
            gate.change(changed, QuotaSection())
            app.forget()
        elif isinstance(frame, Closed):
            gate.closed = frozenset(frame.units)

    child.on_frame = on_frame
    doors = OpenDoors(desk, app)
    child.on_stop = doors.close
    http = socket.socket(fileno=plan.http) if plan.http >= 0 else None
    mllp = {source: socket.socket(fileno=handle) for source, handle in plan.mllp.items()}
    await doors.open(http, mllp, plan.folders)
    child.hello()
    asyncio.get_running_loop().call_later(1.0, look)  # before the first sender has to wait for it


if __name__ == "__main__":
    run_child(main)
