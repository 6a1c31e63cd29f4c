"""SM2 X.509 certificates: reading them, and whether a chain leads to the trust folder at a given time.

A signature is judged at its own time: a certificate that has expired since then was still good. Every certificate in
the trust folder is trusted; where its issuer stands there too, the chain must hold up to that one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

from asn1crypto import pem, x509

from hub.errors import Fault
from hub.security.faults import (
    BAD_CERTIFICATE,
    BAD_TRUST,
    EXPIRED,
    NOT_FOR_THIS,
    NOT_YET_VALID,
    UNKNOWN_SIGNER,
)
from hub.security.sm2 import SM2_OID, SM2_WITH_SM3_OID, Sm2
from hub.security.sm2_choice import best

_SUFFIXES: Final = {".pem", ".crt", ".cer", ".der"}
_MAX_DEPTH: Final = 8
_MAX_BYTES: Final = 64 * 1024
_REMEMBERED: Final = 4096
_UNDERSTOOD: Final = {"basic_constraints", "key_usage", "extended_key_usage"}
_CERT_SIGN: Final = {"key_cert_sign"}
_SIGNS: Final = {"digital_signature", "non_repudiation"}
_BAD: Final = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


@dataclass(frozen=True)
class Certificate:
    """A certificate with an SM2 key. Equal when the bytes are."""

    der: bytes
    subject: bytes = field(compare=False, repr=False)
    issuer: bytes = field(compare=False, repr=False)
    public: bytes = field(compare=False, repr=False)
    """65-byte point"""
    tbs: bytes = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)
    since: datetime = field(compare=False)
    until: datetime = field(compare=False)
    serial: int = field(compare=False)
    names: dict[str, str] = field(compare=False, repr=False)
    """subject by attribute: common_name, organization_name, serial_number …"""
    is_ca: bool = field(compare=False)
    path_length: int | None = field(compare=False, repr=False)
    usage: frozenset[str] | None = field(compare=False, repr=False)
    unknown_critical: str = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The common name, or what stands for it."""
        return self.names.get("common_name") or next(iter(self.names.values()), "")

    @cached_property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return bytes(pem.armor("CERTIFICATE", self.der))

    def check_time(self, at: datetime) -> None:
        """Raises Reject when the certificate is not valid at that time."""
        if at < self.since:
            raise NOT_YET_VALID(self.name, since=self.since.isoformat())
        if at > self.until:
            raise EXPIRED(self.name, until=self.until.isoformat())


def parse_certificate(data: bytes) -> Certificate:
    """A certificate from DER, or from the first one in PEM.

    Raises:
        Reject: not X.509, not SM2, or signed with anything but SM2 with SM3.
    """
    try:
        if pem.detect(data):
            data = next(der for kind, _, der in pem.unarmor(data, multiple=True) if kind == "CERTIFICATE")
        return _certificate(data)
    except StopIteration:
        raise BAD_CERTIFICATE(found="no CERTIFICATE in the PEM") from None
    except _BAD as error:
        raise BAD_CERTIFICATE(found=type(error).__name__) from None


def read_certificates(path: Path) -> list[Certificate]:
    """All certificates of a PEM or DER file.

    Raises:
        Reject: as `parse_certificate`.
    """
    data = path.read_bytes()
    if len(data) > _MAX_BYTES * 16:
        raise BAD_CERTIFICATE(path.name, found="too long")
    if not pem.detect(data):
        return [parse_certificate(data)]
    try:
        blocks = [der for kind, _, der in pem.unarmor(data, multiple=True) if kind == "CERTIFICATE"]
    except ValueError:
        raise BAD_CERTIFICATE(path.name, found="broken PEM") from None
    return [parse_certificate(der) for der in blocks]


@lru_cache(maxsize=1024)  # the same signer stands in every bill
def _certificate(der: bytes) -> Certificate:
    if len(der) > _MAX_BYTES:
        raise BAD_CERTIFICATE(found="too long")
    parsed: Any = x509.Certificate.load(der, strict=True)
    tbs = parsed["tbs_certificate"]
    used = {parsed["signature_algorithm"]["algorithm"].dotted, tbs["signature"]["algorithm"].dotted}
    key = tbs["subject_public_key_info"]
    if used != {SM2_WITH_SM3_OID}:
        raise BAD_CERTIFICATE(found="not signed by SM2 with SM3")
    if key["algorithm"]["algorithm"].native != "ec" or key["algorithm"]["parameters"].chosen.dotted != SM2_OID:
        raise BAD_CERTIFICATE(found="its key is not SM2")
    constraints, usage, unknown = _extensions(tbs)
    return Certificate(
        der=der,
        subject=tbs["subject"].dump(),
        issuer=tbs["issuer"].dump(),
        public=bytes(key["public_key"].native),
        tbs=tbs.dump(),
        signature=bytes(parsed["signature_value"].native),
        since=tbs["validity"]["not_before"].native,
        until=tbs["validity"]["not_after"].native,
        serial=tbs["serial_number"].native,
        names={name: str(value) for name, value in tbs["subject"].native.items()},
        is_ca=bool(constraints.get("ca")),
        path_length=constraints.get("path_len_constraint"),
        usage=usage,
        unknown_critical=unknown,
    )


def _extensions(tbs: Any) -> tuple[dict[str, Any], frozenset[str] | None, str]:
    constraints: dict[str, Any] = {}
    usage: frozenset[str] | None = None
    unknown = ""
    seen: set[str] = set()
    for extension in tbs["extensions"] or ():
        name = extension["extn_id"].native
        if name in seen:
            raise BAD_CERTIFICATE(found=f"extension {name} twice")
        seen.add(name)
        if name == "basic_constraints":
            constraints = dict(extension["extn_value"].parsed.native)
        elif name == "key_usage":
            usage = frozenset(extension["extn_value"].parsed.native)
        if extension["critical"].native and name not in _UNDERSTOOD:
            unknown = name
    return constraints, usage, unknown


class Trust:
    """The certificates that are trusted, and the chains that lead to them. Thread safe."""

    def __init__(self, certificates: Iterable[Certificate], sm2: Sm2 | None = None) -> None:
        self._sm2 = sm2 or best()
        self._own = frozenset(certificates)
        self._by_subject: dict[bytes, list[Certificate]] = {}
        for certificate in self._own:
            self._by_subject.setdefault(certificate.subject, []).append(certificate)
        self._chains: dict[bytes, list[tuple[Certificate, ...]]] = {}

    @classmethod
    def from_folder(cls, folder: Path, sm2: Sm2 | None = None) -> Trust:
        """Every .pem, .crt, .cer and .der of a folder; files that hold only keys are passed over.

        Raises:
            Config: a file that cannot be read, or a folder that is not there.
        """
        if not folder.is_dir():
            raise BAD_TRUST(str(folder), found="no such folder")
        found: list[Certificate] = []
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in _SUFFIXES and path.is_file():
                try:
                    found.extend(read_certificates(path))
                except Fault as fault:
                    raise BAD_TRUST(path.name, found=fault.values.get("found", fault.code.code)) from None
        return cls(found, sm2)

    def __len__(self) -> int:
        return len(self._own)

    def chain(self, leaf: Certificate, at: datetime) -> tuple[Certificate, ...]:
        """The chain from a signer's certificate to a trusted one, every certificate of it valid at that time.

        Raises:
            Reject: no chain leads here; or one does, but a certificate of it was not valid then or may not do this.
        """
        if leaf.usage is not None and not leaf.usage & _SIGNS:
            raise NOT_FOR_THIS(leaf.name, found="key usage")
        if leaf.unknown_critical:
            raise NOT_FOR_THIS(leaf.name, found=f"critical extension {leaf.unknown_critical}")
        chains = self._chains.get(leaf.der)
        if chains is None:
            chains = self._climb((leaf,))
            if len(self._chains) >= _REMEMBERED:
                self._chains.clear()
            self._chains[leaf.der] = chains
        if not chains:
            raise UNKNOWN_SIGNER(leaf.name)
        fault: Fault | None = None
        for chain in chains:
            try:
                _check_chain(chain, at)
            except Fault as found:
                fault = found
            else:
                return chain
        assert fault is not None
        raise fault

    def _climb(self, chain: tuple[Certificate, ...]) -> list[tuple[Certificate, ...]]:
        """All chains that continue this one as far up as the folder goes; none of it twice."""
        last = chain[-1]
        found: list[tuple[Certificate, ...]] = []
        if last.issuer != last.subject and len(chain) < _MAX_DEPTH:
            for issuer in self._by_subject.get(last.issuer, ()):
                if issuer not in chain and self._sm2.verify(issuer.public, last.tbs, last.signature):
                    found.extend(self._climb((*chain, issuer)))
        return found or ([chain] if last in self._own else [])


def _check_chain(chain: tuple[Certificate, ...], at: datetime) -> None:
    for certificate in chain:
        certificate.check_time(at)
    for below, issuer in enumerate(chain[1:]):
        if not issuer.is_ca or (issuer.usage is not None and not issuer.usage >= _CERT_SIGN):
            raise NOT_FOR_THIS(issuer.name, found="not a certificate authority")
        if issuer.path_length is not None and below > issuer.path_length:
            raise NOT_FOR_THIS(issuer.name, found="path length")
        if issuer.unknown_critical:
            raise NOT_FOR_THIS(issuer.name, found=f"critical extension {issuer.unknown_critical}")
