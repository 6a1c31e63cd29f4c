"""JSON Schemas of the outer shapes, written from the pydantic models; the same text for the same models.

The schema says what a document may look like; sums are not its business, `hub.bill.judge` does them.
"""

from __future__ import annotations

import json
from typing import Any, Final

from hub.bill.bill import Bill
from hub.bill.event import EVENT

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """File name in `schema/` → text, for the bill and for any event."""
    bill = Bill.model_json_schema(mode="validation", by_alias=True)
    event = EVENT.json_schema(mode="validation", by_alias=True)
    bill["required"] = [*bill["required"], "schema"]  # always written, though a reader supplies it
    _open(bill)
    return {
        "bill.v1.json": _text(bill, "Bill", "The canonical bill, billhub.bill/1"),
        "event.v1.json": _text(event, "Event", "What a message says happened, in canonical words"),
    }


def _text(schema: dict[str, Any], title: str, description: str) -> str:
    told = {"$schema": _DIALECT, **_absent_not_null(schema), "title": title, "description": description}
    return json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _open(node: Any) -> None:
    """Lets a bill carry names this release does not know: consumers validate with it, and bills may be extended."""
    if isinstance(node, dict):
        node.pop("additionalProperties", None)
        for child in node.values():
            _open(child)


def _absent_not_null(node: Any) -> Any:
    """Drops what pydantic adds for `| None = None`: outside, an absent value is left out and null is not allowed."""
    if isinstance(node, list):
        return [_absent_not_null(child) for child in node]
    if not isinstance(node, dict):
        return node
    made = {name: _absent_not_null(child) for name, child in node.items() if not _is_generated(name, child, node)}
    choices = made.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        del made["anyOf"]
        made |= rest[0] if len(rest) == 1 else {"anyOf": rest}
    return made


def _is_generated(name: str, child: Any, node: dict[str, Any]) -> bool:
    if name == "title":  # a title next to a $ref or a type is pydantic's; a property called title is a dict
        return isinstance(child, str)
    return name == "default" and child is None and "anyOf" in node
