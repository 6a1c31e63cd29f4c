"""SM2 by the system's libcrypto 3, through ctypes. The signing calls release the GIL, so two threads sign on two cores.

The id must be set on a fresh key context that the digest context then borrows; without it OpenSSL signs with an empty
id. The cheap calls go through `PyDLL`, which keeps the GIL: giving it back ten times
a signature costs more than it helps.
"""

from __future__ import annotations

import ctypes
import weakref
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_void_p
from ctypes.util import find_library
from functools import lru_cache
from typing import Final

from hub.security.faults import BAD_KEY, NO_SM2, SIGN_FAILED
from hub.security.pkcs8 import point_of, spki_of
from hub.security.sm2 import USER_ID, Sm2Key, strict_signature

_NAMES: Final = ("libcrypto.so.3", "libcrypto.3.dylib")
_MAX_SIGNATURE: Final = 80

_QUICK: Final = {
    "ERR_clear_error": (None, ()),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (c_void_p, c_void_p)),
    "EVP_MD_fetch": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_new_from_pkey": (c_void_p, (c_void_p, c_void_p, c_char_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_set1_id": (c_int, (c_void_p, c_char_p, c_int)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_is_a": (c_int, (c_void_p, c_char_p)),
    "OpenSSL_version_num": (ctypes.c_ulong, ()),
    "d2i_AutoPrivateKey": (c_void_p, (c_void_p, POINTER(c_char_p), c_long)),
    "d2i_PUBKEY": (c_void_p, (c_void_p, POINTER(c_char_p), c_long)),
    "EVP_PKEY2PKCS8": (c_void_p, (c_void_p,)),
    "PKCS8_PRIV_KEY_INFO_free": (None, (c_void_p,)),
    "i2d_PKCS8_PRIV_KEY_INFO": (c_int, (c_void_p, c_void_p)),
    "EVP_DigestSignInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestVerifyInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_PKEY_Q_keygen": (c_void_p, (c_void_p, c_char_p, c_char_p)),
}
_SLOW: Final = {
    "EVP_DigestSign": (c_int, (c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_DigestVerify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
}


class OpenSslKey:
    """A private key held by libcrypto; freed with the object."""

    __slots__ = ("__weakref__", "_free", "_pkcs8", "handle", "public")

    def __init__(self, handle: int, pkcs8: bytes, public: bytes, free: ctypes._NamedFuncPointer) -> None:
        self.handle = handle
        self.public = public
        self._pkcs8 = pkcs8
        self._free = weakref.finalize(self, free, handle)

    def pkcs8(self) -> bytes:
        """Unencrypted PKCS#8 DER."""
        return self._pkcs8


class _Public:
    """A public key held by libcrypto."""

    __slots__ = ("__weakref__", "_free", "handle")

    def __init__(self, handle: int, free: ctypes._NamedFuncPointer) -> None:
        self.handle = handle
        self._free = weakref.finalize(self, free, handle)


class OpenSsl:
    """SM2 by libcrypto 3.x."""

    name = "openssl"

    def __init__(self) -> None:
        """Finds and checks the library.

        Raises:
            Config: no libcrypto 3, or one built without SM2 or SM3.
        """
        self._quick, self._slow = _library()
        self._md = self._quick.EVP_MD_fetch(None, b"SM3", None)
        if not self._md:
            raise NO_SM2(self.name, found="libcrypto has no SM3")
        self._public = lru_cache(maxsize=1024)(self._load_public)

    def load(self, pkcs8: bytes) -> OpenSslKey:
        """A key from unencrypted PKCS#8 DER.

        Raises:
            Config: not an SM2 key.
        """
        public = point_of(pkcs8)
        start = c_char_p(pkcs8)
        handle = self._quick.d2i_AutoPrivateKey(None, byref(start), len(pkcs8))
        if not handle:
            self._quick.ERR_clear_error()
            raise BAD_KEY(found="libcrypto refuses it")
        key = OpenSslKey(handle, pkcs8, public, self._quick.EVP_PKEY_free)
        if not self._quick.EVP_PKEY_is_a(handle, b"SM2") or not self.verify(public, b"own", self.sign(key, b"own")):
            raise BAD_KEY(found="its public point does not belong to it")
        return key

    def generate(self) -> OpenSslKey:
        """A new key."""
        handle = self._quick.EVP_PKEY_Q_keygen(None, None, b"SM2")
        if not handle:
            raise NO_SM2(self.name, found="libcrypto has no SM2")
        try:
            return self.load(self._pkcs8_of(handle))
        finally:
            self._quick.EVP_PKEY_free(handle)

    def sign(self, key: Sm2Key, data: bytes, user_id: bytes = USER_ID) -> bytes:
        """The DER signature of the bytes."""
        if not isinstance(key, OpenSslKey):
            raise BAD_KEY(found="the key was loaded by another implementation")
        quick = self._quick
        pkey_ctx, md_ctx = self._contexts(key.handle, user_id)
        try:
            size = c_size_t(_MAX_SIGNATURE)
            out = ctypes.create_string_buffer(_MAX_SIGNATURE)
            if (
                quick.EVP_DigestSignInit(md_ctx, None, self._md, None, key.handle) != 1
                or self._slow.EVP_DigestSign(md_ctx, out, byref(size), data, len(data)) != 1
            ):
                raise SIGN_FAILED(found="EVP_DigestSign")
            return out.raw[: size.value]
        finally:
            quick.EVP_MD_CTX_free(md_ctx)
            quick.EVP_PKEY_CTX_free(pkey_ctx)
            quick.ERR_clear_error()

    def verify(self, public: bytes, data: bytes, signature: bytes, user_id: bytes = USER_ID) -> bool:
        """Whether it is the holder's signature; malformed input is false."""
        if not strict_signature(signature):
            return False
        key = self._public(public)
        if key is None:
            return False
        quick = self._quick
        pkey_ctx, md_ctx = self._contexts(key.handle, user_id)
        try:
            return bool(
                quick.EVP_DigestVerifyInit(md_ctx, None, self._md, None, key.handle) == 1
                and self._slow.EVP_DigestVerify(md_ctx, signature, len(signature), data, len(data)) == 1
            )
        finally:
            quick.EVP_MD_CTX_free(md_ctx)
            quick.EVP_PKEY_CTX_free(pkey_ctx)
            quick.ERR_clear_error()

    def _contexts(self, handle: int, user_id: bytes) -> tuple[int, int]:
        quick = self._quick
        pkey_ctx = quick.EVP_PKEY_CTX_new_from_pkey(None, handle, None)
        md_ctx = quick.EVP_MD_CTX_new()
        if not pkey_ctx or not md_ctx or quick.EVP_PKEY_CTX_set1_id(pkey_ctx, user_id, len(user_id)) != 1:
            quick.EVP_MD_CTX_free(md_ctx)
            quick.EVP_PKEY_CTX_free(pkey_ctx)
            raise SIGN_FAILED(found="no context")
        quick.EVP_MD_CTX_set_pkey_ctx(md_ctx, pkey_ctx)  # borrowed: both are freed by the caller
        return pkey_ctx, md_ctx

    def _load_public(self, public: bytes) -> _Public | None:
        if len(public) != 65 or public[0] != 4:
            return None
        der = spki_of(public)
        start = c_char_p(der)
        handle = self._quick.d2i_PUBKEY(None, byref(start), len(der))
        if not handle:
            self._quick.ERR_clear_error()
            return None
        key = _Public(handle, self._quick.EVP_PKEY_free)
        return key if self._quick.EVP_PKEY_is_a(handle, b"SM2") else None

    def _pkcs8_of(self, handle: int) -> bytes:
        info = self._quick.EVP_PKEY2PKCS8(handle)
        try:
            return _encoded(self._quick.i2d_PKCS8_PRIV_KEY_INFO, info)
        finally:
            self._quick.PKCS8_PRIV_KEY_INFO_free(info)


def _encoded(encode: ctypes._NamedFuncPointer, handle: int) -> bytes:
    """DER by an i2d function: once for the length, once for the bytes."""
    size = encode(handle, None)
    if size <= 0:
        raise BAD_KEY(found="it cannot be encoded")
    out = ctypes.create_string_buffer(size)
    encode(handle, byref(c_void_p(ctypes.addressof(out))))
    return out.raw


@lru_cache(maxsize=1)
def _library() -> tuple[ctypes.PyDLL, ctypes.CDLL]:
    """The library twice: calls that keep the GIL, and calls that release it."""
    named = find_library("crypto")
    for name in (*_NAMES, *([named] if named else [])):
        try:
            quick, slow = ctypes.PyDLL(name), ctypes.CDLL(name)
            if quick.OpenSSL_version_num() >> 28 != 3:
                continue
            for library, functions in ((quick, _QUICK), (slow, _SLOW)):
                for function, (result, arguments) in functions.items():
                    pointer = getattr(library, function)
                    pointer.restype, pointer.argtypes = result, list(arguments)
        except (OSError, AttributeError):
            continue
        return quick, slow
    raise NO_SM2("openssl", found="libcrypto 3 was not found")
