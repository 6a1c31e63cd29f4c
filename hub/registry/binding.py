"""Binds a source's settings, from a unit's YAML or a command line, to what the adapter's manifest declares."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from hub.adapter import Settings, SettingSpec
from hub.mapping.fields import nearest
from hub.registry.faults import BAD_SETTING, MISSING_SETTING, NO_ENV, NO_FILE, UNKNOWN_SETTING
from hub.registry.finding import AdapterSpec

MAX_SETTING: Final = 1024 * 1024
"""Bytes a file setting may have."""


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
