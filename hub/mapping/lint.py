"""Finds everything wrong with a mapping file before it runs: file, line, column, what, and what to write.

The walk is by hand rather than by schema errors, so that a node with one mistake gives one finding.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, get_args

from hub.adapter import Reads
from hub.errors import Fault
from hub.findings import Finding
from hub.mapping.dialects import DIALECTS
from hub.mapping.fields import KINDS, LISTS, FieldSpec, KindSpec
from hub.mapping.lint_faults import (
    CONST,
    MISSING_KEY,
    MONEY,
    NAME,
    NO_TEST,
    NOT_MAPPED,
    TABLE_FILE,
    UNKNOWN_EMIT,
    UNKNOWN_FIELD,
    UNKNOWN_KEY,
    UNKNOWN_READS,
    UNREADABLE,
    UNUSED_TABLE,
    WANTS,
)
from hub.mapping.lint_steps import STATES, lint_steps
from hub.mapping.lint_walk import EXAMPLES, Walk
from hub.mapping.tables import TableError, read_table
from hub.mapping.transform import State
from hub.yaml_text import Where, YamlText, read_yaml

TOP: Final = ("mapping", "reads", "when", "tables", "require", "events")
EVENT: Final = ("emit", "when", "each", "where", "fields", *LISTS)
REQUIRE: Final = ("each", "where", "holds")
LINES: Final = ("each", "where", "fields")
SOURCES: Final = ("from", "first", "const", "concat")
_FAMILIES: Final = frozenset({"his", "education", "payment", "insurance"})
_WRITE: Final = {
    "instant": "via: [{time: '%Y-%m-%d %H:%M:%S'}] / hl7_time / yearless",
    "day": "via: [{day: '%Y-%m-%d'}] / hl7_day",
    "decimal": "via: [decimal]",
    "text": "via: [trim]",
}


def lint_mapping(path: Path) -> list[Finding]:
    """All findings of a mapping file, errors and warnings, in the order of the file."""
    try:
        text = read_yaml(path)
    except OSError as error:
        return [Finding(str(path), 1, 1, UNREADABLE(reason=error.strerror or "?"))]
    found = lint_text(text, path)
    test = path.with_name(f"{path.stem}.test.yaml")
    if not test.exists() and not any(one.level == "error" for one in text.findings):
        found.append(Finding(str(path), 1, 1, NO_TEST(file=test.name), "warning"))
    return sorted(found, key=lambda one: (one.line, one.column))


def lint_text(text: YamlText, path: Path) -> list[Finding]:
    """Findings of text already read; tables are looked for beside `path`."""
    walk = Walk(text, findings=list(text.findings))
    if not isinstance(text.data, dict):
        if not text.findings:
            walk.shape((), "mapping", "map")
        return walk.findings
    _top(walk, text.data, path)
    return walk.findings


def _top(walk: Walk, data: dict[str, Any], path: Path) -> None:
    walk.keys(data, (), TOP, ("mapping", "reads", "events"))
    reads = data.get("reads")
    if isinstance(reads, str) and reads in DIALECTS:
        walk.reads = reads
        walk.dialect = DIALECTS[reads]
    elif "reads" in data:
        walk.unknown(UNKNOWN_READS, ("reads",), str(reads), get_args(Reads))
    _name(walk, data.get("mapping"), path)
    _tables(walk, data.get("tables"), path)
    if "when" in data:
        walk.conditions(data["when"], ("when",), "when")
    if "require" in data:
        _require(walk, data["require"])
    events = data.get("events")
    if not isinstance(events, list) or not events:
        if "events" in data:
            walk.shape(("events",), "events", "list")
    else:
        for index, event in enumerate(events):
            _event(walk, event, ("events", index))
    for name in sorted(walk.tables - walk.used_tables):
        walk.add(("tables", name), UNUSED_TABLE(found=name), "warning")


def _name(walk: Walk, name: Any, path: Path) -> None:
    if name is None:
        return
    if not isinstance(name, str) or not name:
        walk.shape(("mapping",), "mapping", "text")
        return
    parts = path.resolve().with_suffix("").parts[-3:]
    if len(parts) == 3 and parts[0] in _FAMILIES and name != "/".join(parts):
        walk.add(("mapping",), NAME(found=name[:80], write="/".join(parts)))


def _tables(walk: Walk, tables: Any, path: Path) -> None:
    if tables is None:
        return
    if not isinstance(tables, dict):
        walk.shape(("tables",), "tables", "map")
        return
    for name, file in tables.items():
        walk.tables.add(name)
        if not isinstance(file, str) or Path(file).is_absolute() or ".." in Path(file).parts:
            walk.shape(("tables", name), "tables", "text")
            continue
        try:
            read_table(path.parent / file)
        except TableError as error:
            walk.add(("tables", name), TABLE_FILE(reason=str(error)))


def _require(walk: Walk, found: Any) -> None:
    if not isinstance(found, list) or not found:
        walk.shape(("require",), "require", "list")
        return
    for index, one in enumerate(found):
        where: Where = ("require", index)
        if not isinstance(one, dict):
            walk.shape(where, "require", "map")
            continue
        walk.keys(one, where, REQUIRE, ("each", "holds"))
        _each(walk, one, where)
        for key in ("where", "holds"):
            if key in one:
                walk.conditions(one[key], (*where, key), key)


def _event(walk: Walk, event: Any, where: Where) -> None:
    if not isinstance(event, dict):
        walk.shape(where, "events", "map")
        return
    walk.keys(event, where, EVENT, ("emit", "fields"))
    emit = event.get("emit")
    kind = KINDS.get(emit) if isinstance(emit, str) else None
    if kind is None and "emit" in event:
        walk.unknown(UNKNOWN_EMIT, (*where, "emit"), str(emit), KINDS)
    for key in ("when", "where"):
        if key in event:
            walk.conditions(event[key], (*where, key), key)
    if "where" in event and "each" not in event:
        walk.add((*where, "where"), MISSING_KEY(key="each", example=EXAMPLES["each"]))
    scope = _each(walk, event, where)
    _fields(walk, event.get("fields"), (*where, "fields"), kind, scope, where)
    for name in LISTS:
        if name in event:
            if kind is not None and name not in kind.lists:
                walk.unknown(UNKNOWN_FIELD, (*where, name), name, kind.lists, kind=kind.name)
            _blocks(walk, event[name], (*where, name), kind.lists.get(name) if kind else None)
        elif kind is not None and name in kind.required_lists:
            walk.add(where, NOT_MAPPED(kind=kind.name, field=name, example=EXAMPLES["items"]))


def _each(walk: Walk, node: dict[str, Any], where: Where) -> str | None:
    if "each" not in node:
        return None
    walk.path(node["each"], (*where, "each"), None, each=True)
    return node["each"] if isinstance(node["each"], str) else None


def _blocks(walk: Walk, node: Any, where: Where, kind: KindSpec | None) -> None:
    several = isinstance(node, list)
    if several and not node:
        walk.shape(where, "items", "map")
    for index, block in enumerate(node if several else [node]):
        here: Where = (*where, index) if several else where
        if not isinstance(block, dict):
            walk.shape(here, "items", "map")
            continue
        walk.keys(block, here, LINES, ("each", "fields"))
        if "where" in block:
            walk.conditions(block["where"], (*here, "where"), "where")
        _fields(walk, block.get("fields"), (*here, "fields"), kind, _each(walk, block, here), here)


def _fields(walk: Walk, node: Any, where: Where, kind: KindSpec | None, scope: str | None, owner: Where) -> None:
    if node is None:
        return
    if not isinstance(node, dict) or not node:
        walk.shape(where, "fields", "map")
        return
    for name, source in node.items():
        spec = kind.fields.get(name) if kind else None
        if kind is not None and spec is None:
            if name in kind.lists:
                walk.add((*where, name), UNKNOWN_KEY(key=name, write=f"{name}: {{each: …, fields: {{…}}}} ⇐ fields"))
            else:
                walk.unknown(UNKNOWN_FIELD, (*where, name), name, kind.fields, kind=kind.name)
            continue
        _source(walk, source, (*where, name), spec, scope)
    for name in kind.required if kind else ():
        if name not in node:
            example = f"{name}: {{from: {walk.dialect.example if walk.dialect else '…'}}}"
            walk.add((*owner, "emit"), _not_mapped(kind, name, example))


def _not_mapped(kind: KindSpec | None, name: str, example: str) -> Fault:
    return NOT_MAPPED(kind=kind.name if kind else "", field=name, example=example)


def _source(walk: Walk, node: Any, where: Where, spec: FieldSpec | None, scope: str | None) -> None:
    if not isinstance(node, dict):
        walk.shape(where, "source", "map")
        return
    walk.keys(node, where, (*SOURCES, "via"))
    written = [key for key in SOURCES if key in node]
    if len(written) != 1:
        if all(key in (*SOURCES, "via") for key in node):
            walk.shape(where, "source", "map")
        return
    key, value = written[0], node[written[0]]
    here: Where = (*where, key)
    if key == "from":
        walk.path(value, here, scope)
    elif key == "const":
        if not isinstance(value, str):
            walk.shape(here, "const", "text")
    elif not isinstance(value, list) or not value:
        walk.shape(here, key, "list")
    else:
        for index, part in enumerate(value):
            if key == "concat" and isinstance(part, dict):
                if set(part) != {"const"} or not isinstance(part["const"], str):
                    walk.shape((*here, index), "concat", "map")
            else:
                walk.path(part, (*here, index), scope)
    via = node.get("via", [])
    if not isinstance(via, list):
        walk.shape((*where, "via"), "via", "list")
        return
    gives = lint_steps(walk, via, (*where, "via"))
    if spec is not None and gives is not None:
        _fits(walk, where, spec, gives, value if key == "const" and not via else None)


def _fits(walk: Walk, where: Where, spec: FieldSpec, gives: State, const: Any) -> None:
    """Whether what comes out suits the field's type."""
    if spec.choices:
        if isinstance(const, str) and const not in spec.choices:
            walk.unknown(CONST, where, const, spec.choices, field=spec.name)
        elif gives != "text":
            walk.add(where, WANTS(field=spec.name, gives=STATES[gives], wants=" / ".join(spec.choices), write="table"))
    elif spec.type == "money":
        if gives != "money":
            walk.add(where, MONEY(field=spec.name))
    elif spec.type == "text":
        if gives in {"money", "instant"}:
            walk.add(where, WANTS(field=spec.name, gives=STATES[gives], wants=STATES["text"], write=_WRITE["text"]))
    elif gives != spec.type:
        level = "warning" if spec.type == "decimal" and gives == "text" else "error"
        wants, write = spec.type, _WRITE[spec.type]
        walk.add(where, WANTS(field=spec.name, gives=STATES[gives], wants=wants, write=write), level)
