"""The public key as operators have it, and certificate mode with openssl's words for issuer and serial as the judge."""

import base64
import hashlib
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.payment.alipay.adapter import connect
from adapters.payment.alipay.keys import certificate_sn, load_keys
from hub.adapter import Message
from hub.errors import Config, Reject
from hub.simulators.alipay import Alipay

Read = Callable[..., Message]
OID = x509.NameOID


def certificate(key: rsa.RSAPrivateKey, serial: int) -> x509.Certificate:
    parts = [(OID.COUNTRY_NAME, "CN"), (OID.ORGANIZATION_NAME, "Ant, Financial"), (OID.ORGANIZATIONAL_UNIT_NAME, "CA")]
    name = x509.Name([x509.NameAttribute(oid, text) for oid, text in [*parts, (OID.COMMON_NAME, "Ant Class 2 R1")]])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )


@pytest.mark.parametrize("form", [PublicFormat.PKCS1, PublicFormat.SubjectPublicKeyInfo])
@pytest.mark.parametrize("bare", [False, True])
def test_every_form_of_the_key_is_read(alipay: Alipay, form: PublicFormat, bare: bool) -> None:
    key = alipay.key.public_key()
    text = base64.b64encode(key.public_bytes(Encoding.DER, form)) if bare else key.public_bytes(Encoding.PEM, form)
    assert load_keys(b"\n" + text + b"\r\n").first == key


@pytest.mark.parametrize("text", [b"", b"not base64!", b"AAAA", b"-----BEGIN CERTIFICATE-----\n", b"\xff\xfe"])
def test_anything_else_stops_the_start(text: bytes) -> None:
    with pytest.raises(Config) as error:
        connect({"app_id": "1", "public_key": text})
    assert error.value.code.code == "BH-ALI-020"


def test_a_key_that_is_not_rsa_stops_the_start() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(Config):
        load_keys(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def test_certificates_are_picked_by_their_serial_name(alipay: Alipay, read: Read) -> None:
    old, new = certificate(rsa.generate_private_key(65537, 2048), 7), certificate(alipay.key, 2**150 + 5)
    both = old.public_bytes(Encoding.PEM) + new.public_bytes(Encoding.PEM)
    source = connect({"app_id": alipay.app_id, "public_key": both})
    fields = alipay.fields(alipay.trade("C1", 1))
    message = read(alipay.sign(fields, cert_sn=certificate_sn(new)), via=source)
    assert message.kind == "paid"
    assert "alipay_cert_sn" not in message.tree
    with pytest.raises(Reject, match="BH-ALI-004"):  # no name: the first certificate counts, and it is the old one
        read(alipay.sign(fields), via=source)
    with pytest.raises(Reject, match="BH-ALI-005"):
        read(alipay.sign(fields, cert_sn="0" * 32), via=source)


def test_the_serial_name_agrees_with_openssl(alipay: Alipay, tmp_path: Path) -> None:
    made = certificate(alipay.key, 2**150 + 5)
    (tmp_path / "c.pem").write_bytes(made.public_bytes(Encoding.PEM))
    command = ["openssl", "x509", "-in", "c.pem", "-noout", "-issuer", "-serial", "-nameopt", "RFC2253"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    issuer, serial = shown[0].removeprefix("issuer="), int(shown[1].removeprefix("serial="), 16)
    assert certificate_sn(made) == hashlib.md5(f"{issuer}{serial}".encode()).hexdigest()


def test_a_key_without_certificates_ignores_the_name(alipay: Alipay, read: Read) -> None:
    assert read(alipay.sign(alipay.fields(alipay.trade("C1", 1)), cert_sn="ab")).kind == "paid"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "BH-ALI-022"),
        ({"app_id": "1"}, "BH-ALI-020"),
        ({"app_id": "1", "sign_types": ["RSA2", "MD5"]}, "BH-ALI-021"),
        ({"app_id": "1", "sign_types": []}, "BH-ALI-021"),
    ],
)
def test_wrong_settings_stop_the_start(settings: dict[str, object], code: str, pem: bytes) -> None:
    given = settings if code != "BH-ALI-021" else {**settings, "public_key": pem}
    with pytest.raises(Config) as error:
        connect(given)
    assert error.value.code.code == code
