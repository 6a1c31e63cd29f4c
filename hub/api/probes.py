"""Probes and metrics: alive, ready, and numbers in Prometheus' text form."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from hub.engine.embedded.home import Home
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
    async def readyz() -> JSONResponse:
        """The core runs and the ledger can be read."""
        running = holder(home.folder) is not None
        reader.books()
        return JSONResponse({"ready": running}, 200 if running else 503)

    @routes.get("/metrics")
    async def metrics() -> Response:
        """Messages by source and place, bills by status, numbers by state."""
        return Response(metrics_text(reader), media_type=_TEXT)

    return routes


def metrics_text(reader: Reader) -> str:
    """The books as Prometheus text."""
    books = reader.books()
    lines = [
        "# HELP billhub_messages_total Messages by source and the one place each ended in.",
        "# TYPE billhub_messages_total counter",
    ]
    for book in books["sources"]:
        lines += [
            f'billhub_messages_total{{source="{book["source"]}",place="{place}"}} {book[place]}'
            for place in ("applied", "duplicate", "parked", "refused")
        ]
    lines += ["# HELP billhub_bills Bills by status.", "# TYPE billhub_bills gauge"]
    lines += [f'billhub_bills{{status="{status}"}} {count}' for status, count in sorted(books["bills"].items())]
    lines += ["# HELP billhub_numbers Bill numbers by segment and state.", "# TYPE billhub_numbers gauge"]
    for book in books["numbers"]:
        segment = f'unit="{book["unit"]}",code="{book["code"]}",first="{book["from"]}"'
        lines += [
            f'billhub_numbers{{{segment},state="{state}"}} {book[state]}'
            for state in ("used", "void", "reserved", "leased", "free")
        ]
    lines += ["# HELP billhub_alarms Bills and payments held up, by why.", "# TYPE billhub_alarms gauge"]
    lines += [
        f'billhub_alarms{{unit="{alarm["unit"]}",what="{alarm["what"]}",code="{code}"}} {alarm["count"]}'
        for alarm in reader.alarms()
        if (code := (alarm["fault"] or {}).get("en", {}).get("code"))
    ]
    lines += [
        "# HELP billhub_books_balanced Whether messages, bills and numbers add up.",
        "# TYPE billhub_books_balanced gauge",
        f"billhub_books_balanced {int(books['balanced'])}",
    ]
    return "\n".join(lines) + "\n"
