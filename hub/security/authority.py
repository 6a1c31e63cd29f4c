"""A small SM2 certificate authority, for `keys new`, the demo and the tests.

A seal by such keys is a technical demonstration; keys in service come from certified devices and authorities.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto import core, keys, x509

from hub.security.certificates import Certificate, parse_certificate
from hub.security.pkcs8 import spki_of
from hub.security.sm2 import SM2_WITH_SM3_OID, Sm2, Sm2Key
from hub.security.sm2_choice import best
from hub.security.sm2_gmssl import sm3

_ALGORITHM: Final = {"algorithm": SM2_WITH_SM3_OID}


@dataclass(frozen=True, slots=True)
class Authority:
    """A key and its certificate that may sign others."""

    key: Sm2Key
    certificate: Certificate

    def issue(
        self,
        public: bytes,
        name: str,
        since: datetime,
        until: datetime,
        *,
        organization: str = "",
        serial_number: str = "",
        ca: bool = False,
        sm2: Sm2 | None = None,
    ) -> Certificate:
        """A certificate for someone's public point.

        Args:
            public: 65-byte point.
            name: the common name.
            since: first instant of validity, with offset.
            until: last instant of validity, with offset.
            organization: O of the subject, left out when empty.
            serial_number: serialNumber of the subject (for a unit, its credit code), left out when empty.
            ca: whether it may sign others.
            sm2: the implementation that holds this authority's key.
        """
        subject = _name(name, organization, serial_number)
        return _signed(
            public, subject, self.certificate.subject, self.key, self.certificate.public, since, until, ca, sm2
        )


def new_authority(name: str, since: datetime, until: datetime, sm2: Sm2 | None = None) -> Authority:
    """A root: new key, self-signed certificate."""
    key = (sm2 or best()).generate()
    subject = _name(name, "", "")
    made = _signed(key.public, subject, subject.dump(), key, key.public, since, until, ca=True, sm2=sm2)
    return Authority(key, made)


def _name(name: str, organization: str, serial_number: str) -> x509.Name:
    parts: Mapping[str, str] = {
        "country_name": "CN",
        "organization_name": organization,
        "serial_number": serial_number,
        "common_name": name,
    }
    return x509.Name.build({part: text for part, text in parts.items() if text})


def _signed(
    public: bytes,
    subject: x509.Name,
    issuer: bytes,
    key: Sm2Key,
    issuer_public: bytes,
    since: datetime,
    until: datetime,
    ca: bool,
    sm2: Sm2 | None,
) -> Certificate:
    usage = {"key_cert_sign", "crl_sign"} if ca else {"digital_signature", "non_repudiation"}
    extensions = [
        {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": ca}},
        {"extn_id": "key_usage", "critical": True, "extn_value": x509.KeyUsage(usage)},
        {"extn_id": "key_identifier", "extn_value": core.OctetString(_identifier(public))},
        {"extn_id": "authority_key_identifier", "extn_value": {"key_identifier": _identifier(issuer_public)}},
    ]
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": secrets.randbits(126) | 1 << 126,
            "signature": _ALGORITHM,
            "issuer": x509.Name.load(issuer),
            "validity": {"not_before": _time(since), "not_after": _time(until)},
            "subject": subject,
            "subject_public_key_info": keys.PublicKeyInfo.load(spki_of(public)),
            "extensions": extensions,
        }
    )
    signature = (sm2 or best()).sign(key, tbs.dump())
    made = x509.Certificate(
        {"tbs_certificate": tbs, "signature_algorithm": _ALGORITHM, "signature_value": core.OctetBitString(signature)}
    )
    return parse_certificate(made.dump())


def _identifier(public: bytes) -> bytes:
    return sm3(public)[:20]


def _time(at: datetime) -> x509.Time:
    whole = at.replace(microsecond=0)
    return x509.Time("utc_time", whole) if whole.year < 2050 else x509.Time("general_time", whole)
