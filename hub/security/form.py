"""Strict reading of application/x-www-form-urlencoded bytes, for bodies whose signature covers the decoded bytes.

Lenient readers let two programs see two different forms: a doubled name, a half escape. Here each of these is refused,
and nothing is decoded to text, since only a verified signature says which charset the bytes are in.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from typing import Final, Literal

Reason = Literal["empty", "too_long", "too_many", "escape", "control", "pair", "duplicate"]

MAX_BYTES: Final = 64 * 1024
MAX_FIELDS: Final = 200
MAX_NAME: Final = 64

_BAD_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROLS: Final = bytes(range(0x20)) + b"\x7f"
_PLAIN: Final = bytes(byte for byte in range(256) if byte not in _CONTROLS and byte not in b"&=")

# Quoted-printable is percent-encoding with `=` for `%`, and its decoder runs in C: an eighth of the time of unquoting
# value by value. The two separators wait as 0x00 and 0x01, which no form may contain, neither bare nor escaped.
_TO_QUOTED: Final = bytes.maketrans(b"&=%+", b"\x00\x01= ")


class FormError(ValueError):
    """The bytes are not a form this hub reads; `reason` says why, and no value is quoted."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def read_form(body: bytes, max_bytes: int = MAX_BYTES, max_fields: int = MAX_FIELDS) -> dict[bytes, bytes]:
    """Name → value, both as decoded bytes, in the order sent. Empty values stay.

    Raises:
        FormError: empty, over a limit, a broken escape, a control character where none may be, a part without `=` or
            without a name, or a name that comes twice.
    """
    if not body:
        raise FormError("empty")
    if len(body) > max_bytes:
        raise FormError("too_long")
    count = body.count(b"&") + 1
    if count > max_fields:
        raise FormError("too_many")
    if _BAD_ESCAPE.search(body):
        raise FormError("escape")
    rest = body.translate(None, _PLAIN)
    if b"%00" in body or b"%01" in body:
        raise FormError("control")
    decoded = a2b_qp(body.translate(_TO_QUOTED))
    if rest == (b"=&" * count)[:-1]:  # as every sender writes it: one bare `=` a part
        flat = decoded.replace(b"\x01", b"\x00").split(b"\x00")
        names, values = flat[::2], flat[1::2]
    else:
        names, values = _with_bare_equals(decoded, rest)
    if not all(names) or max(map(len, names)) > MAX_NAME:
        raise FormError("pair")
    fields = dict(zip(names, values, strict=True))
    if len(fields) != count:
        raise FormError("duplicate")
    return fields


def _with_bare_equals(decoded: bytes, rest: bytes) -> tuple[list[bytes], list[bytes]]:
    """Parts whose values hold `=` un-escaped, as the padding of base64 sometimes is."""
    if rest.strip(b"&="):
        raise FormError("control")
    parts = [part.partition(b"\x01") for part in decoded.split(b"\x00")]
    if not all(equals for _, equals, _ in parts):
        raise FormError("pair")
    return [name for name, _, _ in parts], [value.replace(b"\x01", b"=") for _, _, value in parts]
