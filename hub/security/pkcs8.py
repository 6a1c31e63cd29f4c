"""SM2 keys in DER, as PKCS#8 and SubjectPublicKeyInfo, independent of the library that signs.

`cryptography` refuses the curve, so the ASN.1 is read here.
"""

from __future__ import annotations

from typing import Final

from asn1crypto import keys

from hub.security.faults import BAD_KEY
from hub.security.sm2 import SM2_OID

_SPKI_HEAD: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")

keys.NamedCurve.register("sm2p256v1", SM2_OID, 32)


def spki_of(public: bytes) -> bytes:
    """SubjectPublicKeyInfo DER of a 65-byte point."""
    return _SPKI_HEAD + public


def _parsed(pkcs8: bytes) -> tuple[int, bytes]:
    try:
        info = keys.PrivateKeyInfo.load(pkcs8, strict=True)
        if info["private_key_algorithm"]["parameters"].chosen.dotted != SM2_OID:
            raise BAD_KEY(found="another curve")
        key = info["private_key"].parsed
        scalar = int(key["private_key"].native)
        point = key["public_key"].native
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BAD_KEY(found=type(error).__name__) from None
    if point is None or len(point) != 65:
        raise BAD_KEY(found="it lacks its public point")
    return scalar, bytes(point)


def point_of(pkcs8: bytes) -> bytes:
    """The public point that stands in a PKCS#8 key.

    Raises:
        Config: not an SM2 key in PKCS#8 DER.
    """
    return _parsed(pkcs8)[1]


def scalar_of(pkcs8: bytes) -> bytes:
    """The private scalar, 32 bytes."""
    return _parsed(pkcs8)[0].to_bytes(32)


def pkcs8_of(scalar: bytes, public: bytes) -> bytes:
    """PKCS#8 DER of a scalar and its point."""
    algorithm = keys.PrivateKeyAlgorithm(
        {"algorithm": "ec", "parameters": keys.ECDomainParameters(name="named", value=SM2_OID)}
    )
    inner = keys.ECPrivateKey(
        {"version": 1, "private_key": int.from_bytes(scalar), "public_key": keys.ECPointBitString(public)}
    )
    inner["private_key"].set_encoded_width(32)
    info = keys.PrivateKeyInfo({"version": 0, "private_key_algorithm": algorithm, "private_key": inner})
    return bytes(info.dump())
