"""Counters, gauges and histograms of one process: plain numbers in a dictionary, cheap enough for the hot path.

A process shows its own by `snapshot`; whoever starts processes adds them up (`hub.metrics.gather`). The names, labels
and texts of all of them are in the catalogues beside it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, Literal

Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[str, ...]
Row = tuple[str, Labels, list[float]]
"""A series on its way between processes: its name, its label values, and its value, or of a histogram the counts of its
buckets, each with what lies between it and the one before, then the sum."""

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
AGES: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 3600.0)
MANY: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One family. Values of its labels come in the order of `labels`."""

    name: str
    kind: Kind
    en: str
    zh: str
    labels: Labels = ()
    buckets: tuple[float, ...] = ()
    values: dict[Labels, list[float]] = field(default_factory=dict)

    def add(self, count: float = 1, *labels: str) -> None:
        """Counts on."""
        row = self.values.get(labels)
        if row is None:
            self.values[labels] = [float(count)]
        else:
            row[0] += count

    def set(self, value: float, *labels: str) -> None:
        """A gauge's value now."""
        self.values[labels] = [float(value)]

    def observe(self, value: float, *labels: str) -> None:
        """One more in its bucket."""
        row = self.values.get(labels)
        if row is None:
            row = self.values[labels] = [0.0] * (len(self.buckets) + 2)
        row[bisect_left(self.buckets, value)] += 1
        row[-1] += value

    @contextmanager
    def timed(self, *labels: str) -> Iterator[None]:
        """Observes the seconds of a block that ends without an error."""
        began = perf_counter()
        yield
        self.observe(perf_counter() - began, *labels)


def snapshot(metrics: tuple[Metric, ...]) -> list[Row]:
    """Everything this process has counted so far."""
    return [(metric.name, labels, list(row)) for metric in metrics for labels, row in list(metric.values.items())]
