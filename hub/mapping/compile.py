"""Turns a mapping file that passed the lint into a plan of closures; no message ever looks at the file again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.mapping.dialects import DIALECTS
from hub.mapping.fields import KINDS, FieldSpec, KindSpec
from hub.mapping.model import Const, EventSpec, LinesSpec, MappingFile, SourceSpec
from hub.mapping.paths import Dialect, Each, Here, Read, Root
from hub.mapping.plan import Cell, EventPlan, Get, Lines, Part, Record, Rule, RuleStep
from hub.mapping.transform import Around, Condition, InContext, Step
from hub.mapping.transforms import TRANSFORMS
from hub.yaml_text import Where, YamlText


class Compiler:
    """Compiles one file."""

    def __init__(self, file: MappingFile, text: YamlText, tables: Mapping[str, Mapping[str, str]], name: str) -> None:
        """`name` is the file as findings and faults show it."""
        self.file = file
        self.text = text
        self.tables = tables
        self.name = name
        self.dialect: Dialect = DIALECTS[file.reads]
        self.paths: dict[str, None] = {}
        """Every path written, in order."""

    def condition(self, node: Mapping[str, Any] | None, scope: str | None) -> Condition | None:
        """`when` or `where` as one closure; None where there is none."""
        if not node:
            return None
        tests = [
            (self._read(path, scope), frozenset([wanted] if isinstance(wanted, str) else wanted))
            for path, wanted in node.items()
        ]
        tests_with_star = tuple((read, wanted, "*" in wanted) for read, wanted in tests)

        def holds(root: Root, here: Here) -> bool:
            for read, wanted, star in tests_with_star:
                value = read(root, here)
                if value not in wanted:
                    value = value.strip()
                    if value not in wanted and not (star and value):
                        return False
            return True

        return holds

    def _read(self, path: str, scope: str | None) -> Read:
        self.paths[path] = None
        return self.dialect.read(path, scope)

    def _each(self, path: str) -> Each:
        self.paths[path] = None
        return self.dialect.each(path, None)

    def events(self) -> tuple[EventPlan, ...]:
        """The plan of every event."""
        return tuple(self._event(spec, ("events", index)) for index, spec in enumerate(self.file.events))

    def _event(self, spec: EventSpec, where: Where) -> EventPlan:
        kind = KINDS[spec.emit]
        dialect, path = self.dialect, spec.each
        lists = tuple(
            (name, tuple(self._lines(name, block, kind.lists[name], self._block(where, name, i)) for i, block in found))
            for name, found in ((name, list(enumerate(blocks))) for name, blocks in spec.blocks().items())
        )
        return EventPlan(
            spec.emit,
            self.condition(spec.when, None),
            self._each(path) if path else None,
            (lambda root, here: dialect.enter(root, here, path)) if path else (lambda root, here: (root, here)),
            self.condition(spec.where, None),
            self._record(spec.fields, kind, None, where),
            lists,
            self._at(where),
            sums="total_fen" in kind.fields and kind.fields["total_fen"].required and "total_fen" not in spec.fields,
        )

    def _block(self, where: Where, name: str, index: int) -> Where:
        several: Where = (*where, name, index)
        return several if several in self.text.places else (*where, name)

    def _lines(self, name: str, spec: LinesSpec, kind: KindSpec, where: Where) -> Lines:
        each = self._each(spec.each)
        record = self._record(spec.fields, kind, spec.each, where)
        return Lines(name, each, self.condition(spec.where, spec.each), record, self._at(where))

    def _record(self, fields: Mapping[str, SourceSpec], kind: KindSpec, scope: str | None, where: Where) -> Record:
        own: list[Cell] = []
        nested: dict[str, list[Cell]] = {}
        for name, source in fields.items():
            rule = self._rule(name, source, kind, scope, (*where, "fields", name))
            head, dot, rest = name.partition(".")
            cells, key = (nested.setdefault(head, []), rest) if dot else (own, name)
            cells.append((key, rule.get, rule.required, rule))
        return Record(tuple(own), tuple((name, tuple(cells)) for name, cells in nested.items()))

    def _rule(self, name: str, source: SourceSpec, kind: KindSpec, scope: str | None, where: Where) -> Rule:
        spec: FieldSpec = kind.fields[name]
        how, parts = self._parts(source, scope)
        steps = tuple(self._step(step, scope) for step in source.via)
        get = _composed(_raw(how, tuple(part.read for part in parts)), steps)
        return Rule(name, kind.name, spec.type, spec.required, how, parts, steps, self._at(where), get)

    def _parts(self, source: SourceSpec, scope: str | None) -> tuple[str, tuple[Part, ...]]:
        if source.const is not None:
            return "const", (_fixed(source.const),)
        if source.from_ is not None:
            return "from", (self._path(source.from_, scope),)
        if source.first is not None:
            return "first", tuple(self._path(path, scope) for path in source.first)
        return "concat", tuple(
            _fixed(part.const) if isinstance(part, Const) else self._path(part, scope) for part in source.concat or ()
        )

    def _path(self, path: str, scope: str | None) -> Part:
        return Part(path, self._read(path, scope))

    def _step(self, step: str | dict[str, Any], scope: str | None) -> RuleStep:
        name, argument = (step, None) if isinstance(step, str) else next(iter(step.items()))
        transform = TRANSFORMS[name]
        around = Around(self.tables, lambda node: self.condition(node, scope) or _always)
        return RuleStep(name, transform.make(argument, around), transform.in_context)

    def _at(self, where: Where) -> str:
        return f"{self.name}:{self.text.place(where)[0]}"


def _always(root: Root, here: Here) -> bool:  # noqa: ARG001
    return True


def _fixed(text: str) -> Part:
    return Part(repr(text), lambda root, here: text)  # noqa: ARG005


def _raw(how: str, reads: tuple[Read, ...]) -> Read:
    """The source text before any transform; white space alone counts as empty."""
    if how in {"from", "const"}:
        return reads[0]
    if how == "first":

        def first(root: Root, here: Here) -> str:
            for read in reads:
                value = read(root, here)
                if value and not value.isspace():
                    return value
            return ""

        return first

    def joined(root: Root, here: Here) -> str:
        return "".join([read(root, here) for read in reads])

    return joined


def _composed(raw: Read, steps: tuple[RuleStep, ...]) -> Get:
    """One getter. The usual cases (no step, one, two plain ones) get a closure of their own: this is the hot path."""
    runs: tuple[Any, ...] = tuple(step.run for step in steps)
    if not steps:

        def bare(root: Root, here: Here, at: datetime) -> Any:  # noqa: ARG001
            value = raw(root, here)
            return "" if value.isspace() else value

        return bare
    if any(step.in_context for step in steps):
        return _contextual(raw, tuple((step.run, step.in_context) for step in steps))
    if len(runs) == 1:
        only: Step = runs[0]

        def one(root: Root, here: Here, at: datetime) -> Any:  # noqa: ARG001
            value = raw(root, here)
            return only("" if value.isspace() else value)

        return one

    def several(root: Root, here: Here, at: datetime) -> Any:  # noqa: ARG001
        value: Any = raw(root, here)
        if value.isspace():
            value = ""
        for run in runs:
            value = run(value)
        return value

    return several


def _contextual(raw: Read, runs: tuple[tuple[Step | InContext, bool], ...]) -> Get:
    def get(root: Root, here: Here, at: datetime) -> Any:
        value: Any = raw(root, here)
        if value.isspace():
            value = ""
        run: Any
        for run, in_context in runs:
            value = run(value, root, here, at) if in_context else run(value)
        return value

    return get
