"""YAML whose scalars stay text and whose every value knows its line and column. Duplicate keys are refused.

YAML 1.1 would turn 0123 into 83, no into False and 12:30 into 750 (domain: libraries 5): no scalar is converted here;
pydantic converts where a model says so. Anchors and aliases are refused: a file reads the same way top to bottom.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from hub.errors import Config, Fault, define
from hub.findings import Finding

MAX_BYTES: Final = 4 * 1024 * 1024

BROKEN: Final = define(
    "BH-CFG-001",
    Config,
    zh="这不是有效的 YAML:{found}",
    en="this is not valid YAML: {found}",
    do_zh="检查缩进、引号和冒号后的空格",
    do_en="check the indentation, the quotes and the space after each colon",
)
DUPLICATE: Final = define(
    "BH-CFG-002",
    Config,
    zh="键 {key} 写了两次",
    en="the key {key} is written twice",
    do_zh="只保留一个 {key}",
    do_en="keep one {key}",
)
ALIAS: Final = define(
    "BH-CFG-003",
    Config,
    zh="不支持 YAML 锚点和别名",
    en="YAML anchors and aliases are not supported",
    do_zh="把内容直接写在这里",
    do_en="write the value out here",
)

Where = tuple[str | int, ...]
"""The way to a value: mapping keys and list indexes."""


@dataclass(frozen=True, slots=True)
class YamlText:
    """Data of dicts, lists and text, the place of each value, and what is wrong with the text itself."""

    file: str
    data: Any
    places: dict[Where, tuple[int, int]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def place(self, where: Where) -> tuple[int, int]:
        """Line and column, from 1, of the value or of the nearest one around it."""
        while where and where not in self.places:
            where = where[:-1]
        return self.places.get(where, (1, 1))

    def finding(self, where: Where, fault: Fault, level: str = "error") -> Finding:
        """A finding at that value."""
        line, column = self.place(where)
        return Finding(self.file, line, column, fault, "warning" if level == "warning" else "error")


def read_yaml(path: Path, name: str | None = None) -> YamlText:
    """Reads a file; a missing one raises FileNotFoundError."""
    return parse_yaml(path.read_bytes(), name or str(path))


def parse_yaml(text: bytes | str, file: str = "<text>") -> YamlText:
    """Parses one document; what is wrong becomes findings, and the rest is still returned."""
    if len(text) > MAX_BYTES:
        return YamlText(file, None, {}, (Finding(file, 1, 1, BROKEN(found=f"> {MAX_BYTES} bytes")),))
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line, column = _from_one(event.start_mark)
                return YamlText(file, None, {}, (Finding(file, line, column, ALIAS()),))
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        line, column = _from_one(getattr(error, "problem_mark", None))
        found = getattr(error, "problem", None) or type(error).__name__
        return YamlText(file, None, {}, (Finding(file, line, column, BROKEN(found=found)),))
    walk = _Walk(file)
    data = walk.value(node, ()) if node is not None else None
    return YamlText(file, data, walk.places, tuple(walk.findings))


def _from_one(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


class _Walk:
    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Where, tuple[int, int]] = {}
        self.findings: list[Finding] = []

    def value(self, node: yaml.Node, where: Where) -> Any:
        self.places[where] = _from_one(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*where, index)) for index, child in enumerate(node.value)]
        return str(node.value)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in made:
                line, column = _from_one(key_node.start_mark)
                self.findings.append(Finding(self.file, line, column, DUPLICATE(key=key)))
                continue
            made[key] = self.value(value_node, (*where, key))
            self.places[*where, key] = _from_one(key_node.start_mark)
        return made
