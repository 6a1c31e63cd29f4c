"""The fiscal platforms of the units, and how their signatures are judged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.config import UnitConfig
from hub.delivery.relay import Platform
from hub.issuing.verify import verify_einvoice
from hub.security.certificates import Trust


def platforms_of(units: Iterable[UnitConfig], trust: Path) -> dict[str, Platform]:
    """Unit → platform; a platform is judged by the unit's own trust folder, or the hub's.

    Raises:
        Config: a trust folder that is missing or holds a broken certificate.
    """
    made: dict[str, Platform] = {}
    for unit in units:
        section = unit.signing.platform
        if section is None:
            continue
        folder = unit.folder / section.trust if section.trust else trust
        made[unit.unit.id] = _platform(section.url, Trust.from_folder(folder), unit.signing.user_id.encode())
    return made


def _platform(url: str, trust: Trust, user_id: bytes) -> Platform:
    def judge(xml: bytes) -> bool:
        verdict = verify_einvoice(xml, trust, user_id)
        return verdict.ok and verdict.countersigned

    return Platform(url.rstrip("/"), judge)
