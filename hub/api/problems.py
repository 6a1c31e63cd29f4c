"""Problem documents (RFC 9457) with the hub's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from hub.errors import Config, Fault, Lang, Retry

STATUS: Final = {"BH-SEC-030": 401, "BH-SEC-031": 403, "BH-API-002": 404, "BH-API-003": 405}
"""Statuses of faults that are not simply bad requests."""


class Problem(BaseModel):
    """A problem document: what is wrong in `title`, what to do in `detail`, and a `code` that never changes."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    where: str | None = None


def lang_of(request: Request) -> Lang:
    """Chinese, unless the client's first wish is English."""
    return "en" if request.headers.get("accept-language", "").strip().lower().startswith("en") else "zh"


def problem(request: Request, fault: Fault, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem document of a fault."""
    lang = lang_of(request)
    later = isinstance(fault, Retry | Config)  # nothing is wrong with the question
    status = STATUS.get(fault.code.code, 503 if later else 400)
    body = {
        "type": f"urn:billhub:fault:{fault.code.code}",
        "title": fault.what(lang),
        "status": status,
        "detail": fault.do(lang),
        "code": fault.code.code,
    }
    told = {"Cache-Control": "no-store", "Content-Language": lang, **(headers or {})}
    if status == 401:
        told["WWW-Authenticate"] = "Bearer"
    if later:
        told["Retry-After"] = "5"
    return JSONResponse(body, status, told, media_type="application/problem+json")
