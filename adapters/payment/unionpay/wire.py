"""The bytes of UnionPay 5.1.0: forms and un-encoded answers → verified text, and the signature over either.

Signed are all filled fields but `signature`, sorted by name, un-encoded, in the charset of `encoding`; the SHA-256 of
that, as lower-case hex text, is what SHA256withRSA signs. `signPubKeyCert` with its CRLF line ends is part of it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from adapters.payment.unionpay.chain import Trust
from adapters.payment.unionpay.faults import (
    ANSWER_FORM,
    CHARSET,
    FORM,
    MISSING,
    SIGN_METHOD,
    SIGNATURE,
    TEXT,
    VERSION,
)
from hub.security.form import MAX_BYTES, MAX_FIELDS, FormError, read_form

CHARSETS: Final[dict[bytes, tuple[str, str]]] = {
    b"": ("UTF-8", "utf-8"),  # the documented default
    b"utf-8": ("UTF-8", "utf-8"),
    b"utf8": ("UTF-8", "utf-8"),
    b"gbk": ("GBK", "gb18030"),
    b"gb2312": ("GB2312", "gb18030"),
    b"gb18030": ("GB18030", "gb18030"),
}

_PADDING: Final = PKCS1v15()
_SHA256: Final = SHA256()
_PROOF: Final = frozenset({b"signature", b"signPubKeyCert"})

# A value ends at `&`, except inside {…} or […]; groups do not nest (UnionPay's kits read to the first closing sign)
_PAIR: Final = re.compile(rb"([^=&]{1,64})=((?:\{[^}]*\}|\[[^\]]*\]|[^&{\[]+)*+)(?:&|\Z)")


def read_notify(body: bytes, query: str, trust: Trust, at: datetime) -> tuple[str, dict[str, str]]:
    """A notification's charset and its signed fields.

    Query parameters of the registered address come back inside the form, unsigned: they are dropped.

    Raises:
        Reject: not a form, not 5.1.0 with signMethod 01, or not signed by UnionPay.
    """
    try:
        fields = read_form(body)
    except FormError as error:
        raise FORM("body", reason=error.reason) from None
    for part in query.encode().split(b"&") if query else ():
        name, _, value = (unquote_to_bytes(side) for side in part.replace(b"+", b" ").partition(b"="))
        if fields.get(name) == value:
            del fields[name]
    return verified(fields, trust, at)


def read_answer(body: bytes) -> dict[bytes, bytes]:
    """The fields of a synchronous answer, which is not url-encoded.

    Raises:
        Reject: not such an answer, or a name that comes twice.
    """
    fields: dict[bytes, bytes] = {}
    body = body.strip(b"\r\n ")
    if b"\x00" in body:
        raise ANSWER_FORM("body")
    place = 0
    while place < len(body):
        found = _PAIR.match(body, place) if len(body) <= MAX_BYTES and len(fields) < MAX_FIELDS else None
        if found is None or found[1] in fields:
            raise ANSWER_FORM("body")
        fields[found[1]] = found[2]
        place = found.end()
    if not fields:
        raise ANSWER_FORM("body")
    return fields


def signed_digest(fields: dict[bytes, bytes]) -> bytes:
    """The hex text that is signed: of all filled fields but `signature`."""
    text = [name + b"=" + fields[name] for name in sorted(fields) if fields[name] and name != b"signature"]
    return sha256(b"&".join(text)).hexdigest().encode()


def verified(fields: dict[bytes, bytes], trust: Trust, at: datetime) -> tuple[str, dict[str, str]]:
    """The charset's name and the signed fields as text; empty ones, which nobody signed, are left out.

    Raises:
        Reject: another version or method, a certificate that is not UnionPay's, a signature that does not hold.
    """
    if fields.get(b"version") != b"5.1.0":
        raise VERSION("version")
    if fields.get(b"signMethod") != b"01":
        raise SIGN_METHOD("signMethod")
    for needed in (b"signature", b"signPubKeyCert"):
        if not fields.get(needed):
            raise MISSING("body", field=needed.decode())
    key = trust.key(fields[b"signPubKeyCert"], at)
    try:
        key.verify(b64decode(fields[b"signature"], validate=True), signed_digest(fields), _PADDING, _SHA256)
    except (InvalidSignature, Base64Error):
        raise SIGNATURE("signature") from None
    charset = CHARSETS.get(fields.get(b"encoding", b"").lower())
    if charset is None:
        raise CHARSET("encoding")
    name, codec = charset
    try:
        # one call to the codec instead of two a field; 0x00 occurs in no form and in no answer that is read
        filled = [part for pair in fields.items() if pair[1] and pair[0] not in _PROOF for part in pair]
        text = b"\x00".join(filled).decode(codec).split("\x00")
    except UnicodeDecodeError:
        raise TEXT("body", charset=name) from None
    return name, dict(zip(text[::2], text[1::2], strict=True))
