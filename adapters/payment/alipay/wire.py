"""The bytes of a notification: form → verified text. Nothing is decoded to text before the signature holds.

Signed are all fields but `sign` and `sign_type`, sorted by name, `name=value` joined with `&`, in the charset of the
signed `charset` field; the HTTP header's charset is not signed and counts for nothing. On blank values and on
`alipay_cert_sn` Alipay's own kits disagree: see `_forms`.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Collection, Iterator
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from adapters.payment.alipay.faults import CHARSET, FORM, LEGACY, MISSING, SIGN_TYPE, SIGNATURE, TEXT
from adapters.payment.alipay.keys import Keys
from hub.security.form import FormError, read_form

HASHES: Final[dict[bytes, HashAlgorithm]] = {b"RSA2": SHA256(), b"RSA": SHA1()}  # noqa: S303  (only where a unit lists RSA)
"""Signature types that can be verified. MD5 and DSA belong to the old MAPI."""

CHARSETS: Final[dict[bytes, tuple[str, str]]] = {
    # what Alipay writes → (its name for people, the codec); GB18030 contains the other two, and so no name is lost
    b"": ("UTF-8", "utf-8"),
    b"utf-8": ("UTF-8", "utf-8"),
    b"utf8": ("UTF-8", "utf-8"),
    b"gbk": ("GBK", "gb18030"),
    b"gb2312": ("GB2312", "gb18030"),
    b"gb18030": ("GB18030", "gb18030"),
}

_PADDING: Final = PKCS1v15()
_LONGEST_BLANK: Final = 2048
"""Bytes; nobody pads a value with more."""
_JAVA_SPACE: Final = (
    "".join(
        map(
            chr, (*range(9, 14), *range(28, 33), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B), 0x2028, 0x2029)
        )
    )
    + "\u205f\u3000"
)
"""What java.lang.Character.isWhitespace says of itself: no-break spaces are none."""


def read_notify(body: bytes, keys: Keys, sign_types: Collection[str]) -> tuple[str, dict[str, str]]:
    """The charset's name and the signed fields as text; what was not signed is left out.

    Raises:
        Reject: not a form, a type not allowed, a signature that does not hold, or text that is not in its charset.
    """
    try:
        fields = read_form(body)
    except FormError as error:
        raise FORM("body", reason=error.reason) from None
    sign = fields.pop(b"sign", b"")
    sign_type = fields.pop(b"sign_type", b"")
    cert_sn = fields.pop(b"alipay_cert_sn", b"")
    if sign_type == b"MD5" or (b"total_fee" in fields and b"total_amount" not in fields):
        raise LEGACY("body")
    if not sign or not sign_type:
        raise MISSING("body", field="sign" if not sign else "sign_type")
    algorithm = HASHES.get(sign_type)
    if algorithm is None or sign_type.decode() not in sign_types:
        raise SIGN_TYPE("sign_type", found=_shown(sign_type))
    try:
        signature = b64decode(sign, validate=True)
    except Base64Error:
        raise SIGNATURE("sign") from None
    key = keys.pick(cert_sn.decode("latin-1"))
    for told, signed in _forms(fields, cert_sn):
        if _holds(key, signature, signed_text(signed), algorithm):
            return _decoded(told)
    raise SIGNATURE("sign")


def signed_text(fields: dict[bytes, bytes]) -> bytes:
    """What Alipay signs: sorted by the bytes of the name (not of `name=value`: `a1=` would come before `a=`)."""
    return b"&".join([name + b"=" + fields[name] for name in sorted(fields)])


def _forms(fields: dict[bytes, bytes], cert_sn: bytes) -> Iterator[tuple[dict[bytes, bytes], dict[bytes, bytes]]]:
    """What may have been signed, (what it tells, what was signed), the usual form first.

    Some kits keep empty values, some leave them out, and the Java kit leaves out white space alone too; the Java kit
    signs `alipay_cert_sn` where it is present, others do not. The further forms are tried only where they differ.
    """
    yield fields, fields
    forms = [fields]
    for empty in (_empty, _blank):
        filled = {name: value for name, value in fields.items() if not empty(value, fields)}
        if len(filled) < len(forms[-1]):
            forms.append(filled)
    yield from ((form, form) for form in forms[1:])
    if cert_sn:
        yield from ((form, form | {b"alipay_cert_sn": cert_sn}) for form in forms)


def _empty(value: bytes, _fields: dict[bytes, bytes]) -> bool:
    return not value


def _blank(value: bytes, fields: dict[bytes, bytes]) -> bool:
    """Whether Java calls a value blank; it may be full-width spaces in the charset of the form."""
    if len(value) > _LONGEST_BLANK:
        return False
    _, codec = CHARSETS.get(fields.get(b"charset", b"").lower(), ("", "ascii"))
    return not value.decode(codec, "replace").strip(_JAVA_SPACE)


def _holds(key: RSAPublicKey, signature: bytes, text: bytes, algorithm: HashAlgorithm) -> bool:
    try:
        key.verify(signature, text, _PADDING, algorithm)
    except InvalidSignature:
        return False
    return True


def _decoded(fields: dict[bytes, bytes]) -> tuple[str, dict[str, str]]:
    named = fields.get(b"charset", b"")
    charset = CHARSETS.get(named.lower())
    if charset is None:
        raise CHARSET("charset", found=_shown(named))
    name, codec = charset
    try:
        # one call to the codec instead of two a field; no form holds 0x00, so no field can end inside its neighbour
        text = b"\x00".join([part for pair in fields.items() for part in pair]).decode(codec).split("\x00")
        return name, dict(zip(text[::2], text[1::2], strict=True))
    except UnicodeDecodeError:
        raise TEXT("body", charset=name) from None


def _shown(found: bytes) -> str:
    """A protocol word for a fault's text, cut and made harmless."""
    return "".join(c for c in found[:16].decode("latin-1") if c.isascii() and (c.isalnum() or c in "-_")) or "?"
