"""The operators' first page: what comes in, what waits, what is issued, what is parked, live.

Rendered on the server; one stream of server-sent events replaces the live parts when they change. Persons are masked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup

from hub.config import UnitConfig
from hub.console.board import LOOK_SECONDS, Board, Snapshot
from hub.console.view import view
from hub.console.words import WORDS
from hub.engine.embedded.home import Home
from hub.errors import Lang
from hub.ledger.reader import Reader

HERE: Final = Path(__file__).parent

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}


PARTS: Final = ("state", "alarms", "figures", "parked", "bills", "regions", "sources", "numbers")
"""The live parts, each an event and a template of its own: only what changed is replaced, and focus stays."""

Parts = dict[str, Markup]


class _Renderer:
    """Renders a look once in each language, however many pages show it."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._made: dict[tuple[Lang, str], tuple[Snapshot, Parts]] = {}

    def region(self, asked: str) -> str:
        """A region that some unit stands in, or none."""
        return asked if any(one.code == asked for unit in self._board.units for one in unit.above) else ""

    async def parts(self, lang: Lang, region: str = "") -> Parts:
        """The live parts by name."""
        seen = await self._board.latest()
        kept = self._made.get((lang, region))
        if kept is None or kept[0] is not seen:
            words = WORDS[lang]
            shown = view(seen, self._board.units, lang, words, region)
            made = {
                name: Markup(self._templates.get_template(f"parts/{name}.html").render(shown, t=words))  # noqa: S704
                for name in PARTS
            }
            self._made[lang, region] = kept = (seen, made)
        return kept[1]

    async def page(self, lang: Lang, region: str = "") -> str:
        """The whole page."""
        other = "en" if lang == "zh" else "zh"
        shown = {"parts": await self.parts(lang, region), "t": WORDS[lang], "lang": lang, "other": other}
        return self._templates.get_template("console.html").render(shown, region=region)


def mount(app: FastAPI, reader: Reader, home: Home, units: Sequence[UnitConfig]) -> None:
    """Adds the console to the application."""
    renderer = _Renderer(Board(reader, home, units))
    app.mount("/console/static", StaticFiles(directory=HERE / "static"), name="static")

    @app.get("/console/", response_class=HTMLResponse, include_in_schema=False)
    async def console(request: Request, lang: str = "", region: str = "") -> HTMLResponse:
        """The page, of everything or of a region. `lang` is remembered."""
        chosen = _lang(request, lang)
        answer = HTMLResponse(await renderer.page(chosen, renderer.region(region)), headers=HEADERS)
        if lang:
            answer.set_cookie("lang", chosen, max_age=31_536_000, samesite="strict", httponly=True, path="/console/")
        return answer

    @app.get("/console/live", include_in_schema=False)
    async def live(request: Request, lang: str = "", region: str = "") -> StreamingResponse:
        """The live parts, each as an event whenever it changed."""
        chosen, inside = _lang(request, lang), renderer.region(region)

        async def events() -> AsyncIterator[str]:
            last: Parts = {}
            while not await request.is_disconnected():
                parts = await renderer.parts(chosen, inside)
                changed = "".join(_event(name, html) for name, html in parts.items() if html != last.get(name))
                yield changed or ": still here\n\n"
                last = parts
                await asyncio.sleep(LOOK_SECONDS)

        return StreamingResponse(
            events(), media_type="text/event-stream", headers=HEADERS | {"X-Accel-Buffering": "no"}
        )


def _event(name: str, html: str) -> str:
    return f"event: {name}\n" + "".join(f"data: {line}\n" for line in html.splitlines() or [""]) + "\n"


def _lang(request: Request, asked: str) -> Lang:
    """The language asked for, remembered, or wished by the browser."""
    wish = asked or request.cookies.get("lang", "")
    if wish not in {"zh", "en"}:
        wish = "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"
    return "zh" if wish == "zh" else "en"
