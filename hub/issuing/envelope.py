"""The envelope around a signed body: signatures are added beside the body's bytes, never written again.

A body cannot hold the marker tags, since its text is escaped; a document that holds one of them twice is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.bill.numbering import SHANGHAI
from hub.issuing.faults import COUNTERSIGNED_TWICE, NOT_AN_EINVOICE

FORMAT: Final = "DETACH"
ALGORITHM: Final = "SM3withSM2"

_OPEN: Final = b"<EInvoice>"
_SIGNATURES: Final = b"<EInvoiceSignature>"
_CLOSE: Final = b"</EInvoiceSignature></EInvoice>"
_SUPERVISOR: Final = b"<SupervisorPartySignature>"


@dataclass(frozen=True, slots=True)
class Signature:
    """A detached signature of a body, as the envelope carries it."""

    value: str
    """base64 of the DER signature"""
    certificate: str
    """base64 of the DER certificate"""
    time: str
    """yyyyMMddHHmmss, Asia/Shanghai"""
    format: str = FORMAT
    algorithm: str = ALGORITHM


def signature_time(at: datetime) -> str:
    """SignatureTime of an instant."""
    there = at.astimezone(SHANGHAI)
    day, clock = (
        there.year * 10000 + there.month * 100 + there.day,
        there.hour * 10000 + there.minute * 100 + there.second,
    )
    return f"{day:08d}{clock:06d}"


def envelope(body: bytes, unit_signature: Signature, supervisor: Signature | None = None) -> bytes:
    """The EInvoice document of a body and its signatures."""
    parts = [_OPEN, body, _SIGNATURES, _block("InvoicingPartySignature", unit_signature)]
    if supervisor is not None:
        parts.append(_block("SupervisorPartySignature", supervisor))
    parts.append(_CLOSE)
    return b"".join(parts)


def add_supervisor(xml: bytes, signature: Signature) -> bytes:
    """The document with the supervisor's signature added, every other byte as it was.

    Raises:
        Reject: not an EInvoice document, or countersigned already.
    """
    signed_bytes(xml)
    if _SUPERVISOR in xml:
        raise COUNTERSIGNED_TWICE("EInvoiceSignature")
    at = xml.rfind(_CLOSE)
    if at < 0:
        raise NOT_AN_EINVOICE("EInvoiceSignature", found="the signatures are not closed")
    return xml[:at] + _block("SupervisorPartySignature", signature) + xml[at:]


def signed_bytes(xml: bytes) -> bytes:
    """Exactly the bytes between `<EInvoice>` and `<EInvoiceSignature>`.

    Raises:
        Reject: one of the two is missing, stands twice, or in the wrong order.
    """
    if xml.count(_OPEN) != 1 or xml.count(_SIGNATURES) != 1:
        raise NOT_AN_EINVOICE("EInvoice", found="no <EInvoice> or <EInvoiceSignature>, or more than one")
    start, end = xml.index(_OPEN) + len(_OPEN), xml.index(_SIGNATURES)
    if start > end:
        raise NOT_AN_EINVOICE("EInvoice", found="the signatures stand before the bill")
    return xml[start:end]


def _block(name: str, signature: Signature) -> bytes:
    return (
        f"<{name}><SignatureFormat>{signature.format}</SignatureFormat>"
        f"<SignatureAlgorithm>{signature.algorithm}</SignatureAlgorithm>"
        f"<SignatureTime>{signature.time}</SignatureTime>"
        f"<SignatureValue>{signature.value}</SignatureValue>"
        f"<SignerCertificate>{signature.certificate}</SignerCertificate></{name}>"
    ).encode()
