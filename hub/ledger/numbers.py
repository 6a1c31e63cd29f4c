"""Number segments: received from the fiscal department, reserved one by one for due bills."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from hub.ledger.faults import SEGMENT_WRONG

_SEGMENTS: Final = "SELECT id, first, last, next FROM segment WHERE unit = ? AND code = ? AND next <= last ORDER BY id"
_ADVANCE: Final = "UPDATE segment SET next = ? WHERE id = ?"


@dataclass(slots=True)
class _Open:
    id: int
    last: int
    next: int


class Numbers:
    """The open segments, kept in memory by the one writer; `forget` after a rollback."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._open: dict[tuple[str, str], list[_Open]] = {}
        self._moved: dict[int, int] = {}

    def take(self, unit: str, code: str) -> str | None:
        """The next number, ten digits, or None when the segments of this code are used up."""
        held = self._held(unit, code)
        while held:
            segment = held[0]
            if segment.next <= segment.last:
                number = segment.next
                segment.next += 1
                self._moved[segment.id] = segment.next
                return f"{number:010d}"
            held.pop(0)
        return None

    def free(self, unit: str, code: str) -> int:
        """How many numbers are left."""
        return sum(segment.last - segment.next + 1 for segment in self._held(unit, code))

    def reread(self, unit: str, code: str) -> None:
        """A segment was added inside this transaction."""
        self.write()
        self._open.pop((unit, code), None)

    def _held(self, unit: str, code: str) -> list[_Open]:
        held = self._open.get((unit, code))
        if held is None:
            rows = self._connection.execute(_SEGMENTS, (unit, code))
            held = self._open[unit, code] = [_Open(id_, last, next_) for id_, _first, last, next_ in rows]
        return held

    def write(self) -> None:
        """Writes how far the segments have been used; inside the caller's transaction."""
        if self._moved:
            self._connection.executemany(_ADVANCE, [(next_, id_) for id_, next_ in self._moved.items()])
            self._moved.clear()

    def forget(self) -> None:
        """Drops what is in memory, because the transaction was rolled back or a segment came in."""
        self._open.clear()
        self._moved.clear()


def segment_of(code: str, first: str, last: str) -> tuple[int, int]:
    """First and last number of a segment.

    Raises:
        Reject: it is not a segment.
    """
    if not (code.isascii() and code.isdigit() and len(code) == 8):
        raise SEGMENT_WRONG(found=code)
    for number in (first, last):
        if not (number.isascii() and number.isdigit() and len(number) <= 10):
            raise SEGMENT_WRONG(found=number)
    low, high = int(first), int(last)
    if low > high:
        raise SEGMENT_WRONG(found=f"{first} > {last}")
    return low, high
