"""Adds up what the processes of a machine have counted.

A counter never goes back: what a process counted stays when it ends, and its next life counts on from there; its gauges
go with it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from resource import RUSAGE_SELF, getpagesize, getrusage
from typing import Final

import msgspec

from hub.metrics.catalogue import CPU, OWN, RESIDENT
from hub.metrics.meter import Labels, Row, snapshot

PUSH_SECONDS: Final = 1.0
"""How often a child shows what it has counted."""
_GAUGES: Final = frozenset(metric.name for metric in OWN if metric.kind == "gauge")
_PAGE: Final = getpagesize()

Series = tuple[str, Labels]


class Shown(msgspec.Struct, frozen=True, array_like=True):
    """What a process shows: everything since its start, so that one that is lost costs nothing."""

    pid: int
    role: str
    rows: list[Row]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Shown)


@dataclass(slots=True)
class Gathered:
    """The machine's sums."""

    _living: dict[int, Shown] = field(default_factory=dict)
    _past: dict[Series, list[float]] = field(default_factory=dict)

    def take(self, shown: Shown) -> None:
        """What a living process has counted so far."""
        self._living[shown.pid] = shown

    def ended(self, pid: int) -> None:
        """A process is gone."""
        shown = self._living.pop(pid, None)
        if shown is not None:
            _add(self._past, (row for row in _of_role(shown) if row[0] not in _GAUGES))

    def rows(self) -> list[Row]:
        """All, with the role before the other labels."""
        sums = {series: list(value) for series, value in self._past.items()}
        for shown in self._living.values():
            _add(sums, _of_role(shown))
        return [(name, labels, value) for (name, labels), value in sums.items()]


def _of_role(shown: Shown) -> Iterable[Row]:
    return ((name, (shown.role, *labels), value) for name, labels, value in shown.rows)


def _add(sums: dict[Series, list[float]], rows: Iterable[Row]) -> None:
    for name, labels, value in rows:
        known = sums.get((name, labels))
        sums[name, labels] = list(value) if known is None else [a + b for a, b in zip(known, value, strict=True)]


def own(role: str) -> Shown:
    """What this process has counted."""
    used = getrusage(RUSAGE_SELF)
    CPU.set(used.ru_utime + used.ru_stime)
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  (read once a second)
            RESIDENT.set(int(file.read().split()[1]) * _PAGE)
    except OSError:  # no Linux
        RESIDENT.set(used.ru_maxrss * 1024)
    return Shown(os.getpid(), role, snapshot(OWN))


def push(line: socket.socket, role: str) -> None:
    """Shows it to the parent; where its ear is full, the next time does."""
    try:
        line.send(_ENCODER.encode(own(role)), socket.MSG_DONTWAIT)
    except OSError:
        return


def heard(line: socket.socket) -> list[Shown]:
    """What processes have shown since the last look."""
    found: list[Shown] = []
    while True:
        try:
            found.append(_DECODER.decode(line.recv(1 << 18)))
        except BlockingIOError:
            return found


def line() -> tuple[socket.socket, socket.socket]:
    """(the parent's end, the end that all children inherit): datagrams, so that none is half read."""
    ear, mouth = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.setblocking(False)
    return ear, mouth
