"""The unit's signer: which key, when, and what openssl says of the bytes."""

from __future__ import annotations

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from hub.errors import Config, Retry
from hub.issuing.einvoice import einvoice_body, signed_bytes
from hub.issuing.signing import UnitSigner
from hub.security.certificates import parse_certificate
from hub.security.pem import key_pem, write_key
from hub.security.pkcs8 import spki_of
from tests.issuing.samples import DAY, NOW, PROFILE, World, bill, certified
from tests.security import openssl


def test_openssl_accepts_the_stored_bytes(world: World, tmp_path: Path) -> None:
    for number in range(5):
        xml = world.document(bill_number=f"{number:010d}")
        text = xml.decode()
        value = b64decode(text.split("<SignatureValue>")[1].split("<")[0])
        der = b64decode(text.split("<SignerCertificate>")[1].split("<")[0])
        spki = openssl.output("x509", "-inform", "DER", "-noout", "-pubkey", given=der)
        public = openssl.output("pkey", "-pubin", "-outform", "DER", given=spki)
        between = xml[xml.index(b"<EInvoice>") + 10 : xml.index(b"<EInvoiceSignature>")]
        assert between == signed_bytes(xml)
        assert openssl.accepts(tmp_path, public, between, value)
        assert not openssl.accepts(tmp_path, public, between.replace(b"50.05", b"50.06"), value)


def test_the_signature_says_what_it_is(world: World) -> None:
    made = world.signer.sign(b"body", NOW)
    assert (made.format, made.algorithm) == ("DETACH", "SM3withSM2")
    assert made.time == f"{NOW + timedelta(hours=8):%Y%m%d%H%M%S}"
    assert parse_certificate(b64decode(made.certificate)) == world.unit.certificate


def test_the_key_follows_the_issue_time(world: World) -> None:
    old = certified(world.root, "旧", NOW - 10 * DAY, NOW + DAY)
    new = certified(world.root, "新", NOW, NOW + 10 * DAY)
    signer = UnitSigner([(each.key, each.certificate) for each in (old, new)])
    assert signer.certificate(NOW - DAY).name == "旧"
    assert signer.certificate(NOW).name == "新"
    assert signer.certificate(NOW + 5 * DAY).name == "新"


def test_no_valid_key_means_later_not_never(world: World) -> None:
    with pytest.raises(Retry) as late:
        world.signer.sign(b"body", NOW + 2 * DAY)
    assert late.value.code.code == "BH-ISS-011"
    with pytest.raises(Retry) as early:
        world.signer.sign(b"body", NOW - 2 * DAY)
    assert early.value.code.code == "BH-ISS-012"


def test_from_a_folder_by_public_point(world: World, tmp_path: Path) -> None:
    world.write(tmp_path / "keys", tmp_path / "trust")
    other = certified(world.root, "更新", NOW, NOW + 9 * DAY)
    (tmp_path / "keys" / "aaa.crt").write_bytes(other.certificate.der)
    write_key(tmp_path / "keys" / "zzz.key", other.key)
    (tmp_path / "keys" / "root.pem").write_bytes(world.root.certificate.pem)
    (tmp_path / "keys" / "README.txt").write_text("keys of the unit")
    assert UnitSigner.from_folder(tmp_path / "keys").certificate(NOW).name == "更新"


def test_a_locked_key_needs_its_password(world: World, tmp_path: Path) -> None:
    (tmp_path / "k.pem").write_bytes(key_pem(world.unit.key, b"secret"))
    (tmp_path / "c.pem").write_bytes(world.unit.certificate.pem)
    assert UnitSigner.from_folder(tmp_path, b"secret").sign(b"x", NOW)
    for password in (None, b"wrong"):
        with pytest.raises(Config) as caught:
            UnitSigner.from_folder(tmp_path, password)
        assert caught.value.where.endswith("k.pem")


def test_folders_without_a_usable_pair(world: World, tmp_path: Path) -> None:
    with pytest.raises(Config):
        UnitSigner.from_folder(tmp_path / "missing")
    (tmp_path / "c.pem").write_bytes(world.unit.certificate.pem)
    with pytest.raises(Config):
        UnitSigner.from_folder(tmp_path)
    with pytest.raises(Config):
        UnitSigner([])
    with pytest.raises(Config):
        UnitSigner([(world.root.key, world.unit.certificate)])


def test_many_threads_sign_at_once(world: World, tmp_path: Path) -> None:
    bodies = [einvoice_body(bill(bill_number=f"{number:010d}"), PROFILE) for number in range(60)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda body: world.signer.sign(body, NOW), bodies))
    spki = spki_of(world.unit.key.public)
    for body, signature in list(zip(bodies, made, strict=True))[::10]:
        assert openssl.accepts(tmp_path, spki, body, b64decode(signature.value))
