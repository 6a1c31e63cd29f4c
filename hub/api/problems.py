"""Problem documents (RFC 9457) with the hub's code."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse

from hub.errors import Fault, Lang

STATUS: Final = {"BH-SEC-030": 401, "BH-SEC-031": 403, "BH-API-001": 403, "BH-API-002": 404}
"""Statuses of faults that are not simply bad requests."""


def lang_of(request: Request) -> Lang:
    """Chinese, unless the client's first wish is English."""
    return "en" if request.headers.get("accept-language", "").strip().lower().startswith("en") else "zh"


def problem(request: Request, fault: Fault) -> JSONResponse:
    """The problem document of a fault."""
    lang = lang_of(request)
    status = STATUS.get(fault.code.code, 400)
    body = {"title": fault.what(lang), "status": status, "code": fault.code.code, "detail": fault.do(lang)}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status, headers, media_type="application/problem+json")
