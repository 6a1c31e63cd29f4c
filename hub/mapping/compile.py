"""Turns a mapping file that passed the lint into a plan of closures; no message ever looks at the file again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.bill.normalise import IDS
from hub.mapping.compose import composed
from hub.mapping.dialects import DIALECTS
from hub.mapping.fields import KINDS, FieldSpec, KindSpec
from hub.mapping.model import Const, EventSpec, LinesSpec, MappingFile, RequireSpec, SourceSpec
from hub.mapping.paths import Dialect, Each, Here, Read, Root
from hub.mapping.plan import Cell, EventPlan, Lines, Part, Record, Requirement, Rule, RuleStep
from hub.mapping.transform import Around, Condition
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
        tests = tuple(
            _test(self._read(path, scope), frozenset([wanted] if isinstance(wanted, str) else wanted))
            for path, wanted in node.items()
        )
        if len(tests) == 1:
            return tests[0]

        def holds(root: Root, here: Here) -> bool:
            return all(test(root, here) for test in tests)

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

    def requirements(self) -> tuple[Requirement, ...]:
        """What has to hold of a message."""
        return tuple(self._requirement(spec, ("require", index)) for index, spec in enumerate(self.file.require))

    def _requirement(self, spec: RequireSpec, where: Where) -> Requirement:
        holds = tuple(
            (path, " / ".join(one or '""' for one in wanted), self.condition({path: wanted}, spec.each) or _always)
            for path, wanted in spec.holds.items()
        )
        return Requirement(
            spec.each, self._each(spec.each), self.condition(spec.where, spec.each), holds, self._at(where)
        )

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
            self.condition(spec.where, path),
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
            cells.append((key, rule.get, key in IDS, rule.required, rule))
        return Record(tuple(own), tuple((name, tuple(cells)) for name, cells in nested.items()))

    def _rule(self, name: str, source: SourceSpec, kind: KindSpec, scope: str | None, where: Where) -> Rule:
        spec: FieldSpec = kind.fields[name]
        how, parts = self._parts(source, scope)
        steps = tuple(self._step(step, scope) for step in source.via)
        get = composed(how, tuple(part.read for part in parts), steps)
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


def _test(read: Read, wanted: frozenset[str]) -> Condition:
    """One path of a condition."""
    star = "*" in wanted

    def holds(root: Root, here: Here) -> bool:
        value = read(root, here)
        if value in wanted:
            return True
        value = value.strip()
        return value in wanted or (star and value != "")

    return holds


def _fixed(text: str) -> Part:
    return Part(repr(text), lambda root, here: text)  # noqa: ARG005
