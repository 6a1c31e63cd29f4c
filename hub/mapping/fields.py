"""The canonical fields a mapping may name, taken from the event models: name, type, whether it must be there.

A field of a nested record has a dotted name (`payer.name`); lists of records are the mapping's `items`, `details` …
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from hub.bill.event import Cancel, Charge, Claim, EventBase, Order, Payment, Refund, Visit
from hub.bill.model import Day, Decimals, Instant, Record
from hub.bill.money import Fen

Emit = Literal["charge", "order", "payment", "refund", "cancel", "visit", "claim"]
FieldType = Literal["text", "money", "instant", "day", "decimal", "choice", "flag"]

LISTS: Final = ("items", "details", "extensions", "charge_nos")
"""Event fields that are lists, written as lists of their own."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One canonical field."""

    name: str
    type: FieldType
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KindSpec:
    """The fields of an event kind, or of a line of one of its lists."""

    name: str
    fields: dict[str, FieldSpec]
    lists: dict[str, KindSpec] = field(default_factory=dict)
    required_lists: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Names that must be mapped."""
        return tuple(name for name, spec in self.fields.items() if spec.required and spec.name not in SUMMED)


SUMMED: Final = ("total_fen",)
"""Required by the model, but summed from the items where a mapping does not give it."""

MODELS: Final[dict[Emit, type[EventBase]]] = {
    "charge": Charge,
    "order": Order,
    "payment": Payment,
    "refund": Refund,
    "cancel": Cancel,
    "visit": Visit,
    "claim": Claim,
}


def _unwrap(hint: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        return next(one for one in get_args(hint) if one is not type(None))
    return hint


def _type(hint: Any) -> tuple[FieldType, tuple[str, ...]]:
    if hint is Fen:
        return "money", ()
    if hint == Instant:
        return "instant", ()
    if hint == Day:
        return "day", ()
    if hint == Decimals:
        return "decimal", ()
    if hint is bool:
        return "flag", ("true", "false")
    if get_origin(hint) is Literal:
        return "choice", get_args(hint)
    if get_origin(hint) is Annotated and get_args(hint)[0] is str:
        return "text", ()
    raise TypeError(f"a mapping cannot fill {hint}")


def _walk(model: type[Record], name: str, before: str = "", *, needed: bool = True) -> KindSpec:
    found: dict[str, FieldSpec] = {}
    lists: dict[str, KindSpec] = {}
    required_lists: list[str] = []
    hints = get_type_hints(model, include_extras=True)
    for key, info in model.model_fields.items():
        if key == "kind" and issubclass(model, EventBase):
            continue
        hint, required = _unwrap(hints[key]), needed and info.is_required()
        if isinstance(hint, type) and issubclass(hint, Record):
            found.update(_walk(hint, name, f"{before}{key}.", needed=required).fields)
        elif get_origin(hint) is tuple:
            element = get_args(hint)[0]
            is_record = isinstance(element, type) and issubclass(element, Record)
            single = key.removesuffix("s")  # a list of plain texts: its lines have one field, charge_nos → charge_no
            lists[key] = (
                _walk(element, key)
                if is_record
                else KindSpec(key, {single: FieldSpec(single, _type(element)[0], required=True)})
            )
            if required:
                required_lists.append(key)
        else:
            type_, choices = _type(hint)
            found[before + key] = FieldSpec(before + key, type_, required, choices)
    return KindSpec(name, found, lists, tuple(required_lists))


KINDS: Final[dict[str, KindSpec]] = {emit: _walk(model, emit) for emit, model in MODELS.items()}
"""Every event kind with its fields."""


def nearest(found: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names most like the one found: `amount` finds `amount_fen`, `name` finds `payer.name`."""
    names = list(known)
    akin = [name for name in names if len(found) > 2 and (found in name or name.rpartition(".")[2] == found)]
    close = difflib.get_close_matches(found, names, n=count, cutoff=0.55)
    return list(dict.fromkeys([*close, *sorted(akin, key=len)]))[:count]
