"""How many refused bodies are kept: a sender that is refused all day must not fill the disk with it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

A_DAY: Final = 1000


class Kept:
    """Counts them by source and day; of what comes beyond, the reason is kept and the bytes are not."""

    def __init__(self, a_day: int = A_DAY) -> None:
        self._a_day = a_day
        self._day = date.min
        self._counts: dict[tuple[str, str], int] = {}

    def one_more(self, unit: str, source: str, at: datetime) -> bool:
        """Whether the bytes of one more are kept."""
        day = at.astimezone(UTC).date()
        if day != self._day:
            self._day, self._counts = day, {}
        count = self._counts[unit, source] = self._counts.get((unit, source), 0) + 1
        return count <= self._a_day
