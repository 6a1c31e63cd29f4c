"""What a backup holds, and proves of itself. Signed under the master key, so that it is what the hub wrote."""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from hub.ledger.backups.faults import BROKEN, NEWER, NO_BACKUP, OTHER_KEY
from hub.ledger.window import HEAD

FILE: Final = "manifest.json"
FORMAT: Final = 1
PURPOSE: Final = "backup"
"""Of the vault's secret."""


class Counted(msgspec.Struct, frozen=True):
    """A table's rows, in the order of their key, counted and hashed."""

    name: str
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A backup. `keys` name the master keys that open it and say nothing about them."""

    id: str
    engine: str
    made_at: str
    schema: str
    epoch: int
    change: int
    file: str
    bytes: int
    sha256: str
    tables: list[Counted]
    keys: list[str]
    balanced: bool
    format: int = FORMAT
    archive: dict[str, Any] | None = None
    """where the archive ended before the copy was begun"""
    offsets: dict[str, dict[str, int]] | None = None
    """topic → partition → what the workers had committed before the copy was begun"""
    mac: str = ""


def write(folder: Path, manifest: Manifest, secret: bytes) -> Manifest:
    """Signs a manifest and writes it, durably."""
    signed = msgspec.structs.replace(manifest, mac=_mac(manifest, secret))
    with (folder / FILE).open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(signed), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync(folder)
    return signed


def find(path: Path, until: datetime | None) -> Path:
    """The folder of a backup: `path` itself, or the newest below it, made no later than `until`.

    Raises:
        Config: there is none.
    """
    if not path.is_dir():
        raise NO_BACKUP(path=path)
    found = [path] if (path / FILE).exists() else [one.parent for one in path.glob(f"*/{FILE}")]
    dated = sorted((_read(one).made_at, one) for one in found)
    fit = [one for at, one in dated if until is None or datetime.fromisoformat(at) <= until]
    if not fit:
        raise NO_BACKUP(path=path)
    return fit[-1]


def read(folder: Path, key_file: Path, keys: list[str], secret: bytes) -> Manifest:
    """A manifest that is what the hub wrote. `keys` and `secret` are of the master key at hand.

    Raises:
        Config: of a newer release, of another master key, or altered.
    """
    found = _read(folder)
    if found.format > FORMAT or found.schema > HEAD:
        raise NEWER(str(folder), found=f"{found.format}/{found.schema}", known=f"{FORMAT}/{HEAD}")
    if not found.keys or found.keys[0] != keys[0] or not set(found.keys) <= set(keys):
        raise OTHER_KEY(path=key_file)
    if not hmac.compare_digest(found.mac, _mac(found, secret)):
        raise BROKEN(str(folder), what=FILE)
    return found


def _read(folder: Path) -> Manifest:
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Manifest)
    except msgspec.MsgspecError:
        raise BROKEN(str(folder), what=FILE) from None


def _mac(manifest: Manifest, secret: bytes) -> str:
    plain = msgspec.json.encode(msgspec.structs.replace(manifest, mac=""), order="sorted")
    return hmac.new(secret, plain, "sha256").hexdigest()


def checked_copy(source: Path, to: Path, manifest: Manifest) -> None:
    """Copies the backup's file, and makes sure that it is the one the manifest means.

    Raises:
        Config: it is not.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with source.open("rb") as came, to.open("wb") as went:
            while part := came.read(1 << 20):
                digest.update(part)
                size += len(part)
                went.write(part)
            went.flush()
            os.fsync(went.fileno())
    except FileNotFoundError:
        raise BROKEN(str(source), what=source.name) from None
    if (size, digest.hexdigest()) != (manifest.bytes, manifest.sha256):
        to.unlink()
        raise BROKEN(str(source), what=source.name)


def checked(source: Path, manifest: Manifest) -> None:
    """Makes sure of it without a copy.

    Raises:
        Config: it is not the file the manifest means.
    """
    if not source.exists() or (source.stat().st_size, hashed(source)) != (manifest.bytes, manifest.sha256):
        raise BROKEN(str(source), what=source.name)


def hashed(path: Path) -> str:
    """A file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """A file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
