"""Where mappings lie: a unit's own folders, those packaged beside `hub`, those of outside packages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import hub
from hub.mapping.fields import nearest
from hub.registry.faults import NO_MAPPING
from hub.registry.finding import PACKAGE, AdapterSpec, adapters, folders_of


def mappings_folder() -> Path:
    """The packaged mappings, beside the `hub` package."""
    return Path(hub.__file__).resolve().parent.parent / "mappings"


def mappings_of(spec: AdapterSpec) -> Path:
    """Where an adapter's mappings are: among the packaged ones, or `mappings/` inside an outside package."""
    if spec.folder.parent.parent in folders_of(PACKAGE):
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
