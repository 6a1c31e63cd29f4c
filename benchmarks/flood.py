"""A province in its flood week and in its school peak, as a model: queue lengths, delays, and what processes hold it.

`python -m benchmarks.flood [--worker R] [--issuer R] [--platform R] [--units N] [--seed S]`. Deterministic: one seed
gives one week. Arrivals are drawn bill by bill (30,000 units of very unequal size, hours of the day, cut-off counties
whose bills come in a burst when the line is back, whole fee tables at once); the stages behind them are queues that
serve a fixed number of bills a second each, in order. The rates of worker and issuer are measured (benchmarks.disk,
benchmarks.end_to_end); the platform's, the sizes of units, the hours and the cuts are assumptions.
"""

from __future__ import annotations

import argparse
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

from benchmarks.machine import show

DAY: Final = 86_400
WEEK: Final = 7 * DAY
BILLS: Final = 1_760_000
"""Issued in Henan's flood week."""

HOURS: Final[dict[str, tuple[int, ...]]] = {
    # weights of the hours of a day, from midnight
    "hospital": (2, 1, 1, 1, 1, 2, 6, 30, 100, 120, 110, 70, 25, 30, 70, 80, 70, 40, 15, 10, 8, 6, 4, 3),
    "office": (0, 0, 0, 0, 0, 0, 0, 2, 40, 100, 100, 70, 10, 15, 80, 90, 80, 40, 5, 2, 1, 0, 0, 0),
}
HOSPITALS: Final = 0.12
"""Share of the units; they issue four bills in five."""
COUNTIES: Final = 158
BURST: Final = 5
"""Bills a second a unit sends once it is back on line."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A queue with `count` servers of `rate` bills a second."""

    name: str
    rate: float
    count: int

    @property
    def capacity(self) -> float:
        return self.rate * self.count


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of the arrivals at one stage."""

    departures: array[int]
    longest: int
    """bills in the queue"""
    delays: list[tuple[int, int]]
    """(seconds waited, how many bills)"""


def sizes(units: int, random: Random) -> list[tuple[str, float]]:
    """(kind, share of the bills) of each unit: a few are very large."""
    kinds = ["hospital" if random.random() < HOSPITALS else "office" for _ in range(units)]
    raw = [random.paretovariate(1.16) for _ in kinds]  # the exponent at which a fifth has four fifths
    scale = {kind: sum(size for one, size in zip(kinds, raw, strict=True) if one == kind) for kind in HOURS}
    part = {"hospital": 0.8, "office": 0.2}
    return [(kind, size / scale[kind] * part[kind]) for kind, size in zip(kinds, raw, strict=True)]


def flood_week(units: int, random: Random) -> array[int]:
    """Arrivals a second: from the second noon on a third of the counties are cut off, for six hours on average.

    When a county's line is back, all its units send at once what they issued off line.
    """
    made = array("l", bytes(8 * (WEEK + DAY)))
    hours = {kind: list(accumulate(weights)) for kind, weights in HOURS.items()}
    shares = sizes(units, random)
    cuts: list[tuple[int, int]] = []
    for _ in range(COUNTIES):
        start = DAY + DAY // 2 + int(random.expovariate(1 / DAY))
        cuts.append((start, start + int(random.expovariate(1 / 21_600))) if random.random() < 1 / 3 else (0, 0))
    held = [0] * len(shares)
    for unit in random.choices(range(len(shares)), [share for _, share in shares], k=BILLS):
        kind, (start, end) = shares[unit][0], cuts[unit % COUNTIES]
        at = random.randrange(7) * DAY + _moment(hours[kind], random)
        if start <= at < end:
            at = end + held[unit] // BURST
            held[unit] += 1
        made[min(at, len(made) - 1)] += 1
    return made


def school_peak(units: int, random: Random) -> array[int]:
    """Arrivals a second: an ordinary week, and on the first two mornings 150 schools hand in tables of 8,000 rows."""
    made = array("l", bytes(8 * (WEEK + DAY)))
    hours = {kind: list(accumulate(weights)) for kind, weights in HOURS.items()}
    shares = sizes(units, random)
    for unit in random.choices(range(len(shares)), [share for _, share in shares], k=BILLS):
        made[random.randrange(7) * DAY + _moment(hours[shares[unit][0]], random)] += 1
    for _ in range(150):
        made[random.randrange(2) * DAY + 8 * 3600 + random.randrange(7200)] += 8000
    return made


def _moment(hours: Sequence[int], random: Random) -> int:
    return bisect_right(hours, random.randrange(hours[-1])) * 3600 + random.randrange(3600)


def serve(arrivals: array[int], stage: Stage, away: range = range(0)) -> Queued:
    """First come, first served; nothing is served in the seconds of `away`."""
    departures = array("l", bytes(8 * len(arrivals)))
    waiting: list[list[int]] = []  # [second, bills], oldest first
    head, queue, longest, credit = 0, 0, 0, 0.0
    delays: dict[int, int] = {}
    for second, came in enumerate(arrivals):
        if came:
            waiting.append([second, came])
            queue += came
        if not queue:
            credit = 0.0
            continue
        credit = 0.0 if second in away else credit + stage.capacity
        able = min(int(credit), queue)
        credit -= able
        departures[second] += able
        queue -= able
        longest = max(longest, queue)
        while able:
            oldest = waiting[head]
            done = min(able, oldest[1])
            delays[second - oldest[0]] = delays.get(second - oldest[0], 0) + done
            oldest[1] -= done
            able -= done
            head += not oldest[1]
    return Queued(departures, longest, sorted(delays.items()))


def delay_at(delays: Sequence[tuple[int, int]], share: float) -> int:
    """The seconds that `share` of the bills did not exceed."""
    left = share * sum(count for _, count in delays)
    for seconds, count in delays:
        left -= count
        if left <= 0:
            return seconds
    return delays[-1][0] if delays else 0


def most(arrivals: array[int], seconds: int) -> float:
    """The busiest span of so many seconds, in bills a second."""
    return max(sum(arrivals[at : at + seconds]) for at in range(0, len(arrivals), seconds)) / seconds


def least(arrivals: array[int], name: str, rate: float) -> tuple[Stage, Queued]:
    """The smallest stage in which 99 % of the bills wait at most five seconds, and none more than a minute."""
    count = 1
    while True:
        stage = Stage(name, rate, count)
        served = serve(arrivals, stage)
        if delay_at(served.delays, 0.99) <= 5 and served.delays[-1][0] <= 60:
            return stage, served
        count += 1


def report(name: str, arrivals: array[int], rates: dict[str, float]) -> None:
    """What came, then each stage at its least and with one process less, then an outage in the busiest hour."""
    show(
        name,
        bills=sum(arrivals),
        busiest_second=max(arrivals),
        minute_per_s=most(arrivals, 60),
        hour_per_s=most(arrivals, 3600),
    )
    flow = arrivals
    for stage_name, rate in rates.items():
        for stage, served in _choices(flow, stage_name, rate):
            show(
                f"  {stage.name} × {stage.count}",
                per_s=stage.capacity,
                longest_queue=served.longest,
                p50_s=delay_at(served.delays, 0.5),
                p99_s=delay_at(served.delays, 0.99),
                longest_s=served.delays[-1][0],
            )
        flow = served.departures
    busiest = max(range(0, WEEK, 3600), key=lambda at: sum(arrivals[at : at + 3600]))
    first, rate = next(iter(rates.items()))
    stage, _ = least(arrivals, first, rate)
    struck = serve(arrivals, stage, range(busiest, busiest + 3600))
    left, end = 0, len(arrivals)
    for at, came in enumerate(arrivals):
        left += came - struck.departures[at]
        if at >= busiest + 3600 and not left:
            end = at
            break
    show(
        f"  an hour without {first}s, × {stage.count} after",
        longest_queue=struck.longest,
        drained_after_min=(end - busiest - 3600) / 60,
    )


def _choices(flow: array[int], name: str, rate: float) -> Iterator[tuple[Stage, Queued]]:
    stage, served = least(flow, name, rate)
    if stage.count > 1:
        fewer = Stage(name, rate, stage.count - 1)
        yield fewer, serve(flow, fewer)
    yield stage, served


def main() -> None:
    """Prints both weeks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=float, default=370.0, help="bills a second of one worker process")
    parser.add_argument("--issuer", type=float, default=700.0, help="bills a second of one issuer process")
    parser.add_argument("--platform", type=float, default=300.0, help="bills a second the fiscal platform countersigns")
    parser.add_argument("--units", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rates = {"worker": asked.worker, "issuer": asked.issuer, "platform lane": asked.platform}
    weeks: tuple[tuple[str, Callable[[int, Random], array[int]]], ...] = (
        ("flood week", flood_week),
        ("September school peak", school_peak),
    )
    for name, week in weeks:
        report(name, week(asked.units, Random(asked.seed)), rates)


if __name__ == "__main__":
    main()
