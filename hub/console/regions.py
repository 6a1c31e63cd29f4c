"""The overview by region: each region with everything below it, indented as the tree is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hub.config import UnitConfig
from hub.regions import Region

SUMS: Final = ("received", "parked", "refused", "due", "issued", "free", "paused")


def units_in(region: str, units: Sequence[UnitConfig]) -> list[UnitConfig]:
    """The units in a region and below it; all where none is named."""
    return [unit for unit in units if not region or any(one.code == region for one in unit.above)]


def regions_of(glance: Mapping[str, Any], units: Sequence[UnitConfig]) -> list[dict[str, Any]]:
    """[{code, name, depth, units, and each of `SUMS` over its subtree}]."""
    rows: dict[Region, dict[str, int]] = {}
    paths: dict[Region, tuple[Region, ...]] = {}
    for unit in units:
        own = _of_unit(glance, unit.unit.id, unit.sources)
        for place, region in enumerate(unit.above):
            paths[region] = unit.above[place:]
            row = rows.setdefault(region, dict.fromkeys((*SUMS, "units"), 0))
            row["units"] += 1
            for name in SUMS:
                row[name] += own[name]
    for held in glance.get("stock", ()):
        for region in next((path for one, path in paths.items() if one.code == held["region"]), ()):
            rows[region]["free"] += held["free"]
    order = sorted(rows, key=lambda region: [one.code for one in reversed(paths[region])])
    return [{"code": one.code, "name": one.name, "depth": len(paths[one]) - 1, **rows[one]} for one in order]


def _of_unit(glance: Mapping[str, Any], unit: str, sources: Iterable[str]) -> dict[str, int]:
    books = [glance["sources"].get(f"{unit}/{name}", {}) for name in sources]
    bills = glance.get("by_unit", {}).get(unit, {})
    return {
        "received": sum(sum(book.values()) for book in books),
        "parked": sum(book.get("parked", 0) for book in books),
        "refused": sum(book.get("refused", 0) for book in books),
        "due": bills.get("due", 0),
        "issued": sum(bills.get(status, 0) for status in ("issued", "issued_offline", "confirmed")),
        "free": sum(row["free"] for row in glance["numbers"] if row["unit"] == unit),
        "paused": sum(row["unit"] == unit for row in glance.get("paused", ())),
    }
