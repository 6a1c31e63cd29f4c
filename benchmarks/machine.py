"""Says what machine a figure was measured on, and prints figures the same way everywhere."""

from __future__ import annotations

import os
import platform
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def describe() -> str:
    """One line: processor, cores, memory, kernel, Python, OpenSSL."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?"
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return (
        f"{model}, {os.cpu_count()} cores, {memory // 2**20} GiB, Linux {platform.release()}, "
        f"Python {sys.version.split()[0]}, {ssl.OPENSSL_VERSION}"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def rate(
    work: Callable[[], object], seconds: float = 1.0, rounds: int = 3, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Calls a second on one core: the best of some rounds, because other work on the machine only slows one down.

    `time.process_time` as the clock counts what the core spent on it, for work that waits for nothing.
    """
    best = 0.0
    for _ in range(rounds):
        count, step = 0, 1
        start = clock()
        while (spent := clock() - start) < seconds:
            for _ in range(step):
                work()
            count += step
            step = max(1, min(1000, int(count / max(spent, 1e-6) * 0.01)))
        best = max(best, count / (clock() - start))
    return best


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def show(name: str, **figures: object) -> None:
    """One line a result."""
    parts = [f"{key}={value:,.1f}" if isinstance(value, float) else f"{key}={value}" for key, value in figures.items()]
    print(f"{name:<34} " + "  ".join(parts), flush=True)
