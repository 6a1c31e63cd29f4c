"""API keys and cursors. A key is shown once and kept as a salted hash; a cursor is signed and its caller's own.

A key holds 256 random bits, so that one round of SHA-256 is enough where a password would need a slow hash.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from hub.security.faults import BAD_CURSOR, BAD_TOKEN, NO_SCOPE

_PREFIX: Final = "bh"
_STEP: Final = 32
"""Cursors have one of few lengths, so that theirs tells nothing about the place."""
_TAG_BYTES: Final = 16
_MAX_CURSOR: Final = 2048
_OPEN_VERSION: Final = b"\x01"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is kept of an API key. `id` is public and stands in the key; `hash` is SHA-256 of salt and secret."""

    id: str
    owner: str
    scopes: frozenset[str]
    salt: bytes
    hash: bytes

    def require(self, scope: str) -> None:
        """Raises Reject unless the key has the scope."""
        if scope not in self.scopes:
            raise NO_SCOPE(self.id, scope=scope)


def new_key(owner: str, scopes: Iterable[str]) -> tuple[str, StoredKey]:
    """A key as text, to be shown once, and what to keep of it."""
    id_, secret, salt = secrets.token_hex(6), secrets.token_urlsafe(32), secrets.token_bytes(16)
    return f"{_PREFIX}_{id_}_{secret}", StoredKey(id_, owner, frozenset(scopes), salt, _hash(salt, secret))


def key_id(text: str) -> str:
    """The public id in a key's text, to find what is stored; empty when the text is no key."""
    prefix, _, rest = text.partition("_")
    id_, _, secret = rest.partition("_")
    return id_ if prefix == _PREFIX and len(id_) == 12 and secret else ""


def check_key(text: str, stored: Mapping[str, StoredKey]) -> StoredKey:
    """The stored key that this text opens. Takes the same time whether the id is known or not.

    Raises:
        Reject: no such key, or a wrong secret.
    """
    found = stored.get(key_id(text), _NOBODY)
    secret = text.partition("_")[2].partition("_")[2]
    good = hmac.compare_digest(_hash(found.salt, secret), found.hash)
    if not good or found is _NOBODY:
        raise BAD_TOKEN("Authorization")
    return found


def bearer(header: str) -> str:
    """The key in an Authorization header.

    Raises:
        Reject: another scheme, or none.
    """
    scheme, _, text = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise BAD_TOKEN("Authorization")
    return text.strip()


class Cursors:
    """Makes and reads cursors. `owner` is whoever asked: another's cursor is refused."""

    def __init__(self, key: bytes) -> None:
        """From a secret of at least 16 bytes that outlives the process, or clients lose their place."""
        if len(key) < 16:
            raise ValueError("a cursor key needs at least 16 bytes")
        self._key = key
        self._siv = AESSIV(hashlib.sha512(b"cursors\x1f" + key).digest())

    def make(self, owner: str, place: Mapping[str, str | int]) -> str:
        """The cursor of a place."""
        payload = orjson.dumps(dict(place), option=orjson.OPT_SORT_KEYS)
        payload += b" " * (-len(payload) % _STEP)
        return _text(self._siv.encrypt(payload, [owner.encode()]))

    def read(self, owner: str, cursor: str) -> dict[str, str | int]:
        """The place.

        Raises:
            Reject: altered, cut, made by another hub or for another caller.
        """
        if len(cursor) > _MAX_CURSOR:
            raise BAD_CURSOR("cursor")
        try:
            data = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise BAD_CURSOR("cursor") from None
        if _text(data) != cursor:  # the last character has spare bits: one place, one cursor
            raise BAD_CURSOR("cursor")
        try:
            sealed: dict[str, str | int] = orjson.loads(self._siv.decrypt(data, [owner.encode()]))
        except (InvalidTag, ValueError):
            return self._read_open(owner, data)
        return sealed

    def _read_open(self, owner: str, data: bytes) -> dict[str, str | int]:
        """A cursor as earlier releases made them, signed but not sealed: whoever holds one keeps its place."""
        tag, payload = data[:_TAG_BYTES], data[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(owner, payload)) or payload[:1] != _OPEN_VERSION:
            raise BAD_CURSOR("cursor")
        place: dict[str, str | int] = orjson.loads(payload[1:])
        return place

    def _tag(self, owner: str, payload: bytes) -> bytes:
        return hmac.digest(self._key, owner.encode() + b"\x1f" + payload, "sha256")[:_TAG_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _hash(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode()).digest()


_NOBODY: Final = StoredKey("", "", frozenset(), secrets.token_bytes(16), secrets.token_bytes(32))
