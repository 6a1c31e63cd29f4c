"""Tells unit files from mapping files and lints each by its own rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from hub.cli.check_mappings import check_mapping_files, is_mapping
from hub.config import read_unit, regions_beside
from hub.engine.intake import bind_source
from hub.errors import Config
from hub.findings import Finding
from hub.hubfile import read_hub, read_traces
from hub.regions import FILE as REGIONS
from hub.regions import read_regions
from hub.yaml_text import read_yaml


def check_paths(paths: Iterable[Path]) -> tuple[int, list[Finding]]:
    """(how many files, what is wrong in them); folders are walked, data folders of hubs left out."""
    checked = 0
    findings: list[Finding] = []
    for file in _files(paths):
        data = read_yaml(file).data
        if file.name.endswith(".test.yaml") or (is_mapping(file) and "unit" not in data):
            found = check_mapping_files([file])
        elif isinstance(data, dict) and ("unit" in data or "sources" in data):
            found = check_unit(file)
        elif file.name == REGIONS or (isinstance(data, dict) and list(data) == ["regions"]):
            found = read_regions(file)[1]
        elif isinstance(data, dict) and "kafka" in data:
            found = read_hub(file)[1]
        elif isinstance(data, dict) and list(data) == ["traces"]:
            found = read_traces(file)[1]
        elif file in set(paths):
            found = read_unit(file)[1]
        else:
            continue
        checked += 1
        findings += found
    return checked, findings


def check_unit(file: Path) -> list[Finding]:
    """A unit's file, its sources' settings and mappings included."""
    beside = regions_beside(file)
    unit, findings = read_unit(file, read_regions(beside)[0] if beside is not None else None)
    if unit is None:
        return findings
    text = read_yaml(file)
    for name in unit.sources:
        try:
            bind_source(unit, name)
        except Config as fault:
            findings.append(text.finding(("sources", name), fault))
    return findings


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*.y*ml")
                if file.suffix in {".yaml", ".yml"}
                and not any(part.startswith(".") for part in file.relative_to(path).parts)
            )
        else:
            yield path
