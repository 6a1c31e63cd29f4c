"""The SM2 signer port: signatures over SM3, DER on the wire, the signer's id always stated.

An implementation that leaves the id out signs with an empty one, and nobody who follows GM/T 0009 accepts it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Protocol

from hub.errors import Fault
from hub.security.faults import NO_SM2

USER_ID: Final = b"1234567812345678"
"""The signer id of GM/T 0009 where nothing else is agreed."""

ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
"""n, the order of the base point of sm2p256v1."""

SM2_OID: Final = "1.2.156.10197.1.301"
SM2_WITH_SM3_OID: Final = "1.2.156.10197.1.501"


class Sm2Key(Protocol):
    """A private key, loaded once; may be used from several threads at the same time."""

    @property
    def public(self) -> bytes:
        """The public point, 65 bytes: 04, x, y."""

    def pkcs8(self) -> bytes:
        """Unencrypted PKCS#8 DER."""


class Sm2(Protocol):
    """Signs and verifies. Thread safe."""

    name: str

    def load(self, pkcs8: bytes) -> Sm2Key:
        """A key from unencrypted PKCS#8 DER.

        Raises:
            Config: not an SM2 key, or one that this library refuses.
        """

    def generate(self) -> Sm2Key:
        """A new key."""

    def sign(self, key: Sm2Key, data: bytes, user_id: bytes = USER_ID) -> bytes:
        """The DER signature of the bytes."""

    def verify(self, public: bytes, data: bytes, signature: bytes, user_id: bytes = USER_ID) -> bool:
        """Whether it is the holder's signature. Malformed signatures and points off the curve are simply false."""


def strict_signature(signature: bytes) -> bool:
    """Whether these bytes are SEQUENCE{r, s} in the one right DER form, 0 < r, s < n, nothing after it."""
    if not 8 <= len(signature) <= 72 or signature[0] != 0x30 or signature[1] != len(signature) - 2:
        return False
    at = 2
    for _ in range(2):
        if at + 2 > len(signature) or signature[at] != 0x02:
            return False
        number = signature[at + 2 : at + 2 + signature[at + 1]]
        if len(number) != signature[at + 1] or not number or number[0] & 0x80:
            return False
        if number[0] == 0 and (len(number) == 1 or not number[1] & 0x80):
            return False
        if int.from_bytes(number) >= ORDER:
            return False
        at += 2 + len(number)
    return at == len(signature)


KNOWN_PUBLIC: Final = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
KNOWN_MESSAGE: Final = b"message digest"
KNOWN_SIGNATURE: Final = bytes.fromhex(
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
"""The worked signature on the recommended curve (GB/T 32918.5-2017, annex A.2)."""


def self_test(sm2: Sm2) -> None:
    """Known answer, then a signature of its own, then a changed message.

    Raises:
        Config: the library gives a wrong answer.
    """
    key = sm2.generate()
    good = (
        sm2.verify(KNOWN_PUBLIC, KNOWN_MESSAGE, KNOWN_SIGNATURE)
        and not sm2.verify(KNOWN_PUBLIC, KNOWN_MESSAGE, KNOWN_SIGNATURE, b"")
        and not sm2.verify(KNOWN_PUBLIC, KNOWN_MESSAGE + b".", KNOWN_SIGNATURE)
        and sm2.verify(key.public, KNOWN_MESSAGE, sm2.sign(key, KNOWN_MESSAGE))
    )
    if not good:
        raise NO_SM2(sm2.name, found="known-answer test failed")


@lru_cache(maxsize=1)
def best() -> Sm2:
    """The implementation to use: libcrypto 3 (it releases the GIL), else gmssl-pyx. Tested before it is returned.

    Raises:
        Config: neither works.
    """
    from hub.security import sm2_gmssl, sm2_openssl

    reasons: list[str] = []
    for make in (sm2_openssl.OpenSsl, sm2_gmssl.GmSsl):
        try:
            sm2: Sm2 = make()
            self_test(sm2)
        except Fault as fault:
            reasons.append(f"{make.__name__}: {fault.what('en')}")
        else:
            return sm2
    raise NO_SM2(found="; ".join(reasons))
