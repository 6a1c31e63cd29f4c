"""Forms and table rows: a path is the field's name or the column's heading, exactly as the sender writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.mapping.paths import SELF, Dialect, Each, Here, PathError, Read, Root, once, refuse_blank, text_of


class Flat(Dialect):
    """Root: name → text. The only `each` is the row itself, `"."`."""

    def __init__(self, example: str) -> None:
        self.example = example

    def root(self, tree: Any) -> Root:
        """The form or row."""
        if not isinstance(tree, Mapping):
            raise TypeError("not a form or a row")
        return tree

    def read(self, path: str, scope: str | None) -> Read:  # noqa: ARG002
        """The reader."""
        refuse_blank(path, self.example)

        def read(root: Root, here: Here) -> str:  # noqa: ARG001
            value = root.get(path)
            return value if type(value) is str else text_of(value, path)

        return read

    def each(self, path: str, scope: str | None) -> Each:  # noqa: ARG002
        """The row itself, once."""
        if path != SELF:
            raise PathError("a form or a row has no repeated part", '"."')
        return once
