"""What a transform is: a step from text to text, money, a time, a day or a number, chosen by name from a closed list.

Each has one sentence (its docstring) and an example that a test executes. Empty stays empty except in `default`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from hub.errors import FaultCode
from hub.mapping.paths import Here, Root

State = Literal["text", "money", "instant", "day", "decimal"]
"""What a value is on its way; money is integer fen, an instant is an aware datetime, all else is text."""

Value = Any
Step = Callable[[Value], Value]
Condition = Callable[[Root, Here], bool]
InContext = Callable[[Value, Root, Here, datetime], Value]
"""A step that also looks at the message or at the time of receipt."""

ArgumentKind = Literal["none", "text", "count", "split", "part", "pair", "texts", "formats", "short", "regex", "when"]


class BadValueError(ValueError):
    """A value a step cannot take; the run adds the field, the path and the mapping's line."""

    def __init__(self, code: FaultCode, **values: object) -> None:
        super().__init__(code.code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Around:
    """What a factory may use of the mapping around it."""

    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    condition: Callable[[Mapping[str, Any]], Condition] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """An executed example: argument as in YAML, text in, value out."""

    given: Any
    gives: Any
    argument: Any = None


@dataclass(frozen=True, slots=True)
class Transform:
    """An entry of the closed list."""

    name: str
    sentence: str
    takes: State
    gives: State
    argument: ArgumentKind
    example: Example
    make: Callable[[Any, Around], Step | InContext]
    in_context: bool = False


TRANSFORMS: Final[dict[str, Transform]] = {}
"""The closed list, by name. Filled by the modules `transforms_*`; `hub.mapping.transforms` imports them all."""


def plain(example: Example, takes: State = "text", gives: State = "text") -> Callable[[Step], Step]:
    """Registers a step without argument."""

    def register(step: Step) -> Step:
        _add(step, takes, gives, "none", example, lambda argument, around: step, in_context=False)  # noqa: ARG005
        return step

    return register


def with_argument(
    argument: ArgumentKind, example: Example, takes: State = "text", gives: State = "text", *, in_context: bool = False
) -> Callable[[Callable[[Any, Around], Step | InContext]], Callable[[Any, Around], Step | InContext]]:
    """Registers a factory that makes the step of an argument."""

    def register(make: Callable[[Any, Around], Step | InContext]) -> Callable[[Any, Around], Step | InContext]:
        _add(make, takes, gives, argument, example, make, in_context=in_context)
        return make

    return register


def _add(
    function: Callable[..., Any],
    takes: State,
    gives: State,
    argument: ArgumentKind,
    example: Example,
    make: Callable[[Any, Around], Step | InContext],
    *,
    in_context: bool,
) -> None:
    name = function.__name__.rstrip("_")
    sentence = (function.__doc__ or "").strip().splitlines()[0]
    if name in TRANSFORMS:
        raise ValueError(f"transform {name} is defined twice")
    TRANSFORMS[name] = Transform(name, sentence, takes, gives, argument, example, make, in_context)


_MASK: Final = {**dict.fromkeys(range(0x30, 0x3A), "9"), **dict.fromkeys(range(0x41, 0x5B), "A")}
_MASK.update(dict.fromkeys(range(0x61, 0x7B), "a"))


def shape(text: object) -> str:
    """A masked excerpt: digits become 9, letters a or A, other letters 文; at most 20 characters."""
    excerpt = str(text)[:20].translate(_MASK)
    return "".join("文" if ord(one) > 127 and one.isalnum() else one if one.isprintable() else "?" for one in excerpt)
