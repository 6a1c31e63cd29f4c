"""The table of transforms in docs/mapping-language.md: each one's sentence and the example its test executes."""

from __future__ import annotations

import json

from hub.mapping.transforms import TRANSFORMS, Transform
from tests.docs.pages.table import table


def transforms_table() -> str:
    """One row a transform, by name."""
    heads = ("transform", "does", "written", "takes", "gives")
    return table(heads, (_row(one) for _, one in sorted(TRANSFORMS.items()))) + "\n"


def _row(one: Transform) -> tuple[str, ...]:
    written = one.name if one.argument == "none" else f"{{{one.name}: {_yaml(one.example.argument)}}}"
    return (f"`{one.name}`", one.sentence, f"`{written}`", _shown(one.example.given), _shown(one.example.gives))


def _yaml(value: object) -> str:
    """A value as YAML's flow style writes it; all scalars are text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(inner) for inner in value) + "]"
    text = str(value)
    return text if text.isascii() and text.isalnum() else json.dumps(text, ensure_ascii=False)


def _shown(value: object) -> str:
    return "nothing" if value == "" else f"`{value}`"
