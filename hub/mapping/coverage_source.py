"""Which fields of a source tree have content, and which a mapping reads, for each kind of tree.

JSON, forms and rows record what is asked of them while the mapping runs; HL7 and XML are compared with its paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from hub.adapter import Reads, Tree
from hub.mapping.paths import PathError
from hub.mapping.paths_hl7v2 import Hl7Path, parse

_INDEX: Final = re.compile(r"\[[0-9]+\]")
_FRAMING: Final = ("MSH-1", "MSH-2")


@dataclass(slots=True)
class Recorder:
    """A tree to run on; `read` fills while it runs, or is full already."""

    tree: Tree
    seen: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)


def recorder_of(reads: Reads, tree: Tree, paths: Iterable[str]) -> Recorder:
    """The recorder of a tree; `paths` are all those the mapping writes."""
    if reads == "hl7v2":
        return _hl7(tree, paths)
    if reads == "xml":
        return _xml(tree, paths)
    made = Recorder(tree)
    made.tree = _wrapped(tree, "", made)
    return made


class _Asked(dict[str, Any]):
    """A dict that notes which keys are asked for."""

    __slots__ = ("before", "recorder")
    before: str
    recorder: Recorder

    def get(self, key: str, default: Any = None) -> Any:
        self.recorder.read.add(self.before + str(key))
        return super().get(key, default)


def _wrapped(value: Any, path: str, recorder: Recorder) -> Any:
    if isinstance(value, dict):
        made = _Asked()
        made.before, made.recorder = f"{path}." if path else "", recorder
        for key, inner in value.items():
            made[key] = _wrapped(inner, made.before + str(key), recorder)
        return made
    if isinstance(value, list):
        if any(isinstance(one, (dict, list)) for one in value):
            return [_wrapped(one, f"{path}[]", recorder) for one in value]
        value = value[:]
    if value not in (None, "", []):
        recorder.seen.add(path)
    return value


def _hl7(tree: Tree, paths: Iterable[str]) -> Recorder:
    asked: list[Hl7Path] = []
    for path in paths:
        try:
            asked.append(parse(path))
        except PathError:
            continue
    made = Recorder(tree)
    for segment in tree["segments"]:
        for number, value in enumerate(segment[1:], start=1):
            for component, sub in set(_leaves(value)):
                name = f"{segment[0]}-{number}"
                if name in _FRAMING:
                    continue
                leaf = name + (f".{component}" if component else "") + (f".{sub}" if sub else "")
                made.seen.add(leaf)
                if any(_covers(one, segment[0], number, component, sub) for one in asked):
                    made.read.add(leaf)
    return made


def _leaves(field_value: Any) -> Iterator[tuple[int, int]]:
    """(component, sub-component) of every text; 0 where a level is not divided."""
    for repetition in field_value if isinstance(field_value, list) else [field_value]:
        if isinstance(repetition, str):
            if repetition:
                yield 0, 0
            continue
        for component, value in enumerate(repetition, start=1):
            for sub, text in enumerate(value, start=1) if isinstance(value, list) else [(0, value)]:
                if text:
                    yield component, sub


def _covers(asked: Hl7Path, segment: str, number: int, component: int, sub: int) -> bool:
    if (asked.segment, asked.field) != (segment, number):
        return False
    if asked.key and component == asked.key:
        return True
    return asked.component in {0, component or 1} and (not asked.sub or asked.sub == (sub or 1))


def _xml(tree: Tree, paths: Iterable[str]) -> Recorder:
    made = Recorder(tree)
    document = tree.getroottree()

    def name(element: Any) -> str:
        return _INDEX.sub("", str(document.getelementpath(element)))

    for element in tree.iter():
        if isinstance(element.tag, str):
            made.seen.update(f"{name(element)}/@{attribute}" for attribute in element.attrib)
            if element.text and element.text.strip():
                made.seen.add(name(element))
    finders = [etree.XPath(path, regexp=False) for path in paths if path != "."]
    contexts, known = [tree], {tree}
    while contexts:  # what a path selects may be what another path starts from
        here = contexts.pop()
        for find in finders:
            found: Any = find(here)
            for node in found if isinstance(found, list) else []:
                if etree.iselement(node):
                    made.read.add(name(node))
                    if node not in known and len(known) < 10_000:
                        known.add(node)
                        contexts.append(node)
                elif getattr(node, "is_attribute", False):
                    made.read.add(f"{name(node.getparent())}/@{node.attrname}")
                elif getattr(node, "getparent", None) is not None and node.getparent() is not None:
                    made.read.add(name(node.getparent()))
    return made
