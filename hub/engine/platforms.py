"""The fiscal platforms of the units, and how their signatures are judged."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Iterable
from pathlib import Path

from hub.config import UnitConfig
from hub.delivery.confirm import Judge
from hub.delivery.relay import Platform
from hub.issuing.verify import verify_einvoice
from hub.security.certificates import Trust


def platforms_of(units: Iterable[UnitConfig], trust: Path) -> dict[str, Platform]:
    """Unit → platform; a platform is judged by the unit's own trust folder, or the hub's.

    Units with one address share what may be under way to it: the fewest that one of them asks for.

    Raises:
        Config: a trust folder that is missing or holds a broken certificate.
    """
    made: dict[str, Platform] = {}
    asked = [(unit, section) for unit in units if (section := unit.signing.platform) is not None]
    least: dict[str, int] = {}
    for _, section in asked:
        url = section.url.rstrip("/")
        least[url] = min(section.at_once, least.get(url, section.at_once))
    lanes = {url: Semaphore(most) for url, most in least.items()}
    for unit, section in asked:
        url = section.url.rstrip("/")
        folder = unit.folder / section.trust if section.trust else trust
        made[unit.unit.id] = Platform(
            url, _judge(Trust.from_folder(folder), unit.signing.user_id.encode()), lanes[url], least[url]
        )
    return made


def _judge(trust: Trust, user_id: bytes) -> Judge:
    def judge(xml: bytes) -> bool:
        verdict = verify_einvoice(xml, trust, user_id)
        return verdict.ok and verdict.countersigned

    return judge
