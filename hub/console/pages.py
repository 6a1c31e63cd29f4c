"""The operators' first page: what comes in, what waits, what is issued, what is parked, live.

Rendered on the server; one stream of server-sent events replaces the live parts when they change. Persons are masked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, select_autoescape

from hub.config import UnitConfig
from hub.console.view import view
from hub.console.words import WORDS
from hub.engine.embedded.home import Home
from hub.errors import Lang
from hub.ledger.reader import Reader

HERE: Final = Path(__file__).parent
LOOK_SECONDS: Final = 1.0
"""How often an open page's figures are read anew."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
}


def mount(app: FastAPI, reader: Reader, home: Home, units: Sequence[UnitConfig]) -> None:
    """Adds the console to the application."""
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    app.mount("/console/static", StaticFiles(directory=HERE / "static"), name="static")

    def render(name: str, lang: Lang) -> str:
        return templates.get_template(name).render(
            view(reader, home, units, lang), t=WORDS[lang], lang=lang, other="en" if lang == "zh" else "zh"
        )

    @app.get("/console/", response_class=HTMLResponse, include_in_schema=False)
    def console(request: Request, lang: str = "") -> HTMLResponse:
        """The page. `lang` is remembered."""
        chosen = _lang(request, lang)
        answer = HTMLResponse(render("console.html", chosen), headers=_HEADERS)
        if lang:
            answer.set_cookie("lang", chosen, max_age=31_536_000, samesite="strict", httponly=True, path="/console/")
        return answer

    @app.get("/console/live", include_in_schema=False)
    async def live(request: Request) -> StreamingResponse:
        """The live parts, as one event whenever they changed."""
        lang = _lang(request, "")

        async def events() -> AsyncIterator[str]:
            last = ""
            while not await request.is_disconnected():
                html = await asyncio.to_thread(render, "live.html", lang)
                if html != last:
                    last = html
                    yield "event: live\n" + "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"
                else:
                    yield ": still here\n\n"
                await asyncio.sleep(LOOK_SECONDS)

        headers: dict[str, Any] = {**_HEADERS, "X-Accel-Buffering": "no"}
        return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


def _lang(request: Request, asked: str) -> Lang:
    """The language asked for, remembered, or wished by the browser."""
    wish = asked or request.cookies.get("lang", "")
    if wish not in {"zh", "en"}:
        wish = "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"
    return "zh" if wish == "zh" else "en"
