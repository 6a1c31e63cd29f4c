"""How much of what senders send is held in memory: by one connection ahead of its turn, and by the door altogether.

Without it 2000 connections could each hold 16 requests of 16 MiB. Small bodies are not counted until one is large:
counting each would cost every message for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hub.doors.http_request import Request

AHEAD: Final = 256 * 1024
"""Body bytes that may wait behind the request whose turn it is, or unread by an application; then reading stops."""
SMALL: Final = 8 * 1024


@dataclass(slots=True)
class Budget:
    """What all connections of a door may hold, and do."""

    limit: int
    held: int = 0


class Share:
    """One connection's part of it."""

    __slots__ = ("_budget", "_counted")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._counted = 0

    def fits(self, queue: Sequence[Request], more: int) -> bool:
        """Counts what the queue and `more` bytes hold; whether the door as a whole is within its limit."""
        if not self._counted and more <= SMALL and (not queue or queue[-1].buffered <= SMALL):
            return True
        held = sum([request.buffered for request in queue]) + more
        self._budget.held += held - self._counted
        self._counted = held
        return self._budget.held <= self._budget.limit

    def release(self) -> None:
        """The connection is gone."""
        self._budget.held -= self._counted
        self._counted = 0


def ahead(queue: Sequence[Request]) -> int:
    """Bytes that wait behind the request whose turn it is."""
    return sum([request.buffered for request in queue]) - queue[0].buffered if len(queue) > 1 else 0
