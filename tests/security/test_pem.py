"""Keys as files, in both directions with openssl."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hub.errors import Config
from hub.security.pem import key_pem, load_key, read_key, write_key
from hub.security.sm2_choice import best
from tests.security import openssl


def code_of(text: bytes, password: bytes | None = None) -> str:
    with pytest.raises(Config) as caught:
        load_key(text, password)
    return caught.value.code.code


@pytest.mark.parametrize("password", [None, b"secret"])
def test_openssl_reads_our_key(tmp_path: Path, password: bytes | None) -> None:
    key = best().generate()
    (tmp_path / "key.pem").write_bytes(key_pem(key, password))
    given = ("-passin", "pass:secret") if password else ()
    spki = openssl.output("pkey", "-in", str(tmp_path / "key.pem"), *given, "-pubout", "-outform", "DER")
    assert spki[-65:] == key.public
    assert load_key(key_pem(key, password), password).public == key.public


@pytest.mark.parametrize("cipher", ["-aes-128-cbc", "-aes-256-cbc"])
def test_we_read_what_openssl_encrypted(cipher: str) -> None:
    plain = openssl.output("genpkey", "-algorithm", "SM2")
    locked = openssl.output("pkcs8", "-topk8", "-v2", cipher[1:], "-passout", "pass:x y", given=plain)
    assert load_key(locked, b"x y").public == load_key(plain).public
    assert code_of(locked, b"wrong") in {"BH-SEC-003", "BH-SEC-002"}
    assert code_of(locked) == "BH-SEC-003"


def test_other_keys_are_refused() -> None:
    p256 = openssl.output("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    rsa = openssl.output("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    public = openssl.output("pkey", "-pubout", given=openssl.output("genpkey", "-algorithm", "SM2"))
    for text in (p256, rsa, public, b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        assert code_of(text) == "BH-SEC-002"


def test_a_key_file_is_its_owners_and_never_replaced(tmp_path: Path) -> None:
    key = best().generate()
    path = tmp_path / "unit.key.pem"
    write_key(path, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(path).public == key.public
    with pytest.raises(FileExistsError):
        write_key(path, best().generate())
    assert read_key(path).public == key.public
