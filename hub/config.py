"""A unit's YAML: who issues, which bills, from which sources, under which policy.

Nothing is guessed: unknown names are refused with the nearest known one, and what is left out has the safe default.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from hub.adapter import AnswerPoint
from hub.bill.model import Code, Text
from hub.errors import Config, define
from hub.findings import Finding
from hub.yaml_text import YamlText, read_yaml

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

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""A name that may stand in a path: lower-case letters, digits, dot, dash, underscore."""


class Section(BaseModel):
    """Part of a unit's YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class UnitSection(Section):
    """用票单位."""

    id: Name
    name: Text
    uscc: Code
    code: Code | None = None
    region: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]


class BillSection(Section):
    """A bill the unit issues."""

    kind: Code
    name: Text | None = None
    issue: Literal["on_payment", "manual", "shadow"] = "on_payment"
    issuer: Literal["local"] = "local"
    type: Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
    max_items: int | None = Field(default=None, ge=1)
    over_items: Literal["issue", "split", "park"] = "issue"


class DoorSection(Section):
    """Where a source's bytes come in; exactly one of the two, or the word `http`."""

    mllp: Annotated[str, StringConstraints(pattern=r"^[^:\s]*:\d{1,5}$")] | None = None
    folder: Text | None = None

    @model_validator(mode="after")
    def _one(self) -> DoorSection:
        if (self.mllp is None) == (self.folder is None):
            raise ValueError("write one of mllp: HOST:PORT, folder: PATH, or just http")
        return self


class SourceSection(Section):
    """One sender: its adapter, its door, its mappings."""

    adapter: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9_]+$")]
    door: Literal["http"] | DoorSection = "http"
    mappings: tuple[Text, ...] = ()
    bill: Name | None = None
    charset: Text | None = None
    answer: AnswerPoint | None = None
    answer_seconds: int = Field(default=8, ge=1, le=60)
    trusts: tuple[Code, ...] | None = None
    settings: dict[str, Any] = Field(default_factory=dict)

    @property
    def asks(self) -> bool:
        """Whether this source has a gateway to ask about payments."""
        return "gateway" in self.settings


class InsurerSection(Section):
    """An insurer that may pull bills."""

    id: Name
    scopes: tuple[Literal["bills:read", "bills:claim"], ...] = ("bills:read",)
    sees: Literal["confirmed", "issued"] = "confirmed"


class PolicySection(Section):
    """What to do where the facts do not decide. Every default parks or waits; nothing guesses (design: Money)."""

    overpayment: Literal["park", "issue"] = "park"
    underpayment: Literal["wait", "park"] = "wait"
    charge_revised: Literal["park", "reissue"] = "park"
    contradiction: Literal["park"] = "park"
    zero_total: Literal["park", "issue"] = "park"


class PlatformSection(Section):
    """The fiscal platform that countersigns."""

    url: Text
    trust: Text | None = None


class SigningSection(Section):
    """Keys of the unit and the platform."""

    keys: Text = "keys"
    user_id: Text = "1234567812345678"
    platform: PlatformSection | None = None


class ProfileSection(Section):
    """What differs from region to region in the EInvoice XML; see `hub.issuing.profile.Profile` for the meanings."""

    tag: Text | None = None
    version: Text | None = None
    specimen_suffix: Annotated[str, StringConstraints(pattern=r"^\d{2}$")] | None = None
    supervisor_code: Code | None = None
    red_amounts: Literal["negative", "positive"] | None = None
    pay_modes: dict[Code, Code] | None = None
    pay_mode: Code | None = None
    receiver_name: Text | None = None
    receiver_account: Code | None = None
    receiver_bank: Text | None = None
    issuer: Text = "系统"
    reviewer: Text = "系统"
    unit_seal: dict[Literal["id", "name", "hash"], Text] | None = None
    supervisor_seal: dict[Literal["id", "name", "hash"], Text] | None = None
    supervisor_remark: Text | None = None


class UnitConfig(Section):
    """A unit's file."""

    unit: UnitSection
    bills: dict[Name, BillSection] = Field(min_length=1)
    sources: dict[Name, SourceSection] = Field(default_factory=dict)
    insurers: tuple[InsurerSection, ...] = ()
    policy: PolicySection = PolicySection()
    signing: SigningSection = SigningSection()
    profile: ProfileSection = ProfileSection()
    path: Path = Field(default=Path(), exclude=True)

    @property
    def folder(self) -> Path:
        """Where relative paths of the file start."""
        return self.path.parent

    def bill_of(self, source: str) -> str:
        """The bill a source's charges make: its own, or the unit's only one, or empty."""
        named = self.sources[source].bill
        return named or (next(iter(self.bills)) if len(self.bills) == 1 else "")


def unit_files(path: Path) -> list[Path]:
    """The unit files at a path: itself, or the *.yaml of the folder, sorted."""
    if path.is_dir():
        return sorted(child for child in path.iterdir() if child.suffix in {".yaml", ".yml"} and child.is_file())
    return [path]


def read_unit(path: Path) -> tuple[UnitConfig | None, list[Finding]]:
    """A unit file and what is wrong with it; None when it cannot be used."""
    text = read_yaml(path)
    if text.findings:
        return None, list(text.findings)
    try:
        unit = UnitConfig.model_validate(text.data if text.data is not None else {})
    except ValidationError as error:
        return None, _findings(text, error)
    unit = unit.model_copy(update={"path": path})
    findings = list(_cross_checks(text, unit))
    return (unit if not findings else None), findings


def load_units(path: Path) -> list[UnitConfig]:
    """All units at a path.

    Raises:
        Config: no unit there, a file with findings, or an id twice; FileNotFoundError for a missing path.
    """
    units: dict[str, UnitConfig] = {}
    for file in unit_files(path):
        unit, findings = read_unit(file)
        if unit is None:
            first = findings[0]
            where = f"{first.file}:{first.line}:{first.column}: {first.fault.what('en')}"
            raise BROKEN_FILES(where, count=len(findings), path=file)
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


def _findings(text: YamlText, error: ValidationError) -> list[Finding]:
    found: dict[tuple[str | int, ...], Finding] = {}
    for entry in error.errors(include_url=False, include_input=False):
        where = tuple(part for part in entry["loc"] if not (isinstance(part, str) and _is_branch(part)))
        name = str(where[-1]) if where else "unit"
        if entry["type"] == "extra_forbidden":
            known = _fields_at(where[:-1])
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


def _fields_at(where: Sequence[str | int]) -> list[str]:
    """The names a section may have, found by walking the models along the way."""
    model: type[BaseModel] = UnitConfig
    for part in where:
        field = model.model_fields.get(str(part))
        if field is None:
            continue  # the name of a bill, a source or a list index: the model stays the same
        inner = list(_models(field.annotation))
        if inner:
            model = inner[0]
    return [name for name in model.model_fields if name != "path"]


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
