"""Part of a hub that is looked at: some units, and the regions above them. Whatever is outside it is not counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from hub.config import UnitConfig
from hub.regions import Regions, full_code


@dataclass(frozen=True, slots=True)
class Area:
    """Units and regions."""

    units: frozenset[str]
    regions: frozenset[str]


def area_of(region: str, units: Iterable[UnitConfig]) -> Area:
    """What stands in a region, and in those below it; `region` is 41, 4101 or 410105.

    Where units know the tree, it decides; else the code does.

    Raises:
        Reject: it is no code of a region.
    """
    code = full_code(region)
    inside: set[str] = set()
    regions = {code}
    for unit in units:
        path = [one.code for one in unit.above]
        if path and code in path:
            inside.add(unit.unit.id)
            regions.update(path[: path.index(code)])
        elif not path and below(unit.unit.region, code):
            inside.add(unit.unit.id)
    return Area(frozenset(inside), frozenset(regions))


def tree_above(units: Iterable[UnitConfig], regions: Regions | None = None) -> dict[str, str]:
    """Unit or region → what stands right above it."""
    above = dict(regions.above) if regions is not None else {}
    for unit in units:
        path = [one.code for one in unit.above]
        above |= dict(pairwise(path))
        if path:
            above[unit.unit.id] = path[0]
    return above


def below(code: str, above: str) -> bool:
    """Whether a code lies under another, as far as the codes say."""
    return code.startswith(above.removesuffix("00").removesuffix("00"))
