"""SM2 keys as files: PKCS#8 in PEM, plain or encrypted (PBES2). The decryption itself is `cryptography`'s."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from asn1crypto import algos, core, keys, pem
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from hub.security.faults import BAD_KEY, BAD_PASSWORD
from hub.security.sm2 import Sm2, Sm2Key
from hub.security.sm2_choice import best

_ROUNDS: Final = 200_000
_MAX_ROUNDS: Final = 10_000_000
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {"sha1": hashes.SHA1, "sha256": hashes.SHA256}
_CIPHERS: Final = {"aes128_cbc": 16, "aes192_cbc": 24, "aes256_cbc": 32}


def key_pem(key: Sm2Key, password: bytes | None = None) -> bytes:
    """The key as PEM; with a password as PBES2 (PBKDF2-HMAC-SHA-256, AES-256-CBC), which openssl reads too."""
    if password is None:
        return bytes(pem.armor("PRIVATE KEY", key.pkcs8()))
    salt, iv = os.urandom(16), os.urandom(16)
    padder = padding.PKCS7(128).padder()
    padded = padder.update(key.pkcs8()) + padder.finalize()
    derived = PBKDF2HMAC(hashes.SHA256(), 32, salt, _ROUNDS).derive(password)
    encryptor = Cipher(algorithms.AES(derived), modes.CBC(iv)).encryptor()
    kdf = algos.KdfAlgorithm(
        {
            "algorithm": "pbkdf2",
            "parameters": algos.Pbkdf2Params(
                {
                    "salt": algos.Pbkdf2Salt(name="specified", value=core.OctetString(salt)),
                    "iteration_count": _ROUNDS,
                    "prf": {"algorithm": "sha256"},
                }
            ),
        }
    )
    scheme = algos.EncryptionAlgorithm({"algorithm": "aes256_cbc", "parameters": core.OctetString(iv)})
    info = keys.EncryptedPrivateKeyInfo(
        {
            "encryption_algorithm": {
                "algorithm": "pbes2",
                "parameters": algos.Pbes2Params({"key_derivation_func": kdf, "encryption_scheme": scheme}),
            },
            "encrypted_data": encryptor.update(padded) + encryptor.finalize(),
        }
    )
    return bytes(pem.armor("ENCRYPTED PRIVATE KEY", info.dump()))


def load_key(text: bytes, password: bytes | None = None, sm2: Sm2 | None = None) -> Sm2Key:
    """A private key from PEM, with `sm2` (default: the best implementation).

    Raises:
        Config: no SM2 key in PKCS#8 PEM, or a password that is missing or wrong.
    """
    try:
        kind, _, der = pem.unarmor(text)
    except ValueError:
        raise BAD_KEY(found="no PEM") from None
    if kind == "ENCRYPTED PRIVATE KEY":
        der = _decrypted(der, password)
    elif kind != "PRIVATE KEY":
        raise BAD_KEY(found=f"PEM of {kind[:40]}")
    return (sm2 or best()).load(der)


def read_key(path: Path, password: bytes | None = None, sm2: Sm2 | None = None) -> Sm2Key:
    """A private key from a PEM file; the fault names the file.

    Raises:
        Config: as `load_key`; FileNotFoundError for a missing file.
    """
    return load_key(path.read_bytes(), password, sm2)


def write_key(path: Path, key: Sm2Key, password: bytes | None = None) -> None:
    """Writes a new PEM file that only its owner can read; an existing one is never replaced (FileExistsError)."""
    text = key_pem(key, password)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)


def _decrypted(der: bytes, password: bytes | None) -> bytes:
    if password is None:
        raise BAD_PASSWORD("PEM")
    try:
        info: Any = keys.EncryptedPrivateKeyInfo.load(der, strict=True)
        scheme = info["encryption_algorithm"]
        kdf = scheme["parameters"]["key_derivation_func"]["parameters"]
        cipher = scheme["parameters"]["encryption_scheme"]
        rounds = int(kdf["iteration_count"].native)
        if scheme["algorithm"].native != "pbes2" or not 0 < rounds <= _MAX_ROUNDS:
            raise BAD_KEY(found="an encryption that is not supported")
        digest = _HASHES[kdf["prf"]["algorithm"].native]()
        size = _CIPHERS[cipher["algorithm"].native]
        derived = PBKDF2HMAC(digest, size, kdf["salt"].chosen.native, rounds).derive(password)
        decryptor = Cipher(algorithms.AES(derived), modes.CBC(cipher["parameters"].native)).decryptor()
        padded = decryptor.update(info["encrypted_data"].native) + decryptor.finalize()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BAD_KEY(found=f"an encryption that is not supported ({type(error).__name__})") from None
    unpadder = padding.PKCS7(128).unpadder()
    try:
        plain = unpadder.update(padded) + unpadder.finalize()
        keys.PrivateKeyInfo.load(plain, strict=True)
    except ValueError:
        raise BAD_PASSWORD("PEM") from None
    return plain
