"""The figures of the first page, ready to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from hub.bill.money import Fen
from hub.config import UnitConfig
from hub.engine.embedded.home import Home
from hub.errors import Lang
from hub.ledger.lock import holder
from hub.ledger.reader import Reader
from hub.security.masking import mask_bill

CHINA: Final = timezone(timedelta(hours=8))
ROWS: Final = 12
TILES: Final = ("waiting", "due", "issued", "confirmed", "reversed")
"""Statuses that have a figure of their own at the top."""


def view(reader: Reader, home: Home, units: Sequence[UnitConfig], lang: Lang) -> dict[str, Any]:
    """Everything the templates need."""
    books = reader.books()
    parked = reader.parked(limit=ROWS)
    counts: dict[str, int] = books["bills"]
    tiles = [(status, counts.get(status, 0)) for status in TILES]
    names = {unit.unit.id: unit.unit.name for unit in units}
    return {
        "running": holder(home.folder) is not None,
        "balanced": books["balanced"],
        "tiles": [*tiles, ("parked", reader.parked_count())],
        "sources": _sources(books["sources"], units, names),
        "numbers": books["numbers"],
        "bills": [_bill(mask_bill(bill)) for bill in reader.find(limit=ROWS)],
        "parked": [_parked(entry, lang) for entry in parked],
        "names": names,
    }


def _sources(
    books: Sequence[dict[str, Any]], units: Sequence[UnitConfig], names: dict[str, str]
) -> list[dict[str, Any]]:
    counted = {book["source"]: book for book in books}
    shown = []
    for unit in units:
        for name, source in unit.sources.items():
            where = f"{unit.unit.id}/{name}"
            nothing = dict.fromkeys(("received", "applied", "duplicate", "parked", "refused"), 0) | {"balanced": True}
            book = counted.get(where, nothing)
            shown.append({**book, "source": name, "unit": names[unit.unit.id], "adapter": source.adapter})
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


def _parked(entry: dict[str, Any], lang: Lang) -> dict[str, Any]:
    fault = entry["fault"]
    return {
        "id": entry["id"],
        "what": entry["what"],
        "source": f"{entry['unit']}/{entry.get('source', '')}".rstrip("/"),
        "at": china(entry["at"]),
        "code": fault[lang]["code"] if fault else "",
        "fault": fault[lang]["what"] if fault else "",
        "do": fault[lang]["do"] if fault else "",
    }


def china(at: str) -> str:
    """A time as an operator in China reads it."""
    return f"{datetime.fromisoformat(at).astimezone(CHINA):%m-%d %H:%M:%S}" if at else ""
