"""Alipay's public key, as an operator has it: PEM, one line of base64, or the certificates of certificate mode.

In certificate mode a notification may name its certificate by `alipay_cert_sn`; without it the file's first one counts.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import md5
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from adapters.payment.alipay.faults import CERTIFICATE, PUBLIC_KEY

_RSA_HEADER: Final = (b"-----BEGIN RSA PUBLIC KEY-----", b"-----BEGIN PUBLIC KEY-----")
_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Keys:
    """The key to use unless a notification names a certificate, and the certificates' keys by serial name."""

    first: RSAPublicKey
    by_sn: Mapping[str, RSAPublicKey] = field(default_factory=dict)

    def pick(self, sn: str) -> RSAPublicKey:
        """The key for `alipay_cert_sn`, or the first.

        Raises:
            Reject: certificates are configured and none of them has that name.
        """
        if not sn or not self.by_sn:
            return self.first
        key = self.by_sn.get(sn)
        if key is None:
            raise CERTIFICATE("alipay_cert_sn")
        return key


def load_keys(text: bytes) -> Keys:
    """Reads the file of `public_key`.

    Raises:
        Config: neither an RSA public key nor certificates with one.
    """
    try:
        if b"-----BEGIN CERTIFICATE-----" in text:
            return _from_certificates(text)
        if text.lstrip().startswith(_RSA_HEADER):
            return Keys(_rsa(load_pem_public_key(text.strip())))
        return Keys(_rsa(_bare(base64.b64decode(b"".join(text.split()), validate=True))))
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise PUBLIC_KEY("settings.public_key") from error


def certificate_sn(certificate: x509.Certificate) -> str:
    """Alipay's name for a certificate: md5 of the issuer's text (CN first) and its decimal serial (payments 1.1)."""
    named = certificate.issuer.rfc4514_string() + str(certificate.serial_number)
    return md5(named.encode(), usedforsecurity=False).hexdigest()


def _from_certificates(text: bytes) -> Keys:
    by_sn: dict[str, RSAPublicKey] = {}
    for found in _CERTIFICATE.findall(text):
        certificate = x509.load_pem_x509_certificate(found)
        by_sn[certificate_sn(certificate)] = _rsa(certificate.public_key())
    if not by_sn:
        raise ValueError("no complete certificate")
    return Keys(next(iter(by_sn.values())), by_sn)


def _bare(der: bytes) -> object:
    try:
        return load_der_public_key(der)
    except ValueError:
        # OpenSSL's DER reader wants to be told that a key is PKCS#1; its PEM reader learns it from the heading
        head, tail = _RSA_HEADER[0], _RSA_HEADER[0].replace(b"BEGIN", b"END")
        return load_pem_public_key(head + b"\n" + base64.encodebytes(der) + tail)


def _rsa(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey) or key.key_size < 1024:
        raise ValueError("not an RSA key")
    return key
