"""Why a field has its value: the source path, the source text, each transform's in and out, and the mapping's line.

It walks the same plan as `run`, step by step instead of composed, and goes on past a field that fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict

from hub.adapter import Tree
from hub.errors import Fault
from hub.mapping.paths import Here, Root
from hub.mapping.plan import EventPlan, Record, Rule
from hub.mapping.run import Mapping
from hub.mapping.transform import BadValueError

SUMMED: Final = "Σ items.amount_fen"


ExplainedJson = TypedDict(
    "ExplainedJson",
    {
        "field": str,
        "value": NotRequired[str | int],
        "from": str,
        "text": str,
        "via": list[dict[str, str | int]],
        "at": str,
        "event": int,
        "error": NotRequired[str],
    },
)
"""A field's outer shape (contract: explain --why); `event` counts the message's events, `error` is a fault's code."""


@dataclass(frozen=True, slots=True)
class Via:
    """One transform: what it got and what it gave."""

    name: str
    given: str | int
    gave: str | int


@dataclass(frozen=True, slots=True)
class ExplainedField:
    """One canonical field. `value` is `""` where the field is left out; amounts are fen, times RFC 3339."""

    event: int
    field: str
    value: str | int
    source: str
    text: str
    via: tuple[Via, ...]
    at: str
    error: str = ""
    rule: Rule | None = None

    def json(self) -> ExplainedJson:
        """The outer shape; an absent value is left out."""
        shown: ExplainedJson = {
            "field": self.field,
            "from": self.source,
            "text": self.text,
            "via": [{"name": one.name, "in": one.given, "out": one.gave} for one in self.via],
            "at": self.at,
            "event": self.event,
        }
        if self.value != "":
            shown["value"] = self.value
        if self.error:
            shown["error"] = self.error
        return shown


def explain(mapping: Mapping, tree: Tree, received_at: datetime) -> list[ExplainedField]:
    """Every field of every event the mapping makes of a message, in the mapping's order.

    Raises:
        Park: the tree is not of the kind the mapping reads, or a path of `when`, `each` or `where` gives no text.
    """
    root, here = mapping.prepared(tree)
    if not mapping.holds(root, here):
        return []
    found: list[ExplainedField] = []
    number = 0
    for plan in mapping.plans:
        try:
            for inner_root, inner_here in plan.frames(root, here):
                fields = _event(plan, inner_root, inner_here, received_at, number)
                if plan.emit == "charge" and not any(one.field.startswith("items[") for one in fields):
                    continue
                found += fields
                number += 1
        except Fault as fault:
            raise plan.placed(fault) from None
    return found


def _event(plan: EventPlan, root: Root, here: Here, at: datetime, number: int) -> list[ExplainedField]:
    found = _record(plan.record, root, here, at, number, "")
    for name, blocks in plan.lists:
        index = 0
        for block in blocks:
            for element in block.elements(root, here):
                found += _record(block.record, root, element, at, number, f"{name}[{index}].")
                index += 1
    if plan.sums:
        amounts = [one.value for one in found if one.field.startswith("items[") and one.field.endswith(".amount_fen")]
        total = sum(amount for amount in amounts if isinstance(amount, int))
        found.append(ExplainedField(number, "total_fen", total, SUMMED, "", (), plan.at))
    return found


def _record(record: Record, root: Root, here: Here, at: datetime, number: int, before: str) -> list[ExplainedField]:
    return [explain_rule(rule, root, here, at, number, before) for rule in record.rules()]


def explain_rule(rule: Rule, root: Root, here: Here, at: datetime, number: int, before: str) -> ExplainedField:
    """One rule, traced."""
    text, source, via, error = "", rule.path, [], ""
    value: Any = ""
    try:
        text, source = _source(rule, root, here)
        value = "" if text.isspace() else text
        for step in rule.steps:
            run: Any = step.run
            given = value
            value = run(value, root, here, at) if step.in_context else run(value)
            via.append(Via(step.name, _shown(given), _shown(value)))
        if value == "" and rule.required:
            error = rule.missing().code.code
    except BadValueError as bad:
        value, error = "", bad.code.code
    except Fault as fault:
        value, error = "", fault.code.code
    return ExplainedField(number, before + rule.name, _shown(value), source, text, tuple(via), rule.at, error, rule)


def _source(rule: Rule, root: Root, here: Here) -> tuple[str, str]:
    """The source text and the path it came from."""
    if rule.how != "first":
        return "".join(part.read(root, here) for part in rule.parts), rule.path
    for part in rule.parts:
        text = part.read(root, here)
        if text and not text.isspace():
            return text, part.label
    return "", rule.path


def _shown(value: Any) -> str | int:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)
