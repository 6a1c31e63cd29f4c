"""A compiled mapping: plain tuples of closures, made once, walked for every message by `run` and `explain` alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.bill.normalise import half_width
from hub.errors import Fault, FaultCode
from hub.mapping.faults import CHARGE_NO, REQUIRED, UNEXPECTED
from hub.mapping.fields import Emit, FieldType
from hub.mapping.paths import Each, Here, Read, Root
from hub.mapping.transform import BadValueError, Condition, InContext, Step

Get = Callable[[Root, Here, datetime], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One path or fixed text of a source."""

    label: str
    read: Read


@dataclass(frozen=True, slots=True)
class RuleStep:
    """One transform of a source."""

    name: str
    run: Step | InContext
    in_context: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """How one canonical field is made, and where the mapping says so."""

    name: str
    owner: str
    """charge, payment, items …"""
    type: FieldType
    required: bool
    how: str
    """from, first, const or concat"""
    parts: tuple[Part, ...]
    steps: tuple[RuleStep, ...]
    at: str
    """file:line"""
    get: Get

    @property
    def path(self) -> str:
        """The source as written, for people."""
        between = " + " if self.how == "concat" else " | "
        return between.join(part.label for part in self.parts)

    @property
    def full_name(self) -> str:
        """Name with its list: items.code."""
        return f"{self.owner}.{self.name}" if self.owner in {"items", "details", "extensions"} else self.name

    def fault(self, code: FaultCode, **values: object) -> Fault:
        """A fault that says the field, the source path and the mapping's line, and nothing of the content."""
        where = f"{self.full_name} ← {self.path} ({self.at})"
        return code(where, **{"field": self.full_name, "path": self.path, **values})

    def missing(self) -> Fault:
        """The fault of a required field that came out empty."""
        no_number = self.name == "charge_no" and self.owner == "charge"
        return self.fault(CHARGE_NO if no_number else REQUIRED)


Cell = tuple[str, Get, bool, bool, Rule]
"""Key in its record, getter, whether it is an id (spelled in half-width), required, rule."""


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of one record: its own, and those of the records nested in it."""

    own: tuple[Cell, ...]
    nested: tuple[tuple[str, tuple[Cell, ...]], ...]

    def rules(self) -> Iterator[Rule]:
        """All rules."""
        for cell in self.own:
            yield cell[-1]
        for _, cells in self.nested:
            for cell in cells:
                yield cell[-1]

    def fill(self, root: Root, here: Here, at: datetime) -> dict[str, Any]:
        """The record as a dict in one spelling (see `hub.bill.normalise`); what came out empty is left out.

        Raises:
            Park: a required field is empty, or a value cannot be what its field wants.
        """
        made = _fill(self.own, root, here, at)
        for name, cells in self.nested:
            inner = _fill(cells, root, here, at)
            if inner:
                made[name] = inner
        return made


def _fill(cells: tuple[Cell, ...], root: Root, here: Here, at: datetime) -> dict[str, Any]:
    made: dict[str, Any] = {}
    rule: Rule | None = None
    try:
        for key, get, is_id, required, rule in cells:
            value = get(root, here, at)
            if type(value) is str:
                value = value.strip()
                if not value:
                    if required:
                        raise rule.missing()
                    continue
                if is_id and not value.isascii():
                    value = half_width(value)
            made[key] = value
    except BadValueError as bad:
        raise _of(rule).fault(bad.code, **bad.values) from None
    except Fault as fault:
        if fault.where:
            raise
        raise _of(rule).fault(fault.code, **fault.values) from None
    return made


def _of(rule: Rule | None) -> Rule:
    if rule is None:
        raise AssertionError("a fault without a rule")
    return rule


@dataclass(frozen=True, slots=True)
class Lines:
    """One block of items, details, extensions or charge_nos."""

    name: str
    each: Each
    where: Condition | None
    record: Record
    at: str

    def elements(self, root: Root, here: Here) -> Iterator[Here]:
        """The elements that make a line each."""
        where = self.where
        for element in self.each(root, here):
            if where is None or where(root, element):
                yield element


@dataclass(frozen=True, slots=True)
class Requirement:
    """What has to hold of each element; `holds` has one test a path, with what its fault says is wanted."""

    name: str
    each: Each
    where: Condition | None
    holds: tuple[tuple[str, str, Condition], ...]
    at: str

    def judge(self, root: Root, here: Here) -> None:
        """Raises UNEXPECTED for the first element for which it does not hold."""
        for number, element in enumerate(self.each(root, here), 1):
            for path, wanted, test in self.holds:  # before `where`, since nearly every element is as required
                if not test(root, element) and (self.where is None or self.where(root, element)):
                    raise UNEXPECTED(f"{path} ({self.at})", each=self.name, number=number, path=path, wanted=wanted)


@dataclass(frozen=True, slots=True)
class EventPlan:
    """One event of the mapping."""

    emit: Emit
    when: Condition | None
    each: Each | None
    enter: Callable[[Root, Here], tuple[Root, Here]]
    where: Condition | None
    """Asked of an element of `each` before it is entered."""
    record: Record
    lists: tuple[tuple[str, tuple[Lines, ...]], ...]
    at: str
    sums: bool
    """total_fen is not mapped and the items are summed."""

    def frames(self, root: Root, here: Here) -> Iterator[tuple[Root, Here]]:
        """Root and element of each event this makes."""
        if self.when is not None and not self.when(root, here):
            return
        if self.each is None:
            yield root, here
            return
        for element in self.each(root, here):
            if self.where is None or self.where(root, element):
                yield self.enter(root, element)

    def placed(self, fault: Fault) -> Fault:
        """A fault with its place: a path of `when`, `each` or `where` knows none."""
        return fault if fault.where else fault.code(self.at, **fault.values)

    def rules(self) -> Iterator[Rule]:
        """All rules, those of the lists too."""
        yield from self.record.rules()
        for _, blocks in self.lists:
            for block in blocks:
                yield from block.record.rules()
