"""Everything a hub listens on, bound before anything is started, so that what cannot be had is known at once."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from hub.config import UnitConfig
from hub.doors.bind import LOOPBACK, bind
from hub.processes.plan import Plan


@dataclass(slots=True)
class Sockets:
    """The HTTP socket, and by unit/source the MLLP sockets and the folders."""

    http: socket.socket
    mllp: dict[str, socket.socket] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)

    def handles(self) -> list[int]:
        """Their file descriptors."""
        return [self.http.fileno(), *(sock.fileno() for sock in self.mllp.values())]

    def given_to(self, plan: Plan) -> Plan:
        """A child's plan with all of them; only the first of its role watches the folders."""
        return msgspec.structs.replace(
            plan,
            http=self.http.fileno(),
            mllp={source: sock.fileno() for source, sock in self.mllp.items()},
            folders=self.folders if plan.number == 0 else {},
        )


def bind_doors(units: Sequence[UnitConfig], http: str) -> Sockets:
    """Everything the units' doors listen on.

    Raises:
        Config: an address that cannot be used.
    """
    sockets = Sockets(listen(http))
    for unit in units:
        for name, source in unit.sources.items():
            if isinstance(source.door, str):
                continue
            where = f"{unit.unit.id}/{name}"
            if source.door.mllp is not None:
                sockets.mllp[where] = listen(source.door.mllp)
            elif source.door.folder is not None:
                folder = unit.folder / source.door.folder
                folder.mkdir(parents=True, exist_ok=True)
                sockets.folders[where] = str(folder)
    return sockets


def listen(address: str) -> socket.socket:
    """A socket on HOST:PORT.

    Raises:
        Config: the address cannot be used.
    """
    host, _, port = address.rpartition(":")
    return bind(host.strip("[]") or LOOPBACK, int(port))
