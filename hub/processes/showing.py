"""A child shows its parent what it has counted, once a second and at its end."""

from __future__ import annotations

import asyncio
import socket

from hub.metrics.gather import PUSH_SECONDS, push
from hub.processes.plan import Plan


class Showing:
    """Begins with a running loop; `last` is the word at the end."""

    def __init__(self, plan: Plan) -> None:
        self._role = plan.role.removeprefix("cluster-")
        self._line = socket.socket(fileno=plan.meter) if plan.meter >= 0 else None

    def begin(self) -> None:
        """Shows now, and again every second."""
        if self._line is not None:
            push(self._line, self._role)
            asyncio.get_running_loop().call_later(PUSH_SECONDS, self.begin)

    def last(self) -> None:
        """Shows once more."""
        if self._line is not None:
            push(self._line, self._role)
