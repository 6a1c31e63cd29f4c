"""Finds adapters and mappings, and binds a source's settings to what the adapter's manifest declares.

Adapters are data until one is connected: only `manifest.yaml` is read here, and no adapter's code is imported by name.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from hub.adapter import Manifest, Settings, SettingSpec, Source
from hub.errors import Config, FaultCode, define
from hub.mapping.fields import nearest
from hub.yaml_text import read_yaml

GROUP: Final = "billhub.adapters"
"""Entry points of this group name packages that hold the same files as a folder of adapters/."""
PACKAGE: Final = "adapters"
MAX_SETTING: Final = 1024 * 1024
"""Bytes a file setting may have."""


def _fault(number: int, zh: str, en: str, do_zh: str, do_en: str) -> FaultCode:
    return define(f"BH-REG-{number:03d}", Config, zh=zh, en=en, do_zh=do_zh, do_en=do_en)


NO_ADAPTER: Final = _fault(
    1, "没有适配器 {found}", "there is no adapter {found}", "可用的有 {write}", "there are {write}"
)
BAD_MANIFEST: Final = _fault(
    2,
    "适配器的 manifest.yaml 不合规定:{reason}",
    "the adapter's manifest.yaml is wrong: {reason}",
    "按 hub.adapter.Manifest 改正",
    "correct it by hub.adapter.Manifest",
)
TWICE: Final = _fault(
    3, "适配器 {found} 出现了两次", "the adapter {found} is there twice", "卸载其中一个", "uninstall one of them"
)
NO_CODE: Final = _fault(
    4,
    "适配器 {found} 的 adapter.py 无法载入:{reason}",
    "the adapter.py of {found} cannot be loaded: {reason}",
    "它应有函数 connect(settings)",
    "it has to have a function connect(settings)",
)
UNKNOWN_SETTING: Final = _fault(
    10, "适配器没有设置项 {found}", "the adapter has no setting {found}", "可用的有 {write}", "there are {write}"
)
MISSING_SETTING: Final = _fault(
    11, "缺少设置项 {found}({zh})", "the setting {found} is missing ({en})", "写上 {found}", "write {found}"
)
BAD_SETTING: Final = _fault(
    12, "设置项 {found} 应为{wants}", "the setting {found} has to be {wants}", "写成 {write}", "write {write}"
)
NO_FILE: Final = _fault(
    13,
    "设置项 {found} 的文件读不了:{reason}",
    "the file of the setting {found} cannot be read: {reason}",
    "检查路径(相对于单位 YAML)和权限",
    "check the path, relative to the unit's YAML, and its permissions",
)
NO_ENV: Final = _fault(
    14,
    "设置项 {found} 的环境变量 {name} 没有设置",
    "the environment variable {name} of the setting {found} is not set",
    "启动前设置它",
    "set it before the start",
)
NO_MAPPING: Final = _fault(
    20, "没有映射 {found}", "there is no mapping {found}", "相近的有 {write}", "near to it are {write}"
)


@dataclass(frozen=True, slots=True)
class AdapterSpec:
    """An adapter that was found. `connect` loads its code when first called."""

    name: str
    manifest: Manifest
    folder: Path
    connect: Callable[[Settings], Source]


@lru_cache(maxsize=1)
def adapters() -> dict[str, AdapterSpec]:
    """All adapters by name: those of the tree, then those of installed packages.

    Raises:
        Config: a manifest that is wrong, or a name that is there twice.
    """
    found: dict[str, AdapterSpec] = {}
    for package, folder in (*_in_tree(), *_installed()):
        spec = _spec(package, folder)
        if spec.name in found and found[spec.name].folder != folder:
            raise TWICE(str(folder), found=spec.name)
        found.setdefault(spec.name, spec)
    return dict(sorted(found.items()))


def adapter(name: str) -> AdapterSpec:
    """The adapter of that name.

    Raises:
        Config: there is none; the fault names the nearest.
    """
    known = adapters()
    if name not in known:
        raise NO_ADAPTER(name[:60], found=name[:60], write=" / ".join(nearest(name, known) or known))
    return known[name]


def fault_modules() -> list[str]:
    """The modules that define adapters' faults, of the tree and of installed packages."""
    return [f"{package}.faults" for package, folder in (*_in_tree(), *_installed()) if (folder / "faults.py").exists()]


def _folders_of(package: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []


def _in_tree() -> Iterable[tuple[str, Path]]:
    for root in _folders_of(PACKAGE):
        for manifest in sorted(root.glob("*/*/manifest.yaml")):
            family, vendor = manifest.parent.parts[-2:]
            yield f"{PACKAGE}.{family}.{vendor}", manifest.parent


def _installed() -> Iterable[tuple[str, Path]]:
    for point in entry_points(group=GROUP):
        folders = _folders_of(point.value)
        if not folders:
            raise NO_CODE(point.value, found=point.name, reason="package")
        yield point.value, folders[0]


def _spec(package: str, folder: Path) -> AdapterSpec:
    file = folder / "manifest.yaml"
    try:
        text = read_yaml(file)
        if text.findings:
            raise BAD_MANIFEST(str(file), reason=text.findings[0].text("en"))
        manifest = Manifest.model_validate(text.data)
    except OSError as error:
        raise BAD_MANIFEST(str(file), reason=error.strerror or "?") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BAD_MANIFEST(str(file), reason=f"{place}: {first['msg']}") from None
    if package.startswith(f"{PACKAGE}.") and manifest.adapter != package.removeprefix(f"{PACKAGE}.").replace(".", "/"):
        raise BAD_MANIFEST(str(file), reason=f"adapter: {manifest.adapter}")

    def connect(settings: Settings) -> Source:
        try:
            made = importlib.import_module(f"{package}.adapter").connect
        except (ImportError, AttributeError, SyntaxError) as error:
            raise NO_CODE(str(folder), found=manifest.adapter, reason=str(error)[:120]) from error
        source: Source = made(settings)
        return source

    return AdapterSpec(manifest.adapter, manifest, folder, connect)


def bind(spec: AdapterSpec, raw_settings: Mapping[str, Any], base: Path) -> Settings:
    """Settings as the adapter wants them, from a unit's YAML or a command line.

    Args:
        spec: the adapter.
        raw_settings: name → text, list, `{file: PATH}` or `{env: NAME}`.
        base: where relative paths start.

    Raises:
        Config: an unknown setting, a required one missing, a value of another kind, a file or variable not there.
    """
    known = {one.name: one for one in spec.manifest.settings}
    for name in raw_settings:
        if name not in known:
            write = " / ".join(nearest(name, known) or known) or "—"
            raise UNKNOWN_SETTING(f"{spec.name}: {name[:60]}", found=name[:60], write=write)
    bound: dict[str, Any] = {}
    for name, setting in known.items():
        if name in raw_settings:
            bound[name] = _bound(spec, setting, raw_settings[name], base)
        elif setting.default is not None:
            bound[name] = list(setting.default) if isinstance(setting.default, tuple) else setting.default
            if setting.type == "list" and isinstance(setting.default, str):
                bound[name] = [setting.default]
        elif setting.required:
            raise MISSING_SETTING(f"{spec.name}: {name}", found=name, zh=setting.zh, en=setting.en)
    return bound


def _bound(spec: AdapterSpec, setting: SettingSpec, raw: Any, base: Path) -> Any:
    where, name = f"{spec.name}: {setting.name}", setting.name
    if setting.type == "list":
        listed = raw if isinstance(raw, list) else [raw]
        return [_text(setting, one, base, where) for one in listed]
    if setting.type == "file":
        listed = raw if isinstance(raw, list) else [raw]
        return b"\n".join(_bytes(setting, one, base, where) for one in listed)
    text = _text(setting, raw, base, where)
    if setting.type == "choice" and text not in setting.choices:
        write = " / ".join(nearest(text, setting.choices) or setting.choices)
        raise BAD_SETTING(where, found=name, wants=" | ".join(setting.choices), write=write)
    if setting.type == "url":
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            raise BAD_SETTING(where, found=name, wants="http(s)://…", write="https://example.org/path")
    return text


def _text(setting: SettingSpec, raw: Any, base: Path, where: str) -> str:
    if isinstance(raw, str):
        return raw
    try:
        return _bytes(setting, raw, base, where).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise NO_FILE(where, found=setting.name, reason="UTF-8") from None


def _bytes(setting: SettingSpec, raw: Any, base: Path, where: str) -> bytes:
    if isinstance(raw, bytes):
        return raw
    if isinstance(raw, str):
        return raw.encode()
    if isinstance(raw, dict) and len(raw) == 1 and all(isinstance(one, (str, Path)) for one in raw.values()):
        ((key, value),) = raw.items()
        if key == "file":
            return _content(setting, base / value, where)
        if key == "env":
            found = os.environ.get(str(value))
            if found is None:
                raise NO_ENV(where, found=setting.name, name=value)
            return found.encode()
    raise BAD_SETTING(
        where, found=setting.name, wants=setting.type, write=f"{setting.name}: … / {{file: …}} / {{env: …}}"
    )


def _content(setting: SettingSpec, path: Path, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SETTING + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise NO_FILE(where, found=setting.name, reason=f"{path.name}: {reason}") from None
    if len(content) > MAX_SETTING:
        raise NO_FILE(where, found=setting.name, reason=f"{path.name}: > {MAX_SETTING} bytes")
    return content


def mappings_folder() -> Path:
    """The packaged mappings, beside the `hub` package."""
    return Path(__file__).resolve().parent.parent / "mappings"


def mappings_of(spec: AdapterSpec) -> Path:
    """Where an adapter's mappings are: among the packaged ones, or `mappings/` inside an outside package."""
    if spec.folder.parent.parent in _folders_of(PACKAGE):
        return mappings_folder() / spec.name
    return spec.folder / "mappings"


def mapping_path(name: str, extra_folders: Iterable[Path] = ()) -> Path:
    """The file of a mapping: in a unit's own folders first, then the packaged ones, then those of outside packages.

    Raises:
        Config: there is none; the fault names the nearest.
    """
    folders = [*extra_folders, mappings_folder()]
    parts = name.split("/")
    if all(part and part not in {".", ".."} and "\0" not in part and "\\" not in part for part in parts):
        for folder in folders:
            file = folder.joinpath(*parts[:-1], f"{parts[-1]}.yaml")
            if file.is_file():
                return file
        outside = adapters().get("/".join(parts[:-1]))
        if outside is not None and (file := mappings_of(outside) / f"{parts[-1]}.yaml").is_file():
            return file
    known = {
        file.relative_to(folder).with_suffix("").as_posix()
        for folder in folders
        for file in folder.glob("*/*/*.yaml")
        if not file.name.endswith(".test.yaml")
    }
    near = nearest(name, sorted(known)) or sorted(known)[:12]
    raise NO_MAPPING(name[:80], found=name[:80], write=" / ".join(near) or "—")
