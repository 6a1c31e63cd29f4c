"""The ledger's figures as metrics, with labels that stay few however many units there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from hub.ledger.vitals import Figures, Pulse, age
from hub.metrics import catalogue_ledger
from hub.metrics.meter import Labels, Metric, Row

MOST: Final = 200
"""Sources, segments or units that have series of their own; where there are more, they are added up."""
_UNKNOWN: Final = "other"
"""A source that the units do not have any more."""


def ledger_rows(seen: Pulse | None, counted: Figures | None, adapters: Mapping[str, str], now: datetime) -> list[Row]:
    """What a pulse and the figures come to."""
    rows: list[Row] = []
    if seen is not None:
        rows += [
            _row(catalogue_ledger.DUE, seen.due),
            _row(catalogue_ledger.DUE_OLDEST, age(seen.due_since, now)),
            _row(catalogue_ledger.STARVED, seen.starved),
            _row(catalogue_ledger.REPLICA_LAG, seen.server.behind),
            _row(catalogue_ledger.STANDBY_WAIT, seen.server.waits),
        ]
    if counted is not None:
        sums: dict[Labels, float] = {}
        by_name = len({(unit, source) for unit, source, *_ in counted.tally}) <= MOST
        for unit, source, place, count in counted.tally:
            name = f"{unit}/{source}"
            labels = (name if by_name else adapters.get(name, _UNKNOWN), place)
            sums[labels] = sums.get(labels, 0) + count
        rows += [_row(catalogue_ledger.MESSAGES, count, *labels) for labels, count in sums.items()]
        outbox = {"ask": (0, ""), "confirm": (0, "")} | counted.outbox
        rows += [_row(catalogue_ledger.OUTBOX, count, kind) for kind, (count, _) in outbox.items()]
        rows += [_row(catalogue_ledger.OUTBOX_OLDEST, age(since, now), kind) for kind, (_, since) in outbox.items()]
        low = sum(free * 10 < total for _, _, total, free in counted.segments)
        rows += [_row(catalogue_ledger.NUMBERS_LOW, low), _row(catalogue_ledger.PARKED, counted.parked)]
    return rows


def book_rows(books: Mapping[str, Any], at: float) -> list[Row]:
    """What the books, counted in full at a time, come to."""
    rows = [_row(catalogue_ledger.BILLS, count, status) for status, count in books["bills"].items()]
    if len(books["numbers"]) <= MOST:
        rows += [
            _row(catalogue_ledger.NUMBERS, book[state], book["unit"], book["code"], book["from"], state)
            for book in books["numbers"]
            for state in ("used", "void", "reserved", "leased", "quarantined", "free")
        ]
    if len(books["stock"]) <= MOST:
        rows += [
            _row(catalogue_ledger.STOCK, book[state], book["region"], book["code"], book["from"], state)
            for book in books["stock"]
            for state in ("handed_down", "free")
        ]
    return [*rows, _row(catalogue_ledger.BALANCED, books["balanced"]), _row(catalogue_ledger.COUNTED_AT, at)]


def alarm_rows(alarms: Sequence[Mapping[str, Any]]) -> list[Row]:
    """What holds bills and payments up; without units where these are many."""
    few = len({alarm["unit"] for alarm in alarms}) <= MOST
    sums: dict[Labels, float] = {}
    for alarm in alarms:
        code = (alarm["fault"] or {}).get("en", {}).get("code")
        if code:
            labels = (alarm["unit"] if few else "", alarm["what"], code)
            sums[labels] = sums.get(labels, 0) + alarm["count"]
    return [_row(catalogue_ledger.ALARMS, count, *labels) for labels, count in sums.items()]


def pause_rows(pauses: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Which units are paused; without their names where these are many."""
    sums: dict[Labels, float] = {}
    for row in pauses:
        labels = (row["unit"] if len(pauses) <= MOST else "", "closed" if row["doors"] else "open")
        sums[labels] = sums.get(labels, 0) + 1
    return [_row(catalogue_ledger.PAUSED, count, *labels) for labels, count in sums.items()]


def _row(metric: Metric, value: float, *labels: str) -> Row:
    return metric.name, labels, [float(value)]
