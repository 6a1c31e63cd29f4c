"""How long an HTTP peer may take with what it is doing just now: the deadline of its connection, in the loop's time."""

from __future__ import annotations

from hub.doors.http_incoming import Incoming
from hub.doors.http_limits import HttpLimits
from hub.doors.pressure import Pressure
from hub.doors.server import NEVER


class Patience:
    """Time that passes while the hub itself is at work, or does not read on, is nobody's."""

    __slots__ = ("_idle_until", "_limits", "_write_until")

    def __init__(self, limits: HttpLimits, moment: float) -> None:
        """The peer has connected, and is to send a whole head."""
        self._limits = limits
        self._idle_until = moment + limits.head_seconds
        self._write_until = NEVER

    def answered(self, moment: float) -> None:
        """A request has been answered: the next one may be a while."""
        self._idle_until = moment + self._limits.idle_seconds

    def filled(self, moment: float) -> None:
        """What is written waits for the peer to read."""
        self._write_until = moment + self._limits.write_seconds

    def until(self, incoming: Incoming, pressure: Pressure) -> float:
        """The deadline, as things stand."""
        if pressure.full:
            return self._write_until
        if incoming.queue:
            first = incoming.queue[0]
            waiting = first.complete or not pressure.reading
            return NEVER if waiting else first.body_since + self._limits.body_seconds
        if incoming.reader.head_since is not None:
            return incoming.reader.head_since + self._limits.head_seconds
        return self._idle_until
