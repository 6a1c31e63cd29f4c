"""Whether a `signPubKeyCert` is UnionPay's: leaf → middle → root, its validity, and the company's name.

UnionPay's leaf and middle certificates are signed with SHA-1, which `cryptography`'s own path checks refuse. The links
are therefore checked by hand with each certificate's own hash, under a middle and a root that the operator pinned;
messages themselves are never accepted with SHA-1.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from adapters.payment.unionpay.faults import AUTHORITY, CERTIFICATE, CHAIN, EXPIRED, MIDDLE, NAME

Environment = Literal["test", "production"]

COMPANY: Final = "中国银联股份有限公司"
NAMES: Final[dict[Environment, frozenset[str]]] = {
    "production": frozenset({COMPANY}),
    "test": frozenset({COMPANY, "00040000:SIGN"}),
}
"""The third part, between `@`, of a leaf's common name."""

HASHES: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})
MAX_PEM: Final = 8 * 1024
MAX_KEPT: Final = 32
"""Verified leaves kept; UnionPay uses one or two at a time."""

_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A verified leaf's key, and when it and everything above it are valid."""

    key: RSAPublicKey
    start: datetime
    end: datetime


class Trust:
    """The pinned authorities of one source, and the leaves already verified under them."""

    def __init__(self, root: bytes, middle: bytes, environment: Environment) -> None:
        """Reads both files, each of one or more PEM certificates.

        Raises:
            Config: a file without RSA certificates, or a middle certificate that no root signed.
        """
        roots = _authorities(root, "root")
        self._names = NAMES[environment]
        self._above: list[tuple[x509.Certificate, Leaf]] = []
        self._kept: OrderedDict[bytes, Leaf] = OrderedDict()
        for certificate in _authorities(middle, "middle"):
            signer = next((one for one in roots if _issued(certificate, one)), None)
            if signer is None:
                raise MIDDLE("settings.middle")
            self._above.append((certificate, _valid(certificate, signer)))

    def key(self, pem: bytes, at: datetime) -> RSAPublicKey:
        """The key of the certificate in a message, judged at that time.

        Raises:
            Reject: not a certificate, a stranger's issuer, another company, or not valid then.
        """
        leaf = self._kept.get(pem)
        if leaf is None:
            leaf = self._kept[pem] = self._verified(pem)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        if not leaf.start <= at <= leaf.end:
            raise EXPIRED("signPubKeyCert")
        return leaf.key

    def _verified(self, pem: bytes) -> Leaf:
        # how its lines end, and white space around it, is for the signature to judge, which covers every byte of it
        bare = pem.strip(b"\r\n\t ")
        if len(pem) > MAX_PEM or not _PEM.fullmatch(bare) or bare.count(b"-----BEGIN") != 1:
            raise CERTIFICATE("signPubKeyCert")
        try:
            certificate = x509.load_pem_x509_certificate(bare)
            key = certificate.public_key()
            names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        except _UNREADABLE:
            raise CERTIFICATE("signPubKeyCert") from None
        if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
            raise CERTIFICATE("signPubKeyCert")
        above = next((valid for issuer, valid in self._above if _issued(certificate, issuer)), None)
        if above is None:
            raise CHAIN("signPubKeyCert")
        parts = str(names[0].value).split("@") if len(names) == 1 else []
        if len(parts) < 3 or parts[2] not in self._names:
            raise NAME("signPubKeyCert")
        start = max(certificate.not_valid_before_utc, above.start)
        return Leaf(key, start, min(certificate.not_valid_after_utc, above.end))


def _authorities(text: bytes, name: str) -> Sequence[x509.Certificate]:
    try:
        found = [x509.load_pem_x509_certificate(pem) for pem in _PEM.findall(text)]
        if found and all(isinstance(one.public_key(), RSAPublicKey) and _may_sign(one) for one in found):
            return found
    except _UNREADABLE as error:
        raise AUTHORITY(f"settings.{name}", name=name) from error
    raise AUTHORITY(f"settings.{name}", name=name)


def _may_sign(certificate: x509.Certificate) -> bool:
    """An old authority may lack basicConstraints; one that says it is none is none."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return True


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Name and signature both: a stranger may take any name."""
    key = issuer.public_key()
    try:  # a certificate's parts are parsed when they are looked at, so that each look may fail
        if certificate.issuer != issuer.subject or not isinstance(key, RSAPublicKey):
            return False
        algorithm = certificate.signature_hash_algorithm
        if algorithm is None or algorithm.name not in HASHES:
            return False
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, PKCS1v15(), algorithm)
    except (InvalidSignature, *_UNREADABLE):
        return False
    return True


def _valid(certificate: x509.Certificate, signer: x509.Certificate) -> Leaf:
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    start = max(certificate.not_valid_before_utc, signer.not_valid_before_utc)
    return Leaf(key, start, min(certificate.not_valid_after_utc, signer.not_valid_after_utc))
