"""Probes and metrics: alive, ready, and numbers in Prometheus' text form.

They are answered at once: what is slow to find out is found out elsewhere, and shown as it was last known.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from hub.api.problems import lang_of
from hub.metrics.text import MEDIA_TYPE

Ready = Callable[[str], Awaitable[dict[str, Any]]]
"""What `/readyz` says, by what it is asked for: {ready, checks}, see `hub.metrics.checks.document`."""
Metrics = Callable[[], Awaitable[str]]


def router(ready: Ready, metrics: Metrics) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> str:
        """The process answers."""
        return "ok"

    @routes.get("/readyz")
    async def readyz(request: Request) -> JSONResponse:
        """Whether this machine is ready: for everything, or, with `?for=messages`, to take messages."""
        found = await ready(request.query_params.get("for", ""))
        status, body, kind = ready_answer(found, lang_of(request) == "en")
        return JSONResponse(body, status, {"Cache-Control": "no-store"}, media_type=kind)

    @routes.get("/metrics")
    async def page() -> Response:
        """What docs/metrics.md lists."""
        return Response(await metrics(), media_type=MEDIA_TYPE)

    return routes


def ready_answer(found: dict[str, Any], english: bool) -> tuple[int, dict[str, Any], str]:
    """(status, body, media type): the checks, or a problem document (RFC 9457) of the first that is bad."""
    lang = "en" if english else "zh"
    checks: dict[str, Any] = {}
    for name, check in found["checks"].items():
        shown = {key: value for key, value in check.items() if key not in {"zh", "en"}}
        checks[name] = shown | check.get(lang, {})
    if found["ready"]:
        return 200, {"ready": True, "checks": checks}, "application/json"
    name, bad = next((name, check) for name, check in checks.items() if not check["ok"])
    body = {
        "type": f"urn:billhub:fault:{bad['code']}",
        "title": bad["what"],
        "status": 503,
        "detail": bad["do"],
        "code": bad["code"],
        "check": name,
        "since": bad["since"],
        "ready": False,
        "checks": checks,
    }
    return 503, body, "application/problem+json"
