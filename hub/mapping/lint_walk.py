"""What every part of the lint shares: the text with its places, the findings so far, checks of paths and keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hub.errors import Fault, FaultCode
from hub.findings import Finding
from hub.mapping.fields import nearest
from hub.mapping.lint_faults import MISSING_KEY, PATH, SHAPE, UNKNOWN_KEY
from hub.mapping.paths import Dialect, PathError
from hub.yaml_text import Where, YamlText

Shape = Literal["map", "list", "text"]
_SHAPES: Final[dict[Shape, tuple[str, str]]] = {
    "map": ("键值表", "a mapping of keys"),
    "list": ("列表", "a list"),
    "text": ("文本", "a text"),
}
EXAMPLES: Final = {
    "mapping": "mapping: his/hl7v2/dft-p03",
    "reads": "reads: hl7v2",
    "when": "when: {MSH-9.1: DFT}",
    "where": "where: {FT1-6: [CG, CD]}",
    "require": "require: [{each: FT1, holds: {FT1-6.1: [CG, PY]}}]",
    "holds": "holds: {FT1-6.1: [CG, PY]}",
    "tables": "tables: {items: tables/items.csv}",
    "events": "events: [{emit: charge, fields: {…}}]",
    "emit": "emit: charge",
    "each": "each: FT1",
    "fields": "fields: {charge_no: {from: PV1-19.1}}",
    "items": "items: {each: FT1, fields: {…}}",
    "source": "{from: PID-5.1} / {first: [A, B]} / {const: text} / {concat: [A, B]}",
    "via": "via: [trim, {max: 20}]",
    "first": "first: [FT1-7.2, FT1-8]",
    "concat": "concat: [PID-5.1, {const: '-'}]",
    "from": "from: PID-5.1",
    "const": "const: person",
    "adapter": "adapter: his/hl7v2",
    "cases": "cases: [{name: one, sample: samples/one.hl7, expect: expected/one.json}]",
    "sample": "sample: samples/one.hl7",
    "expect": "expect: expected/one.json",
    "name": "name: one charge",
    "settings": "settings: {app_id: '2021000000000000'}",
}


@dataclass(slots=True)
class Walk:
    """A lint under way."""

    text: YamlText
    dialect: Dialect | None = None
    reads: str = ""
    tables: set[str] = field(default_factory=set)
    used_tables: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def add(self, where: Where, fault: Fault, level: str = "error") -> None:
        """A finding at that place; one a node is enough."""
        made = self.text.finding(where, fault, level)
        if not any((one.line, one.column, one.level) == (made.line, made.column, made.level) for one in self.findings):
            self.findings.append(made)

    def shape(self, where: Where, key: str, wanted: Shape) -> None:
        """A node of the wrong shape."""
        chinese, english = _SHAPES[wanted]
        example = EXAMPLES.get(key, key)
        self.add(where, SHAPE(key=key, wanted_zh=chinese, wanted_en=english, example=example))

    def unknown(self, code: FaultCode, where: Where, found: str, known: Iterable[str], **values: object) -> None:
        """An unknown name, with the known ones nearest to it."""
        names = list(known)
        close = nearest(found, names)
        write = " / ".join(close or names[:12]) or "—"
        self.add(where, code("", found=found[:60], write=write, **values))

    def keys(self, node: dict[str, Any], where: Where, known: Collection[str], needed: Iterable[str] = ()) -> None:
        """Unknown keys and missing ones."""
        for key in node:
            if key not in known:
                close = nearest(key, known) or list(known)
                self.add((*where, key), UNKNOWN_KEY(key=key[:60], write=" / ".join(close)))
        for key in needed:
            if key not in node:
                self.add(where, MISSING_KEY(key=key, example=EXAMPLES.get(key, key)))

    def path(self, path: Any, where: Where, scope: str | None, *, each: bool = False) -> None:
        """The syntax of a path."""
        if not isinstance(path, str):
            self.shape(where, "from", "text")
        elif self.dialect is not None:
            try:
                (self.dialect.each if each else self.dialect.read)(path, scope)
            except PathError as error:
                reason, example = error.reason, error.example
                self.add(where, PATH(reads=self.reads, found=path[:80], reason=reason, example=example))

    def conditions(self, node: Any, where: Where, key: str) -> None:
        """`when`, `where` or the condition of `credit_if`."""
        if not isinstance(node, dict) or not node:
            self.shape(where, key if key in EXAMPLES else "when", "map")
            return
        for path, wanted in node.items():
            self.path(path, (*where, path), None)
            texts = wanted if isinstance(wanted, list) else [wanted]
            if not texts or not all(isinstance(one, str) for one in texts):
                self.shape((*where, path), key if key in EXAMPLES else "when", "list")
