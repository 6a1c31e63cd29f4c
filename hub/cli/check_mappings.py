"""`billhub check`, the mappings' part: lints mapping files and the tests beside them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.findings import Finding
from hub.mapping import lint_mapping
from hub.mapping.testcase import read_test_file
from hub.yaml_text import read_yaml


def check_mapping_files(paths: Iterable[Path]) -> list[Finding]:
    """Findings of files, or of all mappings and tests under folders, file by file.

    Raises:
        OSError: a path that is not there.
    """
    findings: list[Finding] = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(2, "no such file", str(path))
        files = sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")]) if path.is_dir() else [path]
        for file in files:
            if file.name.endswith(".test.yaml"):
                findings += read_test_file(file)[1]
            elif not path.is_dir() or is_mapping(file):
                findings += lint_mapping(file)
    return findings


def is_mapping(file: Path) -> bool:
    """Whether a YAML file is meant as a mapping: it names itself one, or has the keys of one."""
    data = read_yaml(file).data
    return isinstance(data, dict) and ("mapping" in data or {"reads", "events"} <= set(data)) and "cases" not in data
