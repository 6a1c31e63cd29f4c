"""Probes and metrics: alive, ready, and numbers in Prometheus' text form."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from hub.engine.embedded.home import Home
from hub.ledger.glance import Seen
from hub.ledger.lock import holder
from hub.ledger.reader import Reader

_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


def router(reader: Reader, home: Home) -> APIRouter:
    """The routes over a ledger."""
    routes = APIRouter()

    @routes.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> str:
        """The process answers."""
        return "ok"

    @routes.get("/readyz")
    def readyz() -> JSONResponse:
        """The core runs and the ledger can be read."""
        running = holder(home.folder) is not None
        paused = [row["unit"] for row in reader.glance([], Seen())["paused"]]
        told = {"ready": running} | ({"paused": len(paused)} if paused else {})
        return JSONResponse(told, 200 if running else 503)

    @routes.get("/metrics")
    def metrics() -> Response:
        """Messages by source and place, bills by status, numbers by state."""
        return Response(metrics_text(reader), media_type=_TEXT)

    return routes


def metrics_text(reader: Reader) -> str:
    """The books as Prometheus text."""
    books = reader.books()
    lines = _head("billhub_messages_total", "counter", "Messages by source and the one place each ended in.")
    for book in books["sources"]:
        lines += [
            _sample("billhub_messages_total", book[place], source=book["source"], place=place)
            for place in ("applied", "duplicate", "parked", "refused")
        ]
    lines += _head("billhub_bills", "gauge", "Bills by status.")
    lines += [_sample("billhub_bills", count, status=status) for status, count in sorted(books["bills"].items())]
    lines += _head("billhub_numbers", "gauge", "Bill numbers by segment and state.")
    for book in books["numbers"]:
        lines += [
            _sample(
                "billhub_numbers", book[state], unit=book["unit"], code=book["code"], first=book["from"], state=state
            )
            for state in ("used", "void", "reserved", "leased", "quarantined", "free")
        ]
    lines += _head("billhub_stock", "gauge", "Numbers that regions hold, by segment and state.")
    lines += [
        _sample("billhub_stock", book[state], region=book["region"], code=book["code"], first=book["from"], state=state)
        for book in books["stock"]
        for state in ("handed_down", "free")
    ]
    lines += _head("billhub_paused", "gauge", "Units of which nothing is issued, and whether anything is taken in.")
    lines += [
        _sample("billhub_paused", 1, unit=row["unit"], doors="closed" if row["doors"] else "open")
        for row in reader.pauses()
    ]
    lines += _head("billhub_parked", "gauge", "Messages and cases that wait for a person.")
    lines.append(_sample("billhub_parked", reader.parked_count()))
    lines += _head("billhub_alarms", "gauge", "Bills and payments held up, by why.")
    lines += [
        _sample("billhub_alarms", alarm["count"], unit=alarm["unit"], what=alarm["what"], code=code)
        for alarm in reader.alarms()
        if (code := (alarm["fault"] or {}).get("en", {}).get("code"))
    ]
    lines += _head("billhub_books_balanced", "gauge", "Whether messages, bills and numbers add up.")
    lines.append(_sample("billhub_books_balanced", int(books["balanced"])))
    return "\n".join(lines) + "\n"


def _head(name: str, kind: str, said: str) -> list[str]:
    return [f"# HELP {name} {said}", f"# TYPE {name} {kind}"]


def _sample(name: str, value: int, **labels: str) -> str:
    """One line; label values are escaped as the text format asks."""
    said = ",".join(f'{label}="{text.translate(_ESCAPED)}"' for label, text in labels.items())
    return f"{name}{{{said}}} {value}" if said else f"{name} {value}"


_ESCAPED: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
