"""JSON paths are JMESPath, relative to the element inside `each`; `$.x` starts at the root. a.b.c needs no engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError

from hub.mapping.paths import SELF, Dialect, Each, Here, PathError, Read, Root, once, refuse_blank, text_of

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_COMPUTING: Final = re.compile(r"\b(sum|avg|to_number|floor|ceil|abs)\s*\(")
EXAMPLE: Final = "data.items[0].name"

Search = Callable[[Any], Any]


def search(path: str) -> Search:
    """Value at a path; None where there is none, or where a function meets a value it does not take.

    Raises:
        PathError: not JMESPath, or one that computes.
    """
    if _PLAIN.fullmatch(path):
        return _plain(tuple(path.split(".")))
    if _COMPUTING.search(path):
        raise PathError("paths do not compute; amounts would become floats", EXAMPLE)
    try:
        compiled = jmespath.compile(path)
    except (JMESPathError, ValueError, RecursionError) as error:
        raise PathError(str(error).splitlines()[0][:80] or "syntax", EXAMPLE) from None

    def engine(value: Any) -> Any:
        try:
            return compiled.search(value)
        except (JMESPathError, TypeError, ValueError, AttributeError, KeyError):
            return None  # a function that met another type: the path leads nowhere in this message

    return engine


def _plain(names: tuple[str, ...]) -> Search:
    if len(names) == 1:
        name = names[0]
        return lambda value: value.get(name) if isinstance(value, dict) else None

    def walk(value: Any) -> Any:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return walk


class Json(Dialect):
    """Root: the JSON value."""

    example = EXAMPLE

    def root(self, tree: Any) -> Root:
        """The tree itself."""
        return tree

    def _search(self, path: str) -> tuple[Search, bool]:
        refuse_blank(path, self.example)
        if path.startswith("$."):
            return search(path[2:]), True
        return search(path), False

    def read(self, path: str, scope: str | None) -> Read:  # noqa: ARG002
        """The reader."""
        find, from_root = self._search(path)

        def read(root: Root, here: Here) -> str:
            value = find(root if from_root else here)
            return value if type(value) is str else text_of(value, path)

        return read

    def each(self, path: str, scope: str | None) -> Each:  # noqa: ARG002
        """The elements of an array; an object counts as one."""
        if path == SELF:
            return once
        find, from_root = self._search(path)

        def elements(root: Root, here: Here) -> Sequence[Here]:
            value = find(root if from_root else here)
            if value is None:
                return ()
            return value if isinstance(value, list) else (value,)

        return elements
