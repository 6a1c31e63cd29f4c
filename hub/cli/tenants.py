"""What verbs know of the units and the regions they stand in: from `-c`, or as the hub on this machine took them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.config import UnitConfig
    from hub.ledger.area import Area
    from hub.regions import Regions


def units_of(data: Path, config: Path | None) -> list[UnitConfig]:
    """The units, none where they are not known.

    Raises:
        Config: a file of theirs is wrong.
    """
    from hub.config import load_units
    from hub.engine.embedded.home import Home
    from hub.processes.accepted import accepted

    if config is not None:
        return load_units(config, _named(data))
    try:
        return accepted(Home(data)) if data.is_dir() else []
    except FileNotFoundError:  # no hub has run here yet
        return []


def regions_of(data: Path, config: Path | None) -> Regions | None:
    """The tree in the file of regions, where one is found.

    Raises:
        Config: it is wrong.
    """
    from hub.config import load_regions, regions_beside

    return load_regions(_named(data) or (regions_beside(config) if config is not None else None))


def _named(data: Path) -> Path | None:
    from hub.hubfile import load_hub

    return load_hub(data).regions_file if data.is_file() else None


def area(region: str, data: Path, config: Path | None) -> Area | None:
    """What `--region` asks for; None where it does not.

    Raises:
        Reject: there is no such region among what is known.
    """
    from hub.ledger.area import area_of
    from hub.regions import NO_SUCH_REGION

    if not region:
        return None
    units = units_of(data, config)
    if not units:
        raise NO_SUCH_REGION(region=region)
    return area_of(region, units)


def above_of(node: str, data: Path, config: Path | None) -> list[str]:
    """The regions above a unit or a region, the nearest first; empty where none is known.

    A unit's own region is above it.
    """
    from hub.regions import is_code

    if is_code(node):
        tree = regions_of(data, config)
        if tree is not None:
            return [region.code for region in tree.path(node)[1:]]
        paths = [[region.code for region in unit.above] for unit in units_of(data, config)]
        return next((path[path.index(node) + 1 :] for path in paths if node in path), [])
    return next(([region.code for region in unit.above] for unit in units_of(data, config) if unit.unit.id == node), [])
