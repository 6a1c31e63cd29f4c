"""An authority and a server's certificate for loopback, made for one test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def identity(folder: Path) -> tuple[Path, Path]:
    """(PEM of a server's key and certificate, PEM of the authority that signed it)."""
    now = datetime.now(UTC)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def certificate(subject: str, public: ec.EllipticCurvePublicKey, authority: bool) -> x509.Certificate:
        made = x509.CertificateBuilder(_name("test authority"), _name(subject), public, x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        made = made.add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        return made.sign(authority_key, hashes.SHA256())

    pem = serialization.Encoding.PEM
    server, ca = folder / "server.pem", folder / "ca.pem"
    ca.write_bytes(certificate("test authority", authority_key.public_key(), True).public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server.write_bytes(secret + certificate("kafka", key.public_key(), False).public_bytes(pem))
    return server, ca
