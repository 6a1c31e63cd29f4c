"""Runs a loaded mapping over one message: tree → events and flags. No I/O and no clock: the time is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypedDict

from pydantic import ValidationError

from hub.adapter import Reads, Tree
from hub.bill.event import Charge, Event
from hub.bill.judge import judge
from hub.bill.normalise import complete
from hub.errors import Fault, fault_from
from hub.mapping.dialects import DIALECTS
from hub.mapping.faults import CHARGE_LEFT_OUT, NO_ITEMS, NO_MAPPING, TOO_MANY, TREE, VALUE
from hub.mapping.fields import MODELS
from hub.mapping.paths import Here, Root
from hub.mapping.plan import EventPlan, Requirement, Rule
from hub.mapping.transform import Condition

MAX_EVENTS: Final = 10_000
"""A message that makes more is a mapping gone wrong."""

_NO_KINDS: Final[Table[str, str]] = {}

_VALIDATE: Final = {emit: model.__pydantic_validator__.validate_python for emit, model in MODELS.items()}


class FlagJson(TypedDict):
    """A flag's outer shape."""

    code: str
    where: str


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person should know of a message that was used all the same."""

    code: str
    where: str = ""

    def json(self) -> FlagJson:
        """The outer shape."""
        return {"code": self.code, "where": self.where}


@dataclass(frozen=True, slots=True)
class Made:
    """What a message makes."""

    events: tuple[Event, ...] = ()
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """A loaded mapping. `revision` names its content: sha256 of the file and its tables, 16 hex digits."""

    name: str
    reads: Reads
    revision: str
    file: str
    when: Condition | None
    plans: tuple[EventPlan, ...]
    paths: tuple[str, ...] = ()
    """Every path the file writes."""
    required: tuple[Requirement, ...] = ()
    """What has to hold before any event is made."""

    def matches(self, tree: Tree) -> bool:
        """Whether the mapping is for this message; never raises."""
        try:
            return self.holds(*self.prepared(tree))
        except Fault:
            return False

    def run(self, tree: Tree, received_at: datetime, kinds: Table[str, str] = _NO_KINDS) -> Made:
        """The events of a message.

        Args:
            tree: the message, as the adapter read it.
            received_at: aware.
            kinds: the bill kind of each bill of the unit's YAML, and under `""` that of the source's own, by which
                charges are judged.

        Raises:
            Park: the message cannot be mapped; `where` names the field, the source path and the mapping's line.
        """
        root, here = self.prepared(tree)
        return self.made(root, here, received_at, kinds)

    def prepared(self, tree: Tree) -> tuple[Root, Here]:
        """Root and first element.

        Raises:
            Park: the tree is not of the kind this mapping reads.
        """
        dialect = DIALECTS[self.reads]
        try:
            return dialect.root(tree), dialect.here(tree)
        except TypeError:
            raise TREE(self.name, reads=self.reads) from None

    def holds(self, root: Root, here: Here) -> bool:
        """`when`, on a prepared tree; a path that gives no text holds nothing."""
        if self.when is None:
            return True
        try:
            return self.when(root, here)
        except Fault:
            return False

    def made(self, root: Root, here: Here, at: datetime, kinds: Table[str, str]) -> Made:
        """`run`, on a prepared tree."""
        events: list[Event] = []
        flags: list[Flag] = []
        left_out: EventPlan | None = None
        for requirement in self.required:
            requirement.judge(root, here)
        for plan in self.plans:
            try:
                for inner_root, inner_here in plan.frames(root, here):
                    values = fill(plan, inner_root, inner_here, at)
                    if values is None:
                        left_out = plan
                        flags.append(Flag(CHARGE_LEFT_OUT.code, plan.at))
                        continue
                    events.append(_judged(plan, _validated(plan, values), at, kinds, flags))
                    if len(events) > MAX_EVENTS:
                        raise TOO_MANY(plan.at, limit=MAX_EVENTS)
            except Fault as fault:
                raise plan.placed(fault) from None
        if left_out is not None and not events:
            raise NO_ITEMS(left_out.at)
        return Made(tuple(events), tuple(flags))


def fill(plan: EventPlan, root: Root, here: Here, at: datetime) -> dict[str, Any] | None:
    """The event as a dict, before validation; None for a charge whose items select nothing.

    Raises:
        Park: as `Mapping.run`.
    """
    lists: dict[str, list[Any]] = {}
    for name, blocks in plan.lists:
        rows: list[Any] = [
            block.record.fill(root, element, at) for block in blocks for element in block.elements(root, here)
        ]
        if rows:
            lists[name] = [row["charge_no"] for row in rows] if name == "charge_nos" else rows
    if plan.emit == "charge" and "items" not in lists:
        return None
    values = plan.record.fill(root, here, at)
    values.update(lists)
    values["kind"] = plan.emit
    return complete(values)


def _judged(plan: EventPlan, event: Event, at: datetime, kinds: Table[str, str], flags: list[Flag]) -> Event:
    """The event, with what is doubtful of it among the flags; what no bill may come of parks."""
    kind = kinds.get(event.bill or "") if type(event) is Charge else None
    for found in judge(event, kind=kind, now=at):
        where = f"{plan.emit}.{found.where} ({plan.at})"
        if found.level == "refuse":
            raise fault_from(found.code, where)
        flags.append(Flag(found.code, where))
    return event


def _validated(plan: EventPlan, values: dict[str, Any]) -> Event:
    try:
        event: Event = _VALIDATE[plan.emit](values)
    except ValidationError as error:
        raise _fault_of(plan, error) from None
    return event


def _fault_of(plan: EventPlan, error: ValidationError) -> Fault:
    """The first violation as a fault. Only its rule is named; the value stays out."""
    first = error.errors(include_url=False, include_context=True, include_input=False)[0]
    names = [part for part in first["loc"] if isinstance(part, str)]
    limits = {
        key: found for key, found in first.get("ctx", {}).items() if isinstance(found, (int, str)) and key != "error"
    }
    reason = " ".join([first["type"], *(f"{key}={found}" for key, found in limits.items())])
    dotted = ".".join(names)
    rule: Rule | None = next((one for one in plan.rules() if dotted in {one.full_name, one.name}), None)
    if rule is not None:
        return rule.fault(VALUE, reason=reason)
    return VALUE(f"{dotted} ({plan.at})", field=dotted, reason=reason, path="—")


def run_first_matching(
    mappings: Iterable[Mapping], tree: Tree, received_at: datetime, kinds: Table[str, str] = _NO_KINDS
) -> Made:
    """Runs every mapping whose `when` holds, in order, and puts their events together; arguments as `Mapping.run`.

    A message that rightly makes no event (an order that waits for its buyer) is taken by a mapping whose events are
    all skipped; one that no mapping takes is not this source's business.

    Raises:
        Park: one of them cannot map the message.
        Reject: NO_MAPPING, none of them takes it.
    """
    made: list[Made] = []
    tried: list[str] = []
    prepared: dict[Reads, tuple[Root, Here]] = {}
    for mapping in mappings:
        tried.append(mapping.name)
        if mapping.reads not in prepared:
            prepared[mapping.reads] = mapping.prepared(tree)
        root, here = prepared[mapping.reads]
        if mapping.holds(root, here):
            made.append(mapping.made(root, here, received_at, kinds))
    if not made:
        raise NO_MAPPING(" ".join(tried))
    if len(made) == 1:
        return made[0]
    return Made(tuple(event for one in made for event in one.events), tuple(flag for one in made for flag in one.flags))
