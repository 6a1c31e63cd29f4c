"""Insurers' HTTP: the bearer key is checked here; the dialect is the adapter insurance/rest's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from hub.adapter import Delivery, Server
from hub.api.access import Access
from hub.config import UnitConfig
from hub.engine.served import ServedBills
from hub.ledger.reader import Reader
from hub.registry import adapter
from hub.security.vault import Vault


def router(reader: Reader, vault: Vault, units: Sequence[UnitConfig]) -> APIRouter:
    """The routes over a ledger, for the insurers the units name."""
    access = Access(units)
    secret = vault.secret("insurers' cursors").hex()
    dialect = adapter("insurance/rest").connect({"cursor_key": secret})
    assert isinstance(dialect, Server)
    server: Server = dialect
    routes = APIRouter(prefix="/api/v1", tags=["insurers"])

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

    @routes.get("/bills")
    def bills(request: Request, cursor: str = "", limit: str = "100") -> Response:
        """Issued bills by change sequence: `cursor` is what the last page gave as `next`, `limit` up to 200."""
        del cursor, limit  # declared for the schema; the dialect reads the query itself, strictly
        return serve(request, "bills")

    @routes.get("/bills/{bill_code}/{bill_number}")
    def bill(request: Request, bill_code: str, bill_number: str) -> Response:
        """One bill, or 404, also where it is not this insurer's to see."""
        return serve(request, f"bills/{bill_code}/{bill_number}")

    return routes
