"""The SM2 signer port: signatures over SM3, DER on the wire, the signer's id always stated.

An implementation that leaves the id out signs with an empty one, and nobody who follows GM/T 0009 accepts it.
"""

from __future__ import annotations

from typing import Final, Protocol

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
