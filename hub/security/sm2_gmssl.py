"""SM2 by gmssl-pyx, the second implementation: its digest API with Z and SM3 computed here. Holds the GIL.

Its whole-message entry points are ten times slower, and it prints to stderr when a signature is false, so that what is
malformed is refused before it gets there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives import hashes

from hub.security.faults import BAD_KEY, NO_SM2, SIGN_FAILED
from hub.security.pkcs8 import pkcs8_of, point_of, scalar_of
from hub.security.sm2 import ORDER, USER_ID, Sm2Key, strict_signature

_CURVE: Final = bytes.fromhex(
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)
"""a, b, x and y of the base point of sm2p256v1, as Z takes them."""


class GmSslKey:
    """A private key as gmssl-pyx takes it."""

    __slots__ = ("_pkcs8", "public", "scalar")

    def __init__(self, scalar: bytes, public: bytes, pkcs8: bytes) -> None:
        self.scalar = scalar
        self.public = public
        self._pkcs8 = pkcs8

    def pkcs8(self) -> bytes:
        """Unencrypted PKCS#8 DER."""
        return self._pkcs8


def sm3(data: bytes) -> bytes:
    """The SM3 digest, 32 bytes (GM/T 0004)."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


@lru_cache(maxsize=1024)
def z_value(public: bytes, user_id: bytes) -> bytes:
    """Z: what binds a signature to the signer's id, the curve and the public key (GM/T 0003.2)."""
    return sm3((len(user_id) * 8).to_bytes(2) + user_id + _CURVE + public[1:])


class GmSsl:
    """SM2 by gmssl-pyx."""

    name = "gmssl"

    def __init__(self) -> None:
        """Raises Config where gmssl-pyx is not installed."""
        try:
            import gmssl_pyx
        except ImportError as error:
            raise NO_SM2(self.name, found=str(error)) from None
        self._gmssl = gmssl_pyx

    def load(self, pkcs8: bytes) -> GmSslKey:
        """A key from unencrypted PKCS#8 DER.

        Raises:
            Config: not an SM2 key.
        """
        key = GmSslKey(scalar_of(pkcs8), point_of(pkcs8), pkcs8)
        if not 0 < int.from_bytes(key.scalar) < ORDER - 1 or not self._on_curve(key.public):
            raise BAD_KEY(found="out of range")
        if not self.verify(key.public, b"own", self.sign(key, b"own")):
            raise BAD_KEY(found="its public point does not belong to it")
        return key

    def generate(self) -> GmSslKey:
        """A new key."""
        public, scalar = self._gmssl.sm2_key_generate()
        return self.load(pkcs8_of(scalar, b"\x04" + public))

    def sign(self, key: Sm2Key, data: bytes, user_id: bytes = USER_ID) -> bytes:
        """The DER signature of the bytes."""
        if not isinstance(key, GmSslKey):
            raise BAD_KEY(found="the key was loaded by another implementation")
        try:
            made = self._gmssl.sm2_sign_sm3_digest(key.scalar, sm3(z_value(key.public, user_id) + data))
        except self._gmssl.GmsslInnerError as error:
            raise SIGN_FAILED(found=type(error).__name__) from None
        return bytes(made)

    def verify(self, public: bytes, data: bytes, signature: bytes, user_id: bytes = USER_ID) -> bool:
        """Whether it is the holder's signature; malformed input is false."""
        if not strict_signature(signature) or not self._on_curve(public):
            return False
        digest = sm3(z_value(public, user_id) + data)
        try:
            return bool(self._gmssl.sm2_verify_sm3_digest(public[1:], digest, signature))
        except self._gmssl.GmsslInnerError:
            return False

    def _on_curve(self, public: bytes) -> bool:
        if len(public) != 65 or public[0] != 4:
            return False
        try:
            self._gmssl.normalize_sm2_public_key(public[1:])
        except self._gmssl.InvalidValueError:
            return False
        return True
