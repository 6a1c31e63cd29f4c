"""The service files as systemd reads them: sections with repeated keys, and commands with their places put in."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.docs.blocks import BIN, ROOT

FOLDER: Final = ROOT / "deploy" / "systemd"
EMBEDDED: Final = FOLDER / "billhub.service"
ROLE: Final = FOLDER / "billhub@.service"


@dataclass(frozen=True, slots=True)
class Service:
    """A service's settings, in order; `places` are what stands in for folders of a machine where it is installed."""

    settings: tuple[tuple[str, str], ...]
    places: Mapping[str, str]

    def all(self, key: str) -> list[str]:
        return [value for name, value in self.settings if name == key]

    def one(self, key: str) -> str:
        (value,) = self.all(key)
        return value

    def command(self, key: str, **environment: str) -> list[str]:
        """A command, as systemd would start it."""
        text = self.one(key)
        for written, here in {"/opt/billhub/.venv/bin": str(BIN), **self.places}.items():
            text = text.replace(written, here)
        words = shlex.split(text)
        for name, value in environment.items():
            words = [value if word == f"${name}" else word.replace(f"${{{name}}}", value) for word in words]
        return [word.replace("$$", "$") for word in words]


def service(path: Path, instance: str = "", **places: str) -> Service:
    """A service file with its drop-ins."""
    files = [path]
    if instance:
        files += sorted(path.with_name(path.name.replace("@", f"@{instance}") + ".d").glob("*.conf"))
    settings: list[tuple[str, str]] = []
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            name, mark, value = line.partition("=")
            if mark and not line.startswith("#"):
                settings.append((name, value.replace("%i", instance)))
    return Service(tuple(settings), {name.replace("_", "/"): here for name, here in places.items()})
