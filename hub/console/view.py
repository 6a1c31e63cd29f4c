"""A look at the hub, worded in a language and ready to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from hub.bill.money import Fen
from hub.config import UnitConfig
from hub.console.board import Snapshot
from hub.console.regions import regions_of, units_in
from hub.errors import Lang

CHINA: Final = timezone(timedelta(hours=8))
TILES: Final = ("waiting", "due", "issued", "confirmed", "reversed")
"""Statuses that have a figure of their own at the top."""
PLACES: Final = ("applied", "duplicate", "parked", "refused")
SLOW_SECONDS: Final = 60
"""After this long without a countersignature the platform counts as away."""
LOW_SHARE: Final = 50
"""A bill code is low on numbers when less than one in fifty is left …"""
LOW_COUNT: Final = 1000
"""… and fewer than this."""
_UNITS: Final = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))


def view(
    seen: Snapshot, every: Sequence[UnitConfig], lang: Lang, words: dict[str, str], region: str = ""
) -> dict[str, Any]:
    """Everything the templates need: of all units, or of those in a region."""
    units = units_in(region, every)
    if region:
        seen = _inside(seen, {unit.unit.id for unit in units})
    counts: dict[str, int] = seen.glance["bills"]
    names = {unit.unit.id: unit.unit.name for unit in units}
    oldest = _oldest(seen)
    tiles = [
        {"status": status, "count": counts.get(status, 0), "age": _age(oldest.get(status, ""), seen.at, words)}
        for status in TILES
        if status != "issued" or counts.get("issued") or not _countersigned(units)
    ]
    return {
        "running": seen.running,
        "balanced": seen.balanced,
        "tiles": [*tiles, {"status": "parked", "count": seen.parked_count, "age": ""}],
        "alarms": list(_alarms(seen, units, names, lang, words)),
        "sources": _sources(seen, units, names),
        "numbers": [{**row, "low": _low(row)} for row in seen.glance["numbers"]],
        "bills": [_bill(bill) for bill in seen.bills],
        "parked": [_parked(entry, names, lang) for entry in seen.parked],
        "names": names,
        "region": region,
        "regions": regions_of(seen.glance, units),
    }


def _inside(seen: Snapshot, ids: set[str]) -> Snapshot:
    """What one look saw of some units; of bills and of what is parked, as much of it as was looked at."""
    counts: dict[str, int] = {}
    for unit, statuses in seen.glance["by_unit"].items():
        for status, count in statuses.items():
            counts[status] = counts.get(status, 0) + (count if unit in ids else 0)
    of = {name: [row for row in seen.glance[name] if row["unit"] in ids] for name in ("aged", "numbers", "paused")}
    parked = [entry for entry in seen.parked if entry["unit"] in ids]
    return replace(
        seen,
        glance={**seen.glance, **of, "bills": counts},
        bills=[bill for bill in seen.bills if bill["unit"]["id"] in ids],
        parked=parked,
        parked_count=len(parked),
        alarms=[alarm for alarm in seen.alarms if alarm["unit"] in ids],
    )


def _countersigned(units: Sequence[UnitConfig]) -> bool:
    return any(unit.signing.platform is not None for unit in units)


def _oldest(seen: Snapshot) -> dict[str, str]:
    oldest: dict[str, str] = {}
    for row in seen.glance["aged"]:
        if row["since"]:
            oldest[row["status"]] = min(oldest.get(row["status"], row["since"]), row["since"])
    return oldest


def _alarms(
    seen: Snapshot, units: Sequence[UnitConfig], names: dict[str, str], lang: Lang, words: dict[str, str]
) -> Iterable[dict[str, str]]:
    """What keeps bills from being issued or countersigned: recorded faults, a silent platform, numbers that run out."""
    told = set()
    for alarm in seen.alarms:
        fault = alarm["fault"]
        if fault:
            told.add((alarm["unit"], alarm["what"]))
            yield {
                "unit": names.get(alarm["unit"], alarm["unit"]),
                "code": fault[lang]["code"],
                "what": f"{fault[lang]['what']} ({words['bills_held'].format(count=alarm['count'])})",
                "do": fault[lang]["do"],
            }
    with_platform = {unit.unit.id for unit in units if unit.signing.platform is not None}
    for row in seen.glance["aged"]:
        late = row["since"] and (seen.at - datetime.fromisoformat(row["since"])).total_seconds() > SLOW_SECONDS
        if (
            late
            and row["status"] in {"issued", "issued_offline"}
            and row["unit"] in with_platform
            and (row["unit"], row["status"]) not in told
        ):
            what = words["platform_away"].format(count=row["count"], age=_age(row["since"], seen.at, words))
            yield {"unit": names[row["unit"]], "code": "", "what": what, "do": words["platform_away_do"]}
    for row in seen.glance.get("paused", ()):
        said = words["doors_closed" if row["doors"] else "unit_paused"]
        what = said.format(reason=row["reason"], actor=row["actor"], at=china(row["at"]))
        do = words["unit_paused_do"].format(unit=row["unit"])
        yield {"unit": names.get(row["unit"], row["unit"]), "code": "", "what": what, "do": do}
    refilled = {unit.unit.id: unit for unit in units if unit.above and unit.numbers.refill}
    left: dict[tuple[str, str], tuple[int, int]] = {}
    for row in seen.glance["numbers"]:
        free, taken = left.get((row["unit"], row["code"]), (0, 0))
        left[row["unit"], row["code"]] = free + row["free"], taken + row["taken"]
    for (unit, code), (free, taken) in left.items():
        above = refilled.get(unit)
        if above is not None and free >= above.numbers.low:
            continue  # it is refilled before that; below it, nothing is left above
        if above is not None or _low({"free": free, "taken": taken}):
            what = words["numbers_low"].format(code=code, free=f"{free:,}")
            do = words["numbers_low_do"].format(unit=unit, code=code)
            if above is not None:
                do = words["upstream_empty_do"].format(region=above.above[-1].code, code=code)
            yield {"unit": names.get(unit, unit), "code": "", "what": what, "do": do}


def _low(row: dict[str, Any]) -> bool:
    return bool(row["free"] < LOW_COUNT and row["free"] * LOW_SHARE < row["free"] + row["taken"])


def _sources(seen: Snapshot, units: Sequence[UnitConfig], names: dict[str, str]) -> list[dict[str, Any]]:
    shown = []
    for unit in units:
        for name, source in unit.sources.items():
            where = f"{unit.unit.id}/{name}"
            book = seen.glance["sources"].get(where, dict.fromkeys(PLACES, 0))
            shown.append(
                {
                    **book,
                    "received": sum(book.values()),
                    "source": name,
                    "unit": names[unit.unit.id],
                    "adapter": source.adapter,
                    "last": china(seen.glance["last"].get(where, "")),
                }
            )
    return shown


def _bill(bill: dict[str, Any]) -> dict[str, Any]:
    at = bill.get("issued_at") or (bill.get("history") or [{}])[0].get("at", "")
    return {
        "status": bill["status"],
        "face": bill["face"],
        "code": bill.get("bill_code", ""),
        "number": bill.get("bill_number", ""),
        "charge_no": bill.get("charge_no", ""),
        "payer": bill.get("payer", {}).get("name", ""),
        "yuan": Fen(int(bill.get("total_fen", 0))).yuan,
        "at": china(at),
    }


def _parked(entry: dict[str, Any], names: dict[str, str], lang: Lang) -> dict[str, Any]:
    fault = entry["fault"]
    return {
        "id": entry["id"],
        "what": entry["what"],
        "source": " / ".join(
            part for part in (names.get(entry["unit"], entry["unit"]), entry.get("source", "")) if part
        ),
        "at": china(entry["at"]),
        "code": fault[lang]["code"] if fault else "",
        "fault": fault[lang]["what"] if fault else "",
        "do": fault[lang]["do"] if fault else "",
    }


def _age(since: str, now: datetime, words: dict[str, str]) -> str:
    """How long ago, in its largest unit; empty below three seconds, which is ordinary traffic."""
    seconds = int((now - datetime.fromisoformat(since)).total_seconds()) if since else 0
    if seconds < 3:
        return ""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds >= size)
    return f"{seconds // size} {words[unit]}"


def china(at: str) -> str:
    """A time as an operator in China reads it."""
    return f"{datetime.fromisoformat(at).astimezone(CHINA):%m-%d %H:%M:%S}" if at else ""
