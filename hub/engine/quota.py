"""What a unit may send through this process: a token bucket and a limit of what is under way, for each unit its own.

A delivery is let in for one token and pays for the rest of its messages once they are known: a unit may go into debt
with a large file, and is let in again when that is paid off. Senders that are turned away are told to come again, in
their protocol, and after how long; MLLP keeps the message and reads that connection on later.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from hub.config import UnitConfig
from hub.engine.faults import OVER_QUOTA
from hub.ledger.faults import PAUSED
from hub.metrics.catalogue import TURNED_AWAY
from hub.sections.section import QuotaSection

log = logging.getLogger("billhub.quota")

PAUSE_SECONDS: Final = 60
"""When senders of a paused unit are told to come again."""
LONGEST_SECONDS: Final = 3600


@dataclass(slots=True)
class _Bucket:
    quota: QuotaSection
    tokens: float
    at: float
    in_flight: int = 0


@dataclass(slots=True)
class Gate:
    """Lets deliveries in, unit by unit. `clock` is monotonic, in seconds."""

    clock: Callable[[], float]
    quotas: Mapping[str, QuotaSection] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    """units that are paused with their doors"""
    turned_away: dict[str, int] = field(default_factory=dict)
    """unit → deliveries, since the start"""
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def change(self, units: Sequence[UnitConfig], default: QuotaSection) -> None:
        """The units were read anew; what they owe stays owed."""
        self.quotas = {unit.unit.id: unit.quota or default for unit in units}
        for unit, bucket in self._buckets.items():
            bucket.quota = self.quotas.get(unit, bucket.quota)

    @contextmanager
    def passing(self, unit: str) -> Iterator[Callable[[int], None]]:
        """While a delivery is under way. What it yields is told how many messages the delivery turned out to hold.

        Raises:
            Retry: the unit is over its quota, or paused; the value `retry_after` says when to come again.
        """
        if unit in self.closed:
            self._count(unit, "paused")
            raise PAUSED(unit=unit, retry_after=PAUSE_SECONDS)
        bucket = self._bucket(unit)
        if bucket is None:
            yield lambda _messages: None
            return
        if bucket.in_flight >= bucket.quota.in_flight:
            self._count(unit, "quota")
            raise OVER_QUOTA(unit=unit, retry_after=1)
        if bucket.tokens < 1:
            self._count(unit, "quota")
            wait = math.ceil((1 - bucket.tokens) / bucket.quota.per_second)
            raise OVER_QUOTA(unit=unit, retry_after=min(max(wait, 1), LONGEST_SECONDS))
        bucket.tokens -= 1
        bucket.in_flight += 1

        def holds(messages: int) -> None:
            bucket.tokens -= max(0, messages - 1)

        try:
            yield holds
        finally:
            bucket.in_flight -= 1

    def _bucket(self, unit: str) -> _Bucket | None:
        quota = self.quotas.get(unit)
        if quota is None:
            return None
        now = self.clock()
        bucket = self._buckets.get(unit)
        if bucket is None:
            bucket = self._buckets[unit] = _Bucket(quota, float(quota.burst), now)
        bucket.tokens = min(float(quota.burst), bucket.tokens + (now - bucket.at) * quota.per_second)
        bucket.at = now
        return bucket

    def _count(self, unit: str, why: str) -> None:
        """Counts one that is turned away; says so at the first, and whenever there are twice as many."""
        count = self.turned_away[unit] = self.turned_away.get(unit, 0) + 1
        TURNED_AWAY.add(1, why)
        if count & (count - 1) == 0:
            log.warning("%s: deliveries are turned away (%s), %s since the start", unit, why, count)
