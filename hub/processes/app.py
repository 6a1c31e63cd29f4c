"""The pages and APIs beside the message doors, in one ASGI application; loaded when first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from hub.api import insurers, probes
from hub.api.faults import BAD_REQUEST, NO_SUCH_PAGE, WRONG_METHOD
from hub.api.head import HeadAsGet
from hub.api.problems import problem
from hub.config import UnitConfig, adapters_of
from hub.console import pages
from hub.engine.embedded.home import Home
from hub.errors import Fault
from hub.ledger.looking import Window, sqlite_window
from hub.ledger.reader import Reader
from hub.processes.accepted import accepted
from hub.processes.probes import Probes
from hub.security.vault import Vault


def make_app(home: Home) -> FastAPI:
    """The application over a hub's data and the units it runs."""
    vault = home.vault()
    look = sqlite_window(home.folder, shared=False)
    return app_over(Reader(home.folder, vault), vault, home, accepted(home), look)


def app_over(
    reader: Reader, vault: Vault, home: Home, units: Sequence[UnitConfig], window: Window | None = None
) -> FastAPI:
    """The application over a ledger, whatever database holds it; `window` where nobody else looks at its figures."""
    app = FastAPI(title="Billhub", version="1", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    app.add_middleware(HeadAsGet)
    probe = Probes(home, reader, adapters_of(units), window)
    app.include_router(probes.router(probe.ready, probe.metrics), include_in_schema=False)
    app.include_router(insurers.router(reader, vault, units))
    pages.mount(app, reader, home, units)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]

    @app.exception_handler(Fault)
    async def _fault(request: Request, fault: Fault) -> JSONResponse:
        return problem(request, fault)

    @app.exception_handler(RequestValidationError)
    async def _parameters(request: Request, _error: RequestValidationError) -> JSONResponse:
        return problem(request, BAD_REQUEST())

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        fault = {404: NO_SUCH_PAGE, 405: WRONG_METHOD}.get(error.status_code, BAD_REQUEST)
        return problem(request, fault(), error.headers)

    @app.get("/", include_in_schema=False)
    async def _root() -> RedirectResponse:
        return RedirectResponse("/console/")

    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: FastAPI's own, with our problem documents in place of its validation errors."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for path in made["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        schemas = made["components"]["schemas"]
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        schemas.update(insurers.SCHEMAS)
        app.openapi_schema = made
    return app.openapi_schema
