"""A segment as it lies in an archive: BHA1 | key mark (8) | checksum of the one before (32) | page | checksum (32).

The checksum is an HMAC under the master key, so that nobody without it can alter, cut or insert unseen.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import msgspec

from hub.delivery.archive.faults import BROKEN, GAP, OTHER_KEY
from hub.ledger.epochs.copies import Page

MAGIC: Final = b"BHA1"
NOTHING: Final = bytes(32)
"""What the first segment follows."""
PURPOSE: Final = "archive"
"""Of the vault's secret."""
_HEAD: Final = len(MAGIC) + 8 + 32


def pack(page: Page, secret: bytes, before: bytes) -> tuple[bytes, bytes]:
    """(the segment, its checksum)."""
    body = MAGIC + _mark(secret) + before + msgspec.msgpack.encode(page)
    made = hmac.digest(secret, body, "sha256")
    return body + made, made


def unpack(number: int, data: bytes, secret: bytes, before: bytes | None) -> tuple[Page, bytes]:
    """(its page, its checksum). `before`: the checksum it has to follow, None for any.

    Raises:
        Config: damaged, of another key, or not the next one.
    """
    if len(data) < _HEAD + 32 or data[: len(MAGIC)] != MAGIC:
        raise BROKEN(segment=number)
    if data[len(MAGIC) : len(MAGIC) + 8] != _mark(secret):
        raise OTHER_KEY()
    body, checksum = data[:-32], data[-32:]
    if not hmac.compare_digest(hmac.digest(secret, body, "sha256"), checksum):
        raise BROKEN(segment=number)
    if before is not None and data[len(MAGIC) + 8 : _HEAD] != before:
        raise GAP(segment=number)
    try:
        return msgspec.msgpack.decode(body[_HEAD:], type=Page), checksum
    except msgspec.MsgspecError:
        raise BROKEN(segment=number) from None


def _mark(secret: bytes) -> bytes:
    """Names the key and says nothing about it."""
    return hashlib.sha256(b"billhub archive\x1f" + secret).digest()[:8]
