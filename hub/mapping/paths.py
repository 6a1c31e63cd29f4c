"""How a mapping reaches into a message: one dialect for each `reads`, all compiled to the same three kinds of closure.

A reader gets `root` (the whole message, prepared once) and `here` (the element an `each` stands on) and gives text;
`""` is empty. Nothing here knows canonical words.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final

from hub.errors import Fault
from hub.mapping.faults import NOT_TEXT

Root = Any
"""The prepared message: for hl7v2 segments by name, else the tree itself."""

Here = Any
"""The current element."""

Read = Callable[[Root, Here], str]
Each = Callable[[Root, Here], Sequence[Here]]

SELF: Final = "."
"""As an `each`: the element itself, once."""


class PathError(ValueError):
    """A path that is not one; `example` is a right one."""

    def __init__(self, reason: str, example: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.example = example


class Dialect(ABC):
    """One way to write paths."""

    example: str
    """A right path, for findings."""

    @abstractmethod
    def root(self, tree: Any) -> Root:
        """Prepares a tree once a message.

        Raises:
            TypeError: not a tree of this kind.
        """

    def here(self, tree: Any) -> Here:
        """The element paths are relative to before any `each`."""
        return tree

    @abstractmethod
    def read(self, path: str, scope: str | None) -> Read:
        """The reader of a path; `scope` is the `each` around it.

        Raises:
            PathError: bad syntax.
        """

    @abstractmethod
    def each(self, path: str, scope: str | None) -> Each:
        """The elements a path selects.

        Raises:
            PathError: bad syntax.
        """

    def enter(self, root: Root, here: Here, path: str) -> tuple[Root, Here]:  # noqa: ARG002
        """Root and element inside an event's `each`."""
        return root, here


def once(root: Root, here: Here) -> Sequence[Here]:  # noqa: ARG001
    """`each: "."`: the element itself."""
    return (here,)


def text_of(value: Any, path: str) -> str:
    """A scalar as text. Several values are no text; a computed number is none either (it would be a float).

    Raises:
        Park: not one text.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        try:
            return str(value)
        except ValueError:  # more digits than Python prints
            raise not_text(path, "number") from None
    if isinstance(value, list):
        if len(value) > 1 or (value and isinstance(value[0], list)):
            raise not_text(path, f"{len(value)} values")
        return text_of(value[0], path) if value else ""
    raise not_text(path, type(value).__name__)


def not_text(path: str, reason: str) -> Fault:
    """The fault of a path that does not give one text."""
    return NOT_TEXT(path=path, reason=reason)


_SPACES = re.compile(r"^\s|\s$")


def refuse_blank(path: str, example: str) -> None:
    """Refuses empty paths and spaces around one."""
    if not path:
        raise PathError("empty", example)
    if _SPACES.search(path):
        raise PathError("spaces around it", example)
