"""Insurers' HTTP: the bearer key is checked here; the dialect is the adapter insurance/rest's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from hub.adapter import Delivery, Server
from hub.api.access import Access
from hub.api.problems import Problem
from hub.bill.bill import Bill
from hub.config import UnitConfig
from hub.engine.served import ServedBills
from hub.ledger.reader import Reader
from hub.registry import adapter
from hub.security.vault import Vault

KEY: Final = HTTPBearer(auto_error=False, description="the key that `billhub keys insurer` printed")
"""For the schema; the header itself is judged by `Access`."""


class Page(BaseModel):
    """Bills in the order of their last change. `next` is the cursor of the next page, also when nothing is left."""

    bills: tuple[Bill, ...]
    next: str
    more: bool


def _problems(**said: str) -> dict[int | str, dict[str, Any]]:
    form = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {name.strip("_"): {"description": text, "content": form} for name, text in said.items()}


_REFUSALS: Final = _problems(
    _400="the limit or another parameter is wrong",
    _401="no key, or a wrong one",
    _403="the key lacks the scope bills:read",
    _503="the ledger cannot be read just now; try again after Retry-After",
)


_LIMIT: Final = {"pattern": "^([1-9][0-9]?|1[0-9]{2}|200)$"}
"""Said in the schema only: the dialect judges the query itself, and its refusals say what to do."""


def router(reader: Reader, vault: Vault, units: Sequence[UnitConfig]) -> APIRouter:
    """The routes over a ledger, for the insurers the units name."""
    access = Access(units)
    secret = vault.secret("insurers' cursors").hex()
    dialect = adapter("insurance/rest").connect({"cursor_key": secret})
    assert isinstance(dialect, Server)
    server: Server = dialect
    routes = APIRouter(prefix="/api/v1", tags=["insurers"], dependencies=[Security(KEY)])

    def serve(request: Request, path: str) -> Response:
        caller = access.caller(request.headers.get("authorization", ""), "bills:read")
        delivery = Delivery(
            b"",
            datetime.now(UTC),
            method=request.method,
            path=path,
            query=request.url.query,
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        answer = server.serve(delivery, ServedBills(reader, *caller.units, statuses=caller.statuses))
        return Response(answer.body, answer.status, dict(answer.headers), answer.content_type)

    @routes.get(
        "/bills",
        response_model=Page,
        responses=_REFUSALS | _problems(_404="no such page: the cursor is none that this interface gave"),
    )
    def bills(
        request: Request,
        cursor: Annotated[str, Query(description="`next` of the page before; without it, from the start")] = "",
        limit: Annotated[str, Query(description="bills a page", json_schema_extra=_LIMIT)] = "100",
    ) -> Response:
        """Issued bills by change sequence, each again when it changes, so that reversals come too: at least once."""
        del cursor, limit  # declared for the schema; the dialect reads the query itself, strictly
        return serve(request, "bills")

    @routes.get(
        "/bills/{bill_code}/{bill_number}",
        response_model=Bill,
        responses=_REFUSALS | _problems(_404="no such bill, or none that this insurer may see"),
    )
    def bill(
        request: Request,
        bill_code: Annotated[str, Path(json_schema_extra={"pattern": "^[0-9]{8}$"})],
        bill_number: Annotated[str, Path(json_schema_extra={"pattern": "^[0-9]{10}$"})],
    ) -> Response:
        """One bill."""
        return serve(request, f"bills/{bill_code}/{bill_number}")

    return routes


SCHEMAS: Final[dict[str, Any]] = {"Problem": Problem.model_json_schema()}
"""Schemas that responses refer to by hand."""
