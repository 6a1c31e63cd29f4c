"""The JSON Schema of a mapping file, generated from its models, for editors: `python -m hub.mapping.schema FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from hub.mapping.model import LINES_HERE, LinesSpec, MappingFile

SCHEMA_ID: Final = "urn:billhub:schema:mapping.v1"
_LINES: Final = {"$ref": "#/$defs/LinesSpec"}
_BLOCKS: Final = {"anyOf": [_LINES, {"type": "array", "minItems": 1, "items": _LINES}]}


def mapping_schema() -> dict[str, Any]:
    """The schema, as checked in under schema/mapping.v1.json."""
    made = MappingFile.model_json_schema(by_alias=True)
    lines = LinesSpec.model_json_schema(by_alias=True)
    definitions = {**made.pop("$defs", {}), **lines.pop("$defs", {}), "LinesSpec": lines}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **made,
        "$defs": dict(sorted(definitions.items())),
    }


def mapping_schema_text() -> str:
    """The file's exact text."""
    return json.dumps(_tidy(mapping_schema()), ensure_ascii=False, indent=2) + "\n"


def _tidy(node: Any) -> Any:
    """Leaves out titles and null defaults, which say nothing to a person who writes YAML."""
    if isinstance(node, list):
        return [_tidy(one) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("$comment") == LINES_HERE:
        return _BLOCKS
    kept = {key: _tidy(one) for key, one in node.items() if not _says_nothing(key, one)}
    options = kept.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [one for one in options if one != {"type": "null"}]
        del kept["anyOf"]
        kept = {**kept, **rest[0]} if len(rest) == 1 else {**kept, "anyOf": rest}
    return kept


def _says_nothing(key: str, value: Any) -> bool:
    """A title or a default of a schema; not a property of that name, whose value is a schema itself."""
    return (key == "title" and isinstance(value, str)) or (key == "default" and not (isinstance(value, dict) and value))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(mapping_schema_text(), encoding="utf-8")
