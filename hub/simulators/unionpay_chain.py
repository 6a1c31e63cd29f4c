"""A certificate chain like the one UnionPay signs under (root, middle, leaf), and a merchant's own key.

UnionPay's real leaf and middle are signed with SHA-1, and so is this chain unless told otherwise.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

COMPANY = "中国银联股份有限公司"
_SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_RSA = bytes.fromhex("06092a864886f70d010105")


@dataclass
class Chain:
    """Root, middle and leaf with their keys; PEM as bytes, the leaf with CRLF and no last line end."""

    company: str = COMPANY
    sha1: bool = True
    start: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=30))
    days: int = 400

    def __post_init__(self) -> None:
        root_key, middle_key, self.key = (rsa.generate_private_key(65537, 2048) for _ in range(3))
        root_name = _name("CFCA TEST CS CA")
        middle_name = _name("CFCA TEST OCA1")
        self.root = self._pem(root_name, root_key.public_key(), root_name, root_key, ca=True)
        self.middle = self._pem(middle_name, middle_key.public_key(), root_name, root_key, ca=True)
        leaf = _name(f"041@8310000000083040@{self.company}@00016493")
        pem = self._pem(leaf, self.key.public_key(), middle_name, middle_key, ca=False)
        self.leaf = pem.strip().replace(b"\n", b"\r\n")

    def _pem(
        self, subject: x509.Name, key: rsa.RSAPublicKey, issuer: x509.Name, signer: rsa.RSAPrivateKey, *, ca: bool
    ) -> bytes:
        end = self.start + timedelta(days=self.days)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(signer, hashes.SHA256())
        )
        der = made.public_bytes(serialization.Encoding.DER)
        if self.sha1:
            der = _with_sha1(der, made, signer)
        text = base64.encodebytes(der).replace(b"\n", b"")
        lines = [text[at : at + 64] for at in range(0, len(text), 64)]
        return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])

    @classmethod
    def kept(cls, folder: Path) -> Chain:
        """The chain that folder keeps; the first call makes it."""
        files = {name: folder / f"unionpay-{name}.pem" for name in ("root", "middle", "leaf", "key")}
        if not all(file.exists() for file in files.values()):
            made = cls()
            folder.mkdir(parents=True, exist_ok=True)
            files["key"].touch(mode=0o600)
            contents = {"root": made.root, "middle": made.middle, "leaf": made.leaf, "key": _key_pem(made.key)}
            for name, content in contents.items():
                files[name].write_bytes(content)
            return made
        chain = cls.__new__(cls)
        chain.company, chain.sha1 = COMPANY, True
        chain.root, chain.middle, chain.leaf, key = (file.read_bytes() for file in files.values())
        chain.key = _rsa(key)
        return chain


@dataclass
class Merchant:
    """The merchant's signing key and its certificate, whose decimal serial is the certId."""

    serial: int = 69629715588
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def __post_init__(self) -> None:
        name = _name("041@Z12@billhub-merchant@00000001")
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(self.serial)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=400))
            .sign(self.key, hashes.SHA256())
        )
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        self.key_pem = _key_pem(self.key)

    def pfx(self, password: str) -> bytes:
        """Key and certificate as UnionPay hands them out."""
        lock = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"merchant", self.key, self.certificate, None, lock)

    @classmethod
    def kept(cls, folder: Path) -> Merchant:
        """The merchant key that folder keeps; the first call makes it."""
        file = folder / "merchant-key.pem"
        if file.exists():
            return cls(key=_rsa(file.read_bytes()))
        made = cls()
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(made.key_pem)
        return made


def _key_pem(key: rsa.RSAPrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _rsa(pem: bytes) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the kept key is not RSA")
    return key


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(x509.NameOID.COMMON_NAME, common)]
    )


def _with_sha1(der: bytes, made: x509.Certificate, signer: rsa.RSAPrivateKey) -> bytes:
    """The certificate signed again with SHA-1, which the library no longer does itself; both names are equally long."""
    tbs = made.tbs_certificate_bytes.replace(_SHA256_RSA, _SHA1_RSA)
    signature = signer.sign(tbs, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    head = der[: der.index(made.tbs_certificate_bytes)]
    tail = der[len(head) + len(tbs) : -len(signature)].replace(_SHA256_RSA, _SHA1_RSA)
    return head + tbs + tail + signature
