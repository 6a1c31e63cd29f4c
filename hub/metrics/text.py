"""Metrics in Prometheus' text form (version 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from hub.metrics.meter import Metric, Row

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPED: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def text(metrics: Iterable[Metric], rows: Iterable[Row], also: tuple[str, ...] = ()) -> str:
    """The families that have a value, each with its HELP and TYPE; `also` names labels before the metrics' own."""
    values: dict[str, list[Row]] = {}
    for row in rows:
        values.setdefault(row[0], []).append(row)
    lines: list[str] = []
    for metric in metrics:
        if found := values.get(metric.name):
            lines += [f"# HELP {metric.name} {metric.en}", f"# TYPE {metric.name} {metric.kind}"]
            names = (*also, *metric.labels)
            for _, labels, value in sorted(found):
                lines += _samples(metric, dict(zip(names, labels, strict=True)), value)
    return "".join(f"{line}\n" for line in lines)


def _samples(metric: Metric, labels: dict[str, str], value: list[float]) -> Iterator[str]:
    if metric.kind != "histogram":
        yield _sample(metric.name, labels, value[0])
        return
    *counts, total = value
    for bound, count in zip((*metric.buckets, "+Inf"), accumulate(counts), strict=True):
        yield _sample(f"{metric.name}_bucket", {**labels, "le": str(bound)}, count)
    yield _sample(f"{metric.name}_sum", labels, total)
    yield _sample(f"{metric.name}_count", labels, sum(counts))


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    """One line; label values are escaped as the form asks."""
    said = ",".join(f'{label}="{shown.translate(_ESCAPED)}"' for label, shown in labels.items())
    number = str(int(value)) if value == int(value) else repr(value)
    return f"{name}{{{said}}} {number}" if said else f"{name} {number}"
