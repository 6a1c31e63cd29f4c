"""What is not issued yet, in the outer shape of a bill: one that is due, and half of one, charge or money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import Row

from hub.bill.event import Charge
from hub.errors import Lang
from hub.ledger.books import fault_json
from hub.ledger.reading.bills import history

_KEYS: Final = ("charge_no", "pay_code", "order_no", "visit_no")
_CONTENT: Final = ("payer", "items", "details", "shares")
_MONEY: Final = ("channel", "trade_no", "amount_fen", "paid_at")


def bill_view(row: Row[Any], charge: Any, lang: Lang) -> dict[str, Any]:
    """A bill without a document, from its row and the charge it is made of, as far as that is kept."""
    view: dict[str, Any] = {
        "schema": "billhub.bill/1",
        "id": row.id,
        "status": row.status,
        "unit": {"id": row.unit},
        "face": row.face,
        "charge_no": row.charge_no,
        "total_fen": row.total,
        "paid_fen": sum(fen for _, fen in orjson.loads(row.allocations)) + row.insured,
        "history": [step.model_dump(mode="json", by_alias=True) for step in history(row.history)],
    }
    if row.bill_number:
        view |= {"bill_code": row.bill_code, "bill_number": row.bill_number}
    if row.fault:
        view["fault"] = fault_json(row.fault, lang)
    if isinstance(charge, Charge):
        view |= _some(charge.to_dict(), _CONTENT)
    return view


def half_view(case: Row[Any], fact: Mapping[str, Any], event: Any, lang: Lang) -> dict[str, Any]:
    """A charge whose money is missing, or money whose charge is missing: a fact of a case, with its event, if kept."""
    view: dict[str, Any] = {
        "schema": "billhub.bill/1",
        "id": fact["id"],
        "status": "waiting",
        "unit": {"id": case.unit},
        "face": "blue",
    }
    if case.fault:
        view["parked"] = fault_json(case.fault, lang)
    if event is None:
        return view
    shown = event.to_dict()
    view |= _some(shown, _KEYS)
    if isinstance(event, Charge):
        view |= _some(shown, ("payer", "items", "details", "total_fen", "shares")) | {"paid_fen": 0}
    else:
        view["payments"] = [_some(shown, _MONEY)]
    return view


def _some(shown: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: shown[name] for name in names if name in shown}
