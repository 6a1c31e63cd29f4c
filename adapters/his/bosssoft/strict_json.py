"""JSON as a money document needs it: numbers stay text, a key written twice is refused, depth is bounded.

Python's reader would keep the last of two equal keys and turn 81.10 into a float: both change what was signed for.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

MAX_DEPTH: Final = 16

_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""A string (an unclosed one runs to the end, so that the scan stays linear) or a bracket."""


def strict_object(text: str) -> dict[str, Any]:
    """One JSON object of text, lists, objects, true, false and null.

    Raises:
        ValueError: not an object, too deep, a key twice, NaN or Infinity, a NUL or half a surrogate pair. The message
            quotes nothing of the text.
    """
    if text.lstrip(" \t\r\n")[:1] != "{":
        raise ValueError("not a JSON object")
    _judge_depth(text)
    try:
        made: dict[str, Any] = json.loads(
            text, parse_float=str, parse_int=str, parse_constant=_no_constant, object_pairs_hook=_no_twin
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at character {error.pos}") from None
    if "\\u" in text:
        _judge_escapes(made)
    return made


def canonical(value: Any) -> bytes:
    """One form for one content: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _judge_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        first = token.group()[0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH}")
        elif first in "]}":
            depth -= 1


def _judge_escapes(value: Any) -> None:
    """Raw text cannot hold these (it was decoded strictly, and JSON refuses raw controls): only an escape can."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("it holds a NUL character")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError("it holds half a surrogate pair")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _judge_escapes(key)
            _judge_escapes(inner)
    elif isinstance(value, list):
        for inner in value:
            _judge_escapes(inner)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _no_twin(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return made
