"""A unit's YAML: who issues, which bills, from which sources, under which policy.

Nothing is guessed: unknown names are refused with the nearest known one, and what is left out has the safe default.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from hub.errors import Config, Fault, define
from hub.findings import Finding
from hub.regions import FILE as REGIONS
from hub.regions import UNIT_LIKE_REGION, UNIT_OUTSIDE, Regions, is_code, read_regions
from hub.sections.unit import UnitConfig
from hub.yaml_text import YamlText, read_yaml

__all__ = ["UnitConfig", "load_units", "read_unit", "unit_files"]

UNKNOWN_NAME = define(
    "BH-CFG-010",
    Config,
    zh="不认识的名称 {name}",
    en="unknown name {name}",
    do_zh="可用: {known}",
    do_en="use one of: {known}",
)
MISSING = define(
    "BH-CFG-011", Config, zh="缺少 {name}", en="{name} is missing", do_zh="写上 {name}", do_en="write {name}"
)
WRONG_VALUE = define(
    "BH-CFG-012",
    Config,
    zh="{name} 的值不对:{why}",
    en="{name} has a wrong value: {why}",
    do_zh="按说明修改 {name}",
    do_en="correct {name}",
)
NO_UNITS = define(
    "BH-CFG-013",
    Config,
    zh="{path} 里没有单位配置",
    en="there is no unit file in {path}",
    do_zh="用 -c 指向一个单位 YAML 文件或目录",
    do_en="point -c at a unit's YAML file, or at a folder of them",
)
TWICE = define(
    "BH-CFG-014",
    Config,
    zh="单位编号 {unit} 在两个文件里",
    en="the unit id {unit} stands in two files",
    do_zh="每个单位只用一个文件",
    do_en="keep one file a unit",
)
BROKEN_FILES = define(
    "BH-CFG-015",
    Config,
    zh="配置有 {count} 处错误",
    en="the configuration has {count} errors",
    do_zh="运行 billhub check {path}",
    do_en="run billhub check {path}",
)


def unit_files(path: Path) -> list[Path]:
    """The unit files at a path: itself, or the *.yaml of the folder, sorted."""
    if path.is_dir():
        return sorted(
            child
            for child in path.iterdir()
            if child.suffix in {".yaml", ".yml"} and child.name != REGIONS and child.is_file()
        )
    return [path]


def regions_beside(path: Path) -> Path | None:
    """The file of regions that goes with units: `regions.yaml` in their folder."""
    file = (path if path.is_dir() else path.parent) / REGIONS
    return file if file.exists() else None


def read_unit(path: Path, regions: Regions | None = None) -> tuple[UnitConfig | None, list[Finding]]:
    """A unit file and what is wrong with it; None when it cannot be used.

    Where there are regions, its own must be one of them; it then knows those above it.
    """
    text = read_yaml(path)
    if text.findings:
        return None, list(text.findings)
    try:
        unit = UnitConfig.model_validate(text.data if text.data is not None else {})
    except ValidationError as error:
        return None, findings_of(text, error, UnitConfig)
    above = regions.path(unit.unit.region) if regions is not None else ()
    unit = unit.model_copy(update={"path": path, "above": above})
    findings = list(_cross_checks(text, unit))
    if regions is not None and not above:
        findings.append(
            text.finding(("unit", "region"), UNIT_OUTSIDE(region=unit.unit.region, file=Path(regions.file).name))
        )
    if regions is not None and is_code(unit.unit.id):
        findings.append(text.finding(("unit", "id"), UNIT_LIKE_REGION(unit=unit.unit.id)))
    return (unit if not findings else None), findings


def load_regions(file: Path | None) -> Regions | None:
    """The regions in a file, if there is one.

    Raises:
        Config: it has findings; FileNotFoundError for a missing file.
    """
    if file is None:
        return None
    regions, findings = read_regions(file)
    if regions is None:
        raise broken(file, findings)
    return regions


def broken(file: Path, findings: Sequence[Finding]) -> Fault:
    """A file that cannot be used, by the first thing that is wrong in it."""
    first = findings[0]
    where = f"{first.file}:{first.line}:{first.column}: {first.fault.what('en')}"
    return BROKEN_FILES(where, count=len(findings), path=file)


def load_units(path: Path, regions: Path | None = None) -> list[UnitConfig]:
    """All units at a path; `regions` is their file of regions, or one lies beside them, or there is none.

    Raises:
        Config: no unit there, a file with findings, or an id twice; FileNotFoundError for a missing path.
    """
    units: dict[str, UnitConfig] = {}
    tree = load_regions(regions or regions_beside(path))
    for file in unit_files(path):
        unit, findings = read_unit(file, tree)
        if unit is None:
            raise broken(file, findings)
        if unit.unit.id in units:
            raise TWICE(str(file), unit=unit.unit.id)
        units[unit.unit.id] = unit
    if not units:
        raise NO_UNITS(path=path)
    return list(units.values())


def _cross_checks(text: YamlText, unit: UnitConfig) -> Iterable[Finding]:
    for name, source in unit.sources.items():
        if source.bill is not None and source.bill not in unit.bills:
            fault = UNKNOWN_NAME(name=source.bill, known=", ".join(unit.bills))
            yield text.finding(("sources", name, "bill"), fault)


def findings_of(text: YamlText, error: ValidationError, model: type[BaseModel]) -> list[Finding]:
    """What pydantic found in a file of that model, each at its place and with the names it may have there."""
    found: dict[tuple[str | int, ...], Finding] = {}
    for entry in error.errors(include_url=False, include_input=False):
        where = tuple(part for part in entry["loc"] if not (isinstance(part, str) and _is_branch(part)))
        name = str(where[-1]) if where else "file"
        if entry["type"] == "extra_forbidden":
            known = _fields_at(model, where[:-1])
            near = get_close_matches(name, known, n=1) or known
            fault = UNKNOWN_NAME(name=name, known=", ".join(near))
        elif entry["type"] == "missing":
            fault = MISSING(name=name)
        else:
            fault = WRONG_VALUE(name=name, why=entry["msg"])
        found.setdefault(where, text.finding(where, fault))
    return list(found.values())


def _is_branch(part: str) -> bool:
    """Whether a location part names a branch of a union rather than a key of the file."""
    return part == "DoorSection" or "[" in part


def _fields_at(model: type[BaseModel], where: Sequence[str | int]) -> list[str]:
    """The names a section may have, found by walking the models along the way."""
    for part in where:
        field = model.model_fields.get(str(part))
        if field is None:
            continue  # the name of a bill, a source or a list index: the model stays the same
        inner = list(_models(field.annotation))
        if inner:
            model = inner[0]
    return [name for name, field in model.model_fields.items() if not field.exclude]


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def adapters_of(units: Sequence[UnitConfig]) -> dict[str, str]:
    """unit/source → adapter."""
    return {f"{unit.unit.id}/{name}": one.adapter for unit in units for name, one in unit.sources.items()}
