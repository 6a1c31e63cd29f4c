"""The units as the core took them, kept in the data folder for its children.

A child that is started anew must work by the same units as the core, whatever stands in the files meanwhile: they may
be half edited. Mappings, tables and keys are read where the units point.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from hub.config import UnitConfig
from hub.engine.embedded.home import Home
from hub.regions import Region

_FILE: Final = "units.json"


def accept(home: Home, units: Sequence[UnitConfig]) -> None:
    """Keeps these units; readable for the hub's own user, since settings may hold secrets."""
    kept = [
        {
            "path": str(unit.path.resolve()),
            "above": [[region.code, region.name] for region in unit.above],
            "unit": unit.model_dump(mode="json"),
        }
        for unit in units
    ]
    part = home.folder / f"{_FILE}.part"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(orjson.dumps(kept))
    part.replace(home.folder / _FILE)


def accepted(home: Home) -> list[UnitConfig]:
    """The units last kept."""
    kept = orjson.loads((home.folder / _FILE).read_bytes())
    return [
        UnitConfig.model_validate(
            {**one["unit"], "path": Path(one["path"]), "above": [Region(*region) for region in one["above"]]}
        )
        for one in kept
    ]
