"""HL7 v2 paths: `PID-5.1`, `FT1-11.1.1`, `PID-3[2].1`, `PID-3[5=NI|NNCHN].1`, or a segment's name for its presence.

`PID-5[*]` is all repetitions, joined with `~`.

Where the level asked for is deeper than the text, index 1 is that text; where it is shallower, the parts are joined
with `^` and `&`. `""` (explicitly empty) reads as empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.mapping.paths import SELF, Dialect, Each, Here, PathError, Read, Root, once, refuse_blank

_PATH: Final = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})"
    r"(?:-(?P<field>[1-9][0-9]{0,2})(?:\[(?:(?P<repetition>[1-9][0-9]{0,3}|\*)|(?P<key>[1-9][0-9]?)=(?P<values>[^\]]+))\])?"
    r"(?:\.(?P<component>[1-9][0-9]{0,2})(?:\.(?P<sub>[1-9][0-9]{0,2}))?)?)?"
)
_SEGMENT: Final = re.compile(r"[A-Z][A-Z0-9]{2}")


@dataclass(frozen=True, slots=True)
class Hl7Path:
    """A path taken apart; numbers count from 1, 0 means not asked for, of repetitions all."""

    segment: str
    field: int = 0
    repetition: int = 1
    key: int = 0
    values: frozenset[str] = frozenset()
    component: int = 0
    sub: int = 0


def parse(path: str) -> Hl7Path:
    """Takes a path apart.

    Raises:
        PathError: not such a path.
    """
    refuse_blank(path, "PID-5.1")
    match = _PATH.fullmatch(path)
    if match is None:
        raise PathError("SEG-field.component.sub-component", "PID-5.1, FT1-11.1.1, PID-3[5=NI].1")
    part = match.groupdict()
    return Hl7Path(
        part["segment"],
        int(part["field"] or 0),
        0 if part["repetition"] == "*" else int(part["repetition"] or 1),
        int(part["key"] or 0),
        frozenset((part["values"] or "").split("|")) if part["values"] else frozenset(),
        int(part["component"] or 0),
        int(part["sub"] or 0),
    )


class Hl7v2(Dialect):
    """Root: segments by name, in order. Inside `each: FT1` the current segment is `here`."""

    example = "PID-5.1"

    def root(self, tree: Any) -> Root:
        """Segments by name."""
        if not isinstance(tree, dict) or not isinstance(tree.get("segments"), list):
            raise TypeError("not an hl7v2 tree")
        found: dict[str, list[list[Any]]] = {}
        for segment in tree["segments"]:
            if not isinstance(segment, list) or not segment or not isinstance(segment[0], str):
                raise TypeError("not an hl7v2 segment")
            same = found.get(segment[0])
            if same is None:
                found[segment[0]] = [segment]
            else:
                same.append(segment)
        return found

    def here(self, tree: Any) -> Here:  # noqa: ARG002
        """No segment is current outside an `each`."""
        return None

    def each(self, path: str, scope: str | None) -> Each:  # noqa: ARG002
        """All segments of a name."""
        if path == SELF:
            return once
        if not _SEGMENT.fullmatch(path):
            raise PathError("a segment name", "FT1")

        def segments(root: Root, here: Here) -> Sequence[Here]:  # noqa: ARG001
            found: Sequence[Here] = root.get(path, ())
            return found

        return segments

    def enter(self, root: Root, here: Here, path: str) -> tuple[Root, Here]:
        """Inside an event's `each` that segment is the only one of its name, for the lists inside it too."""
        return ({**root, path: [here]}, None) if path != SELF else (root, here)

    def read(self, path: str, scope: str | None) -> Read:
        """The reader; of the current segment where the path names it."""
        asked = parse(path)
        name, number = asked.segment, asked.field
        if not number:
            return lambda root, here: name if name in root else ""  # noqa: ARG005
        pick = _picker(asked)
        plain = asked.repetition <= 1 and asked.component <= 1 and asked.sub <= 1 and not asked.key
        if name == scope:

            def current(root: Root, here: Here) -> str:  # noqa: ARG001
                if number >= len(here):
                    return ""
                value = here[number]
                if type(value) is str:
                    return value if plain and value != '""' else ""
                return pick(value)

            return current

        def first(root: Root, here: Here) -> str:  # noqa: ARG001
            segments = root.get(name)
            if segments is None:
                return ""
            segment = segments[0]
            if number >= len(segment):
                return ""
            value = segment[number]
            if type(value) is str:
                return value if plain and value != '""' else ""
            return pick(value)

        return first


Pick = Callable[[Any], str]
"""From a field that is no plain text, or from one repetition of it, to text."""


def _picker(asked: Hl7Path) -> Pick:
    """The text of a field with several parts."""
    index, key, values = asked.repetition - 1, asked.key, asked.values
    if not key and not index and asked.component and asked.sub <= 1:
        return _first_repetition(asked.component - 1, asked.sub)

    def leaf(one: Any) -> str:
        if not asked.component:
            return _joined(one, "^")
        part = _at(one, asked.component)
        return _joined(_at(part, asked.sub) if asked.sub else part, "&")

    def by_index(field: Any) -> str:
        return leaf(field[index]) if type(field) is list and index < len(field) else ""

    def every(field: Any) -> str:
        return "~".join(leaf(one) for one in field) if type(field) is list else ""

    def by_value(field: Any) -> str:
        if type(field) is list:
            for one in field:
                if _component(one, key) in values:
                    return leaf(one)
        return ""

    if not asked.repetition:
        return every
    return by_value if key else by_index


def _first_repetition(at: int, sub: int) -> Pick:
    """Most paths: a component, or its first sub-component, of the first repetition."""

    def pick(field: Any) -> str:
        if type(field) is not list or not field:
            return ""
        part = field[0]
        if type(part) is list:
            part = part[at] if at < len(part) else ""
        elif at:
            return ""
        if sub and type(part) is list:
            part = part[0] if part else ""
        if type(part) is str:
            return part if part != '""' else ""
        return _joined(part, "&")

    return pick


def _at(value: Any, index: int) -> Any:
    if type(value) is list:
        return value[index - 1] if index <= len(value) else ""
    return value if index == 1 else ""


def _component(repetition: Any, index: int) -> str:
    return _joined(_at(repetition, index), "&")


def _joined(value: Any, separator: str) -> str:
    if type(value) is str:
        return value if value != '""' else ""
    if type(value) is not list:
        return ""
    return separator.join(_joined(part, "&") for part in value).rstrip(separator)
