"""Insurers' API keys: salted hashes in files beside the unit's keys, and which bills each key may see.

A key opens the units whose key folder holds it, so that a unit can let an insurer in only to its own bills.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson

from hub.api.faults import BROKEN_KEY
from hub.config import UnitConfig
from hub.ledger.rows import VISIBLE
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
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
    return file


@dataclass(frozen=True, slots=True)
class Caller:
    """An insurer that showed a good key."""

    insurer: str
    units: tuple[str, ...]
    statuses: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Opens:
    """What a key opens of one unit."""

    unit: str
    key: StoredKey
    """with the scopes that the unit's YAML grants"""
    confirmed_only: bool


class Access:
    """All keys of all units, by the insurers their YAML names."""

    def __init__(self, units: Iterable[UnitConfig]) -> None:
        """Reads the key files.

        Raises:
            Config: one that is damaged.
        """
        self._keys: dict[str, StoredKey] = {}
        self._opens: dict[str, list[_Opens]] = {}
        for unit in units:
            for insurer in unit.insurers:
                file = unit.folder / unit.signing.keys / f"insurer-{insurer.id}.json"
                if not file.exists():
                    continue
                key = _read(file, frozenset(insurer.scopes))
                known = self._keys.setdefault(key.id, key)
                if (known.salt, known.hash) == (key.salt, key.hash):  # another secret under the same id opens nothing
                    self._opens.setdefault(key.id, []).append(_Opens(unit.unit.id, key, insurer.sees == "confirmed"))

    def caller(self, authorization: str, scope: str) -> Caller:
        """Who is calling, and what of.

        Raises:
            Reject: no key, a wrong one, or one without the scope in any unit.
        """
        key = check_key(bearer(authorization), self._keys)
        granted = [opens for opens in self._opens[key.id] if scope in opens.key.scopes]
        if not granted:
            self._opens[key.id][0].key.require(scope)
        strict = any(opens.confirmed_only for opens in granted)  # where units differ, the stricter holds
        statuses = VISIBLE - {"issued", "issued_offline"} if strict else VISIBLE
        return Caller(key.owner, tuple(opens.unit for opens in granted), statuses)


def _read(file: Path, scopes: frozenset[str]) -> StoredKey:
    try:
        kept = orjson.loads(file.read_bytes())
        return StoredKey(
            kept["id"],
            kept["owner"],
            frozenset(kept["scopes"]) & scopes,
            base64.b64decode(kept["salt"]),
            base64.b64decode(kept["hash"]),
        )
    except (ValueError, KeyError, TypeError):
        raise BROKEN_KEY(str(file)) from None
