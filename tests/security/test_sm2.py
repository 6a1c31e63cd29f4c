"""SM2: both implementations, each other, the standard's worked example, and the openssl command line."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Config
from hub.security.faults import NO_SM2
from hub.security.pem import key_pem
from hub.security.pkcs8 import pkcs8_of, spki_of
from hub.security.sm2 import ORDER, USER_ID, Sm2, strict_signature
from hub.security.sm2_choice import KNOWN_MESSAGE, KNOWN_PUBLIC, KNOWN_SIGNATURE, best, self_test
from hub.security.sm2_gmssl import GmSsl, sm3, z_value
from hub.security.sm2_openssl import OpenSsl
from tests.security import openssl

OPENSSL = OpenSsl()
GMSSL = GmSsl()
BOTH = pytest.mark.parametrize("sm2", [OPENSSL, GMSSL], ids=lambda sm2: sm2.name)
KNOWN_SCALAR = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")


def test_sm3_of_abc_and_of_the_long_example() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_z_of_the_worked_example() -> None:
    z = z_value(KNOWN_PUBLIC, USER_ID)
    assert z.hex() == "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"


@BOTH
def test_the_worked_example_verifies(sm2: Sm2) -> None:
    assert sm2.verify(KNOWN_PUBLIC, KNOWN_MESSAGE, KNOWN_SIGNATURE)
    assert not sm2.verify(KNOWN_PUBLIC, KNOWN_MESSAGE, KNOWN_SIGNATURE, b"")
    self_test(sm2)


@BOTH
def test_the_worked_key_signs_and_openssl_accepts(sm2: Sm2, tmp_path: Path) -> None:
    key = sm2.load(pkcs8_of(KNOWN_SCALAR, KNOWN_PUBLIC))
    assert key.public == KNOWN_PUBLIC
    signature = sm2.sign(key, KNOWN_MESSAGE)
    assert openssl.accepts(tmp_path, spki_of(key.public), KNOWN_MESSAGE, signature)
    assert not openssl.accepts(tmp_path, spki_of(key.public), KNOWN_MESSAGE + b".", signature)


@BOTH
def test_openssl_signs_and_we_accept(sm2: Sm2, tmp_path: Path) -> None:
    key = sm2.generate()
    message = "示例".encode() * 700
    signature = openssl.sign(tmp_path, key_pem(key), message)
    assert sm2.verify(key.public, message, signature)
    assert not sm2.verify(key.public, message, signature, b"8765432187654321")
    other = openssl.sign(tmp_path, key_pem(key), message, "ALICE123@YAHOO.COM")
    assert sm2.verify(key.public, message, other, b"ALICE123@YAHOO.COM")
    assert not sm2.verify(key.public, message, other)


def test_many_random_signatures_cross_over_short_numbers_too() -> None:
    """One signature in 128 has an r or s with a leading zero byte; padding bugs show only there."""
    ours = OPENSSL.generate()
    theirs = GMSSL.load(ours.pkcs8())
    short = turn = 0
    while turn < 300 or short < 4:
        message = os.urandom(turn % 500)
        made, other = OPENSSL.sign(ours, message), GMSSL.sign(theirs, message)
        assert GMSSL.verify(ours.public, message, made)
        assert OPENSSL.verify(ours.public, message, other)
        short += sum(number < 1 << 248 for each in (made, other) for number in decode_dss_signature(each))
        turn += 1


@pytest.fixture(scope="module")
def signed() -> tuple[bytes, bytes, bytes]:
    key = OPENSSL.generate()
    return key.public, b"message", OPENSSL.sign(key, b"message")


@BOTH
def test_numbers_out_of_range_are_refused(sm2: Sm2, signed: tuple[bytes, bytes, bytes]) -> None:
    public, message, signature = signed
    r, s = decode_dss_signature(signature)
    for wrong in [(0, s), (r, 0), (ORDER, s), (r, ORDER), (r + ORDER, s), (r, s + ORDER), (s, r), (r, ORDER - s)]:
        assert not sm2.verify(public, message, encode_dss_signature(*wrong)), wrong
    assert sm2.verify(public, message, encode_dss_signature(r, s))


@BOTH
def test_other_encodings_are_refused(sm2: Sm2, signed: tuple[bytes, bytes, bytes]) -> None:
    public, message, signature = signed
    r, s = decode_dss_signature(signature)
    number = signature[4 : 4 + signature[3]]
    padded = b"\x02" + bytes([len(number) + 1]) + b"\x00" + number + signature[4 + signature[3] :]
    wrong = [
        signature + b"\x00",
        signature[:-1],
        b"\x30" + bytes([len(padded)]) + padded,
        b"\x30\x81" + signature[1:],
        b"\x30\x80" + signature[2:] + b"\x00\x00",
        r.to_bytes(32) + s.to_bytes(32),
        b"",
        b"\x30\x00",
        b"\x31" + signature[1:],
    ]
    assert not any(sm2.verify(public, message, each) for each in wrong)


@BOTH
def test_points_off_the_curve_are_refused(sm2: Sm2, signed: tuple[bytes, bytes, bytes]) -> None:
    public, message, signature = signed
    for wrong in [public[:-1] + bytes([public[-1] ^ 1]), b"\x04" + bytes(64), public[1:], b"\x02" + public[1:33], b""]:
        assert not sm2.verify(wrong, message, signature)


@given(st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_garbage_is_never_a_signature_and_never_an_exception(garbage: bytes) -> None:
    assert not OPENSSL.verify(KNOWN_PUBLIC, KNOWN_MESSAGE, garbage)


@given(st.integers(1 << 16, ORDER - 1), st.integers(1 << 16, ORDER - 1))
def test_the_strict_form_is_exactly_der(r: int, s: int) -> None:
    assert strict_signature(encode_dss_signature(r, s))
    assert not strict_signature(encode_dss_signature(r, s + ORDER))
    short = encode_dss_signature(r >> 16, s >> 16)
    assert not strict_signature(short[:1] + bytes([short[1] + 3]) + short[2:] + b"\x02\x01\x01")


@BOTH
def test_a_key_from_another_point_is_refused(sm2: Sm2) -> None:
    with pytest.raises(Config) as caught:
        sm2.load(pkcs8_of(KNOWN_SCALAR, sm2.generate().public))
    assert caught.value.code.code == "BH-SEC-002"


def test_keys_of_one_implementation_are_not_taken_by_the_other() -> None:
    for ours, theirs in ((OPENSSL, GMSSL), (GMSSL, OPENSSL)):
        with pytest.raises(Config):
            ours.sign(theirs.generate(), b"x")


def test_one_key_signs_from_many_threads() -> None:
    key = OPENSSL.generate()
    messages = [os.urandom(500) for _ in range(200)]
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(lambda message: OPENSSL.sign(key, message), messages))
        verdicts = list(
            pool.map(lambda pair: OPENSSL.verify(key.public, *pair), zip(messages, signatures, strict=True))
        )
    assert all(verdicts)
    assert len(set(signatures)) == 200


def test_best_is_the_one_that_releases_the_gil() -> None:
    assert best().name == "openssl"


def test_a_library_that_answers_wrongly_is_not_used() -> None:
    class Agreeable(OpenSsl):
        def verify(self, public: bytes, data: bytes, signature: bytes, user_id: bytes = USER_ID) -> bool:
            return True

    with pytest.raises(Config):
        self_test(Agreeable())


def test_without_libcrypto_gmssl_steps_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise NO_SM2("openssl", found="libcrypto 3 was not found")

    monkeypatch.setattr("hub.security.sm2_openssl._library", missing)
    best.cache_clear()
    try:
        assert best().name == "gmssl"
    finally:
        best.cache_clear()
