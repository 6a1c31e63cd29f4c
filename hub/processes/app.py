"""The pages and APIs beside the message doors, in one ASGI application; loaded when first asked for."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from hub.api import insurers, probes
from hub.api.faults import NO_SUCH_PAGE
from hub.api.problems import problem
from hub.config import load_units
from hub.console import pages
from hub.engine.embedded.home import Home
from hub.errors import Fault
from hub.ledger.reader import Reader


def make_app(home: Home, config: Path) -> FastAPI:
    """The application over a hub's data and units."""
    vault = home.vault()
    reader = Reader(home.folder, vault)
    units = load_units(config)
    app = FastAPI(title="Billhub", version="1", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    app.include_router(probes.router(reader, home))
    app.include_router(insurers.router(reader, vault, units))
    pages.mount(app, reader, home, units)

    @app.exception_handler(Fault)
    async def _fault(request: Request, fault: Fault) -> JSONResponse:
        return problem(request, fault)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 404:
            return problem(request, NO_SUCH_PAGE())
        body = {"title": str(error.detail), "status": error.status_code}
        return JSONResponse(body, error.status_code, error.headers, media_type="application/problem+json")

    @app.get("/", include_in_schema=False)
    async def _root() -> RedirectResponse:
        return RedirectResponse("/console/")

    return app
