"""Encryption at rest: AES-256-GCM under a key per unit, all derived from a master key file.

Sealed bytes: version (1) | master key id (4) | nonce (12) | ciphertext and tag. Nonces are random, or drawn by a key of
their own from what is sealed (`seal_alike`), so one unit's key is good for 2³² seals (GCM's bound). A further line in
the master key file (rotation) starts a new key; the old ones still open. The first line also makes the search hashes,
so it stays the first for as long as old bills are to be found.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.security.faults import MASTER_KEY_BROKEN, MASTER_KEY_MISSING, SEALED_BROKEN, SEALED_UNKNOWN_KEY
from hub.security.search import normalised

KEY_BYTES: Final = 32
OVERHEAD: Final = 1 + 4 + 12 + 16
"""How much longer sealed bytes are than plain ones."""

_VERSION: Final = b"\x01"
_HASH_BYTES: Final = 16


class Vault:
    """Seals, opens, and hashes for search. Thread safe."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """From master keys of 32 bytes, oldest first; the last one seals."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise MASTER_KEY_BROKEN(found="no key of 32 bytes")
        self._masters = {key_id(key): key for key in keys}
        self._first = keys[0]
        self._head = _VERSION + key_id(keys[-1])
        self._last = keys[-1]
        self._ciphers: dict[tuple[bytes, str], AESGCM] = {}
        self._search: dict[str, bytes] = {}

    def seal(self, unit: str, aad: bytes, plain: bytes) -> bytes:
        """Encrypts for a unit. `aad` binds the bytes to their place (a table and a row); `open` needs the same."""
        return self._sealed(unit, aad, plain, os.urandom(12))

    def seal_alike(self, unit: str, aad: bytes, plain: bytes) -> bytes:
        """As `seal`, but the same each time: for what may come twice and has no id to be known by.

        Whoever sees two that are alike learns that they hold the same; put into `plain` what tells them apart.
        """
        nonce = hmac.digest(_derived(self._last, "nonce", unit), aad + b"\x1f" + plain, "sha256")[:12]
        return self._sealed(unit, aad, plain, nonce)

    def _sealed(self, unit: str, aad: bytes, plain: bytes, nonce: bytes) -> bytes:
        head = self._head
        cipher = self._ciphers.get((head, unit)) or self._cipher(head, unit)
        return head + nonce + cipher.encrypt(nonce, plain, head + aad)

    def open(self, unit: str, aad: bytes, sealed: bytes) -> bytes:
        """The plain bytes.

        Raises:
            Config: altered, cut, sealed for another unit or place, or under a master key that is gone.
        """
        if len(sealed) < OVERHEAD or sealed[:1] != _VERSION:
            raise SEALED_BROKEN(unit)
        head = sealed[:5]
        cipher = self._ciphers.get((head, unit)) or self._cipher(head, unit)
        try:
            return cipher.decrypt(sealed[5:17], sealed[17:], head + aad)
        except InvalidTag:
            raise SEALED_BROKEN(unit) from None

    def search_hash(self, unit: str, kind: str, text: str) -> bytes:
        """16 bytes by which a value is found again without being kept. Kinds: see `hub.security.search`."""
        key = self._search.get(unit)
        if key is None:
            key = self._search[unit] = _derived(self._first, "search", unit)
        return hmac.digest(key, f"{kind}\x1f{normalised(kind, text)}".encode(), "sha256")[:_HASH_BYTES]

    def secret(self, purpose: str) -> bytes:
        """32 bytes for a purpose of the hub itself (signing cursors), the same while the oldest master key stays."""
        return _derived(self._first, f"hub {purpose}", "")

    def needs_reseal(self, sealed: bytes) -> bool:
        """Whether an older master key sealed these bytes."""
        return sealed[:5] != self._head

    def _cipher(self, head: bytes, unit: str) -> AESGCM:
        master = self._masters.get(head[1:])
        if master is None:
            raise SEALED_UNKNOWN_KEY(key=head[1:].hex())
        cipher = self._ciphers[head, unit] = AESGCM(_derived(master, "data", unit))
        return cipher


@dataclass(frozen=True, slots=True)
class Opened:
    """A vault, and whether its master key was made just now (then the operator is told to back it up)."""

    vault: Vault
    created: bool


def open_vault(path: Path, *, has_data: bool) -> Opened:
    """The vault of a master key file, which is made on first start.

    Raises:
        Config: the file is missing though there is data, or it does not hold keys.
    """
    try:
        return Opened(Vault(read_master_keys(path)), created=False)
    except FileNotFoundError:
        if has_data:
            raise MASTER_KEY_MISSING(str(path)) from None
    key = os.urandom(KEY_BYTES)
    try:
        _write_new(path, base64.b64encode(key) + b"\n")
    except FileExistsError:  # another process of the same start was first
        return Opened(Vault(read_master_keys(path)), created=False)
    return Opened(Vault([key]), created=True)


def read_master_keys(path: Path) -> list[bytes]:
    """The keys of a master key file, oldest first.

    Raises:
        Config: a line that is not base64 of 32 bytes, or no line; FileNotFoundError for a missing file.
    """
    keys: list[bytes] = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            key = base64.b64decode(line.strip(), validate=True)
        except binascii.Error:
            raise MASTER_KEY_BROKEN(f"{path}:{number}", found="not base64") from None
        if len(key) != KEY_BYTES:
            raise MASTER_KEY_BROKEN(f"{path}:{number}", found=f"{len(key)} bytes")
        keys.append(key)
    if not keys:
        raise MASTER_KEY_BROKEN(str(path), found="empty")
    return keys


def rotate(path: Path) -> None:
    """Adds a new master key to the file; running hubs use it after their next start."""
    lines = b"".join(base64.b64encode(key) + b"\n" for key in [*read_master_keys(path), os.urandom(KEY_BYTES)])
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    _write_new(fresh, lines)
    fresh.replace(path)
    _sync_folder(path.parent)


def key_id(master: bytes) -> bytes:
    """Four bytes that name a master key and say nothing about it."""
    return hashlib.sha256(b"billhub master key id\x1f" + master).digest()[:4]


def _derived(master: bytes, purpose: str, unit: str) -> bytes:
    info = f"billhub/1\x1f{purpose}\x1f{unit}".encode()
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(master)


def _write_new(path: Path, data: bytes) -> None:
    """Whole or not at all: written aside, synced, then linked under its name. FileExistsError when it is there."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(aside)
        _sync_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
