"""XML paths are XPath 1.0, compiled once, relative to the element inside `each`. Plain child paths skip the engine.

Extensions (EXSLT, Python) are off. A path that computes a number is refused: it would pass through a float.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from lxml import etree

from hub.mapping.paths import SELF, Dialect, Each, Here, PathError, Read, Root, not_text, once, refuse_blank

_CHILD: Final = re.compile(r"(?:\./)?[A-Za-z_][\w-]*(?:/[A-Za-z_][\w-]*)*", re.ASCII)
_COMPUTING: Final = re.compile(r"\b(sum|number|floor|ceiling|round)\s*\(")
EXAMPLE: Final = "Header/Name or //Item[@code='1']"
_PROBE: Final = etree.fromstring(b"<probe/>")
_STRING: Final = etree.XPath("string()", smart_strings=False)


def compiled(path: str) -> etree.XPath:
    """The compiled XPath, proven to name no unknown prefix, variable or function.

    Raises:
        PathError: not XPath 1.0, or one that computes.
    """
    refuse_blank(path, EXAMPLE)
    if _COMPUTING.search(path):
        raise PathError("paths do not compute; amounts would become floats", EXAMPLE)
    try:
        made = etree.XPath(path, regexp=False, smart_strings=False)
        made(_PROBE)
    except (etree.XPathError, ValueError) as error:
        raise PathError(str(error)[:80] or "syntax", EXAMPLE) from None
    return made


class Xml(Dialect):
    """Root: an lxml element."""

    example = EXAMPLE

    def root(self, tree: Any) -> Root:
        """The element."""
        if not etree.iselement(tree):
            raise TypeError("not an lxml element")
        return tree

    def read(self, path: str, scope: str | None) -> Read:  # noqa: ARG002
        """The reader: text of the first node."""
        find = compiled(path)
        if _CHILD.fullmatch(path):

            def child(root: Root, here: Here) -> str:  # noqa: ARG001
                node = here.find(path)
                return "" if node is None else _text(node, path)

            return child

        def first(root: Root, here: Here) -> str:  # noqa: ARG001
            found: Any = find(here)
            if isinstance(found, list):
                return _text(found[0], path) if found else ""
            return _text(found, path)

        return first

    def each(self, path: str, scope: str | None) -> Each:  # noqa: ARG002
        """The elements a path selects."""
        if path == SELF:
            return once
        find = compiled(path)

        def elements(root: Root, here: Here) -> Sequence[Here]:  # noqa: ARG001
            found: Any = find(here)
            return [node for node in found if etree.iselement(node)] if isinstance(found, list) else ()

        return elements


def _text(value: Any, path: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):  # count(), position()
        if not value.is_integer():
            raise not_text(path, "a computed number")
        return str(int(value))
    if etree.iselement(value):
        if not len(value):
            return value.text or ""
        return str(_STRING(value))
    raise not_text(path, type(value).__name__)
