"""Finds adapters: those of the tree, and those of installed packages.

Adapters are data until one is connected: only `manifest.yaml` is read here, and no adapter's code is imported by name.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from hub.adapter import Manifest, Settings, Source
from hub.mapping.fields import nearest
from hub.registry.faults import BAD_MANIFEST, NO_ADAPTER, NO_CODE, TWICE
from hub.yaml_text import read_yaml

GROUP: Final = "billhub.adapters"
"""Entry points of this group name packages that hold the same files as a folder of adapters/."""
PACKAGE: Final = "adapters"


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


def folders_of(package: str) -> list[Path]:
    """The folders of a package, without importing it; none where it is not there."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []


def _in_tree() -> Iterable[tuple[str, Path]]:
    for root in folders_of(PACKAGE):
        for manifest in sorted(root.glob("*/*/manifest.yaml")):
            family, vendor = manifest.parent.parts[-2:]
            yield f"{PACKAGE}.{family}.{vendor}", manifest.parent


def _installed() -> Iterable[tuple[str, Path]]:
    for point in entry_points(group=GROUP):
        folders = folders_of(point.value)
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
