"""Reads a mapping file and its tables, lints, compiles. The only place of this room that touches files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hub.mapping.compile import Compiler
from hub.mapping.faults import INVALID
from hub.mapping.lint import lint_mapping
from hub.mapping.model import MappingFile
from hub.mapping.run import Mapping
from hub.mapping.tables import read_table
from hub.yaml_text import parse_yaml


def load_mapping(path: Path) -> Mapping:
    """A mapping ready to run.

    Raises:
        Config: the lint found errors; the fault's `values["findings"]` holds them all.
    """
    errors = tuple(one for one in lint_mapping(path) if one.level == "error")
    if errors:
        raise INVALID(f"{path}:{errors[0].line}", count=len(errors), first=errors[0].text("en"), findings=errors)
    content = path.read_bytes()
    text = parse_yaml(content, str(path))
    file = MappingFile.model_validate(text.data)
    digest = hashlib.sha256(content)
    tables: dict[str, dict[str, str]] = {}
    for name, table_file in sorted(file.tables.items()):
        tables[name], table_bytes = read_table(path.parent / table_file)
        digest.update(b"\0" + name.encode() + b"\0" + table_bytes)
    compiler = Compiler(file, text, tables, f"{file.mapping}.yaml")
    when, plans = compiler.condition(file.when, None), compiler.events()
    required = compiler.requirements()
    revision, paths = digest.hexdigest()[:16], tuple(compiler.paths)
    return Mapping(file.mapping, file.reads, revision, str(path), when, plans, paths, required)
