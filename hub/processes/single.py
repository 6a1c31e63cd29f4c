"""The same parts wired by function call in the core's own process, for a small machine."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from hub.config import UnitConfig
from hub.engine.desk import Desk
from hub.engine.embedded.core import Core
from hub.engine.embedded.counter import CallCounter
from hub.engine.embedded.home import Home
from hub.engine.embedded.seats import ThreadSeat
from hub.engine.intake import Intake
from hub.engine.platforms import platforms_of
from hub.engine.quota import Gate
from hub.issuing.local import LocalIssuer
from hub.processes.door import OpenDoors, late_reader
from hub.processes.issuer import local_issuer
from hub.processes.pages import LazyApp, embedded_app
from hub.sections.section import QuotaSection


class Single:
    """Doors on the core's loop, and an issuer in a thread beside it; either, both or none."""

    def __init__(self, home: Home, core: Core) -> None:
        self._home = home
        self._core = core
        self._vault = home.vault()
        self._desk: Desk | None = None
        self._doors: OpenDoors | None = None
        self._app: LazyApp | None = None
        self._gate = Gate(time.monotonic)
        self._thread: ThreadSeat | None = None
        self._issuer: LocalIssuer

    async def open_doors(
        self,
        units: Sequence[UnitConfig],
        http: socket.socket,
        mllp: dict[str, socket.socket],
        folders: dict[str, str],
    ) -> None:
        """Opens every door here.

        Raises:
            Config: a source that cannot be bound.
        """
        look = late_reader(self._home, self._vault)
        self._gate.change(units, QuotaSection())
        self._desk = Desk(Intake(units, self._vault), CallCounter(self._core), look, gate=self._gate)
        self._app = embedded_app(self._home)
        self._doors = OpenDoors(self._desk, self._app)
        await self._doors.open(http, mllp, folders)

    def seat_issuer(self, units: Sequence[UnitConfig]) -> None:
        """Issues here.

        Raises:
            Config: a unit without a usable key.
        """
        self._issuer = local_issuer(self._home, units)
        self._thread = ThreadSeat(self._core, lambda: self._issuer)
        self._core.sit(self._thread)

    def change(self, units: Sequence[UnitConfig]) -> None:
        """Takes the units that were read anew; they have been checked."""
        if self._desk is not None:
            self._desk.change(Intake(units, self._vault))
            self._gate.change(units, QuotaSection())
        if self._app is not None:
            self._app.forget()
        if self._thread is not None:
            self._issuer = local_issuer(self._home, units)

    def close_units(self, units: Sequence[str]) -> None:
        """Exactly these units' messages are not taken."""
        self._gate.closed = frozenset(units)

    async def close_doors(self, seconds: float) -> None:
        """Takes nothing new, answers what is in flight."""
        if self._doors is not None:
            await self._doors.close(seconds)

    def close(self) -> None:
        """Ends the thread after what it has in hand."""
        if self._thread is not None:
            self._thread.close()


def check_units(units: Sequence[UnitConfig], home: Home) -> None:
    """Opens everything the processes will open of these units, so that none finds it wrong after the core took them.

    Raises:
        Config: what is wrong, as it would be at start.
    """
    Intake(units, home.vault())
    local_issuer(home, units)
    platforms_of(units, home.trust)
