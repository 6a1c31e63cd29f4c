"""A network between the hub and its servers that can be cut and made narrow, with the hub in a namespace of its own.

Two cables lead out of it: one to the senders, which stays whole, and one to Kafka and PostgreSQL. A cut cable swallows
packets both ways and tells nobody, as a dead switch does: no reset, no "unreachable". Needs root, `ip` and `tc`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

_IP, _TC = "ip", "tc"


@dataclass(frozen=True, slots=True)
class Network:
    """See the module. The four addresses are the ends of the two cables."""

    name: str
    near: tuple[str, str]
    """cables' ends on this machine: to the hub's doors, to its servers"""
    front: str
    servers: str
    hub_front: str
    hub_back: str

    @property
    def inside(self) -> tuple[str, ...]:
        """The words before a command that runs where the hub is."""
        return _IP, "netns", "exec", self.name

    @property
    def range(self) -> str:
        """All four addresses."""
        return f"{self.front.rpartition('.')[0]}.0/29"

    def cut(self) -> None:
        """Swallows what goes either way between hub and servers."""
        for where in self._ends():
            _run(_TC, *where, "replace", "dev", self._device(where), "root", "blackhole")

    def narrow(self, kbit: int) -> None:
        """Lets so much through each way, and keeps a second and a half of it waiting."""
        for where in self._ends():
            shape = ("tbf", "rate", f"{kbit}kbit", "burst", "8kb", "latency", "1500ms")
            _run(_TC, *where, "replace", "dev", self._device(where), "root", *shape)

    def heal(self) -> None:
        """The cable is as new."""
        for where in self._ends():
            _run(_TC, *where, "del", "dev", self._device(where), "root")

    def _ends(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return ("qdisc",), ("-n", self.name, "qdisc")

    def _device(self, where: tuple[str, ...]) -> str:
        return self.near[1] if len(where) == 1 else _FAR[1]


_FAR = ("front", "back")
"""The cables' ends where the hub is."""


def network_here() -> bool:
    """Whether namespaces and cables can be made."""
    if os.geteuid() != 0 or shutil.which(_IP) is None or shutil.which(_TC) is None:
        return False
    name = f"bhtry{os.getpid()}"
    if subprocess.run([_IP, "netns", "add", name], capture_output=True, check=False).returncode:
        return False
    made = subprocess.run([_IP, "link", "add", name[:14], "type", "veth"], capture_output=True, check=False).returncode
    if not made:
        _run(_IP, "link", "del", name[:14])
    _run(_IP, "netns", "del", name)
    return not made


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """Lays the cables; they are gone after the block."""
    short = os.getpid() % 100_000
    third = short % 250
    made = Network(
        f"billhub{short}", (f"bhf{short}", f"bhb{short}"), *(f"10.213.{third}.{last}" for last in (1, 5, 2, 6))
    )
    _run(_IP, "netns", "add", made.name)
    try:
        _run(_IP, "-n", made.name, "link", "set", "lo", "up")
        for near, far, here, there in zip(
            made.near, _FAR, (made.front, made.servers), (made.hub_front, made.hub_back), strict=True
        ):
            _run(_IP, "link", "add", near, "type", "veth", "peer", "name", far, "netns", made.name)
            _run(_IP, "addr", "add", f"{here}/30", "dev", near)
            _run(_IP, "link", "set", near, "up")
            _run(_IP, "-n", made.name, "addr", "add", f"{there}/30", "dev", far)
            _run(_IP, "-n", made.name, "link", "set", far, "up")
        yield made
    finally:
        for near in made.near:
            subprocess.run([_IP, "link", "del", near], capture_output=True, check=False)
        subprocess.run([_IP, "netns", "del", made.name], capture_output=True, check=False)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, stdin=subprocess.DEVNULL)
