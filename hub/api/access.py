"""Insurers' API keys: salted hashes in files beside the unit's keys, and which bills each key may see."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson

from hub.api.faults import UNKNOWN_INSURER
from hub.config import UnitConfig
from hub.ledger.writing import VISIBLE
from hub.security.tokens import StoredKey, bearer, check_key


def write_key(folder: Path, key: StoredKey) -> Path:
    """Keeps what there is to keep of a key."""
    file = folder / f"insurer-{key.owner}.json"
    kept = {
        "id": key.id,
        "owner": key.owner,
        "scopes": sorted(key.scopes),
        "salt": base64.b64encode(key.salt).decode(),
        "hash": base64.b64encode(key.hash).decode(),
    }
    file.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
    file.chmod(0o600)
    return file


@dataclass(frozen=True, slots=True)
class Caller:
    """An insurer that showed a good key."""

    insurer: str
    units: tuple[str, ...]
    statuses: frozenset[str]


class Access:
    """All keys of all units, by the insurers their YAML names."""

    def __init__(self, units: Iterable[UnitConfig]) -> None:
        self._keys: dict[str, StoredKey] = {}
        self._units: dict[str, list[str]] = {}
        self._issued_too: set[str] = set()
        for unit in units:
            for insurer in unit.insurers:
                self._units.setdefault(insurer.id, []).append(unit.unit.id)
                if insurer.sees == "issued":
                    self._issued_too.add(insurer.id)
                file = unit.folder / unit.signing.keys / f"insurer-{insurer.id}.json"
                if file.exists():
                    key = _read(file, frozenset(insurer.scopes))
                    self._keys[key.id] = key

    def caller(self, authorization: str, scope: str) -> Caller:
        """Who is calling.

        Raises:
            Reject: no key, a wrong one, or one without the scope.
        """
        key = check_key(bearer(authorization), self._keys)
        key.require(scope)
        units = self._units.get(key.owner)
        if not units:
            raise UNKNOWN_INSURER()
        statuses = VISIBLE if key.owner in self._issued_too else VISIBLE - {"issued", "issued_offline"}
        return Caller(key.owner, tuple(units), statuses)


def _read(file: Path, scopes: frozenset[str]) -> StoredKey:
    kept = orjson.loads(file.read_bytes())
    return StoredKey(
        kept["id"],
        kept["owner"],
        frozenset(kept["scopes"]) & scopes,
        base64.b64decode(kept["salt"]),
        base64.b64decode(kept["hash"]),
    )
