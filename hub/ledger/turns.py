"""Turns among units: who waits with much delays nobody who waits with little.

Each unit has a queue of its own. The next turn is that of the unit that was served least since it began to wait; within
a unit, first come is first served. A unit that comes anew starts level with those that are being served: it neither
jumps ahead for having been quiet, nor pays for what it had long ago. (Start-time fair queueing; weights are equal.)
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from itertools import count
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Turns(Generic[Item]):
    """Items by unit. Units that are held keep theirs, and get no turn."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Item]] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._served: dict[str, float] = {}
        self._lined: set[str] = set()
        self._held: frozenset[str] = frozenset()
        self._now = 0.0
        self._tie = count()

    def __bool__(self) -> bool:
        """Whether anybody has a turn."""
        return bool(self._lined)

    def add(self, unit: str, item: Item) -> None:
        """At the end of its unit's queue."""
        self._queues.setdefault(unit, deque()).append(item)
        self._line_up(unit)

    def add_first(self, unit: str, items: Iterable[Item]) -> None:
        """Before all others of its unit, in this order."""
        self._queues.setdefault(unit, deque()).extendleft(reversed(list(items)))
        self._line_up(unit)

    def peek(self) -> tuple[str, Item] | None:
        """Whose turn it is, and with what; None where nobody waits."""
        if not self._heap:
            return None
        unit = self._heap[0][2]
        return unit, self._queues[unit][0]

    def take(self, cost: float = 1.0) -> None:
        """Takes what `peek` showed, which costs its unit that much."""
        served, _, unit = heapq.heappop(self._heap)
        self._lined.discard(unit)
        self._now = served
        self._served[unit] = served + cost
        queue = self._queues[unit]
        queue.popleft()
        if queue:
            self._line_up(unit)
        else:
            del self._queues[unit]
        if not self._lined:  # nobody waits: what was served before is forgotten
            self._now = 0.0
            self._served.clear()

    def hold(self, units: Iterable[str]) -> None:
        """From now on, exactly these units are held."""
        self._held = frozenset(units)
        self._heap = [entry for entry in self._heap if entry[2] not in self._held]
        heapq.heapify(self._heap)
        self._lined = {unit for _, _, unit in self._heap}
        for unit in self._queues:
            self._line_up(unit)

    def clear(self) -> None:
        """Drops what waits; who is held stays so."""
        self._queues.clear()
        self._heap.clear()
        self._served.clear()
        self._lined.clear()
        self._now = 0.0

    def _line_up(self, unit: str) -> None:
        if unit not in self._lined and unit not in self._held and self._queues[unit]:
            self._lined.add(unit)
            start = max(self._now, self._served.get(unit, 0.0))
            heapq.heappush(self._heap, (start, next(self._tie), unit))
