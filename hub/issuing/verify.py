"""Verifies an EInvoice XML: exact bytes, both signatures, certificate chains at the time of signing, and sums.

The file may come from anyone. It is refused before parsing if it holds a DTD, a comment or CDATA, so that the bytes
between the marker tags are the elements a reader sees.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from lxml import etree

from hub.bill.money import ZERO, Fen, fen_from_yuan
from hub.bill.numbering import SHANGHAI
from hub.errors import Fault, Lang
from hub.issuing.envelope import ALGORITHM, FORMAT, signed_bytes
from hub.issuing.faults import NOT_AN_EINVOICE
from hub.security.certificates import Certificate, Trust, parse_certificate
from hub.security.sm2 import USER_ID, Sm2
from hub.security.sm2_choice import best

MAX_BYTES: Final = 16 * 1024 * 1024
_CLOCKS: Final = timedelta(minutes=5)
"""How far the signing clocks may stand behind the issue time."""

_SIGNERS: Final = {"InvoicingPartySignature": "unit", "SupervisorPartySignature": "supervisor"}
_SIGNATURE: Final = ("SignatureFormat", "SignatureAlgorithm", "SignatureTime", "SignatureValue", "SignerCertificate")
_SHARES: Final = ("fundPayAmount", "otherPayAmount", "accountPayAmount", "ownPayAmount")
_Element = Any


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `fault` says what is wrong, where a stable code exists for it."""

    what: str
    ok: bool
    detail: str = ""
    fault: Fault | None = None

    def json(self, lang: Lang = "zh") -> dict[str, Any]:
        """The outer shape."""
        shown: dict[str, Any] = {"what": self.what, "ok": self.ok}
        if self.fault is not None:
            shown["code"] = self.fault.code.code
        detail = self.fault.what(lang) if self.fault is not None else self.detail
        return {**shown, "detail": detail} if detail else shown


@dataclass(slots=True)
class Verdict:
    """What is known of a document after all checks."""

    bill_code: str = ""
    bill_number: str = ""
    total_fen: Fen | None = None
    checks: list[Check] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every check held."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    @property
    def countersigned(self) -> bool:
        """Whether the supervisor's signature is there and good, whatever else may be wrong."""
        looked = [check for check in self.checks if check.what.startswith("supervisor_") or check.what == "two_signers"]
        return any(check.what == "supervisor_certificate" for check in looked) and all(check.ok for check in looked)

    def json(self, file: str, lang: Lang = "zh") -> dict[str, Any]:
        """The outer shape; what could not be read is left out."""
        shown: dict[str, Any] = {"file": file, "ok": self.ok}
        if self.bill_code:
            shown["bill_code"] = self.bill_code
        if self.bill_number:
            shown["bill_number"] = self.bill_number
        if self.total_fen is not None:
            shown["total_fen"] = int(self.total_fen)
        return {**shown, "checks": [check.json(lang) for check in self.checks]}


def verify_einvoice(xml: bytes, trust: Trust, user_id: bytes = USER_ID, sm2: Sm2 | None = None) -> Verdict:
    """All checks of a document. Never raises for what the document holds: that is a check which did not hold.

    A bill without the supervisor's signature is an issued one, not a false one; the check says so.
    """
    verdict = Verdict()
    try:
        root, body = _read(xml)
    except Fault as fault:
        verdict.checks.append(Check("form", ok=False, fault=fault))
        return verdict
    main = root.find("EInvoiceData/Main")
    verdict.bill_code, verdict.bill_number = _text(main, "EInvoiceCode"), _text(main, "EInvoiceNumber")
    verdict.checks.append(Check("form", ok=True))
    verdict.checks.append(_identity(root, verdict))
    verdict.checks.extend(_signatures(root, body, trust, user_id, sm2 or best()))
    _sums(root, main, verdict)
    return verdict


def _read(xml: bytes) -> tuple[_Element, bytes]:
    if len(xml) > MAX_BYTES:
        raise NOT_AN_EINVOICE("EInvoice", found=f"> {MAX_BYTES} bytes")
    body = signed_bytes(xml)
    head = xml[: xml.index(b"<EInvoice>")].removeprefix(b"\xef\xbb\xbf").strip()
    if b"<!" in xml or xml.count(b"<?") != head.count(b"<?") or head.count(b"<?") > 1:
        raise NOT_AN_EINVOICE("EInvoice", found="a DTD, comment, CDATA or processing instruction")
    if head and not (head.startswith(b"<?xml") and head.endswith(b"?>")):
        raise NOT_AN_EINVOICE("EInvoice", found="something before <EInvoice>")
    try:
        xml.decode()
        parser = etree.XMLParser(
            encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
        )
        root = etree.fromstring(xml.removeprefix(b"\xef\xbb\xbf"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NOT_AN_EINVOICE("EInvoice", found=type(error).__name__) from None
    if [child.tag for child in root] != ["Header", "EInvoiceData", "EInvoiceSignature"]:
        raise NOT_AN_EINVOICE("EInvoice", found="other elements than Header, EInvoiceData, EInvoiceSignature")
    if not (body.startswith(b"<Header>") and body.endswith(b"</EInvoiceData>")):
        raise NOT_AN_EINVOICE("EInvoice", found="white space or attributes around the signed elements")
    _once(root)
    return root, body


def _once(root: _Element) -> None:
    """Where one value is meant, two would let two readers see two bills."""
    data = root.find("EInvoiceData")
    for parent in (root, root.find("Header"), data, data.find("Main"), root.find("EInvoiceSignature")):
        if parent is None:
            raise NOT_AN_EINVOICE("EInvoiceData", found="no Main")
        tags = [child.tag for child in parent]
        if len(set(tags)) != len(tags):
            raise NOT_AN_EINVOICE(str(parent.tag), found="an element that stands twice")


def _identity(root: _Element, verdict: Verdict) -> Check:
    code, number = verdict.bill_code, verdict.bill_number
    shaped = len(code) == 8 and len(number) == 10 and (code + number).isascii() and (code + number).isdigit()
    same = _text(root, "Header/EInvoiceID") == f"{number[::-1]}-{code[::-1]}"
    return Check("identity", shaped and same, "" if shaped and same else "EInvoiceID does not fit code and number")


def _signatures(root: _Element, body: bytes, trust: Trust, user_id: bytes, sm2: Sm2) -> list[Check]:
    checks: list[Check] = []
    signers: list[bytes] = []
    earliest = _shanghai(_text(root, "EInvoiceData/Main/IssueDate") + _text(root, "EInvoiceData/Main/IssueTime"))
    for element, who in _SIGNERS.items():
        node = root.find(f"EInvoiceSignature/{element}")
        if node is None:
            unit = who == "unit"
            checks.append(Check(f"{who}_signature", not unit, "missing" if unit else "not countersigned yet"))
            continue
        signature, certificate, at = _signature(node, body, user_id, sm2, who)
        checks.append(signature)
        checks.append(_chain(who, certificate, at, trust))
        if certificate is not None:
            signers.append(certificate.public)
        if earliest is None or at is None or at < earliest - _CLOCKS:
            checks.append(Check(f"{who}_time", ok=False, detail="signed before it was issued, or no time"))
        earliest = max(earliest, at) if earliest and at else earliest
    if len(set(signers)) != len(signers):
        checks.append(Check("two_signers", ok=False, detail="unit and supervisor used the same key"))
    known = {child.tag for child in root.find("EInvoiceSignature")} - set(_SIGNERS)
    if known:
        checks.append(Check("signatures", ok=False, detail="an unknown signature element"))
    return checks


def _signature(
    node: _Element, body: bytes, user_id: bytes, sm2: Sm2, who: str
) -> tuple[Check, Certificate | None, datetime | None]:
    what = f"{who}_signature"
    if tuple(child.tag for child in node) != _SIGNATURE:
        return Check(what, ok=False, detail=f"not exactly {', '.join(_SIGNATURE)}"), None, None
    at = _shanghai(_text(node, "SignatureTime"))
    if (_text(node, "SignatureFormat"), _text(node, "SignatureAlgorithm")) != (FORMAT, ALGORITHM):
        return Check(what, ok=False, detail=f"not {FORMAT} {ALGORITHM}"), None, at
    try:
        value = b64decode(_text(node, "SignatureValue"), validate=True)
        certificate = parse_certificate(b64decode(_text(node, "SignerCertificate"), validate=True))
    except binascii.Error:
        return Check(what, ok=False, detail="not base64"), None, at
    except Fault as fault:
        return Check(what, ok=False, fault=fault), None, at
    good = sm2.verify(certificate.public, body, value, user_id)
    return Check(what, good, certificate.name if good else "false signature"), certificate, at


def _chain(who: str, certificate: Certificate | None, at: datetime | None, trust: Trust) -> Check:
    what = f"{who}_certificate"
    if certificate is None or at is None:
        return Check(what, ok=False, detail="no certificate or no time")
    try:
        chain = trust.chain(certificate, at)
    except Fault as fault:
        return Check(what, ok=False, fault=fault)
    return Check(what, ok=True, detail=" < ".join(link.name for link in chain))


def _sums(root: _Element, main: _Element, verdict: Verdict) -> None:
    items = root.findall("EInvoiceData/Details/Item")
    try:
        total = _money(main, "TotalAmount")
        summed = sum((_money(item, "ItemAmount") for item in items), ZERO)
        shares = [_money(main, f"MainExt/{name}") for name in _SHARES if main.find(f"MainExt/{name}") is not None]
    except ValueError:
        verdict.checks.append(Check("items", ok=False, detail="an amount is not yuan"))
        return
    verdict.total_fen = total
    fits = bool(items) and summed == total
    verdict.checks.append(Check("items", fits, f"{len(items)} items, {summed.yuan} of {total.yuan}"))
    if shares:
        verdict.checks.append(Check("shares", sum(shares, ZERO) == total, f"{sum(shares, ZERO).yuan} of {total.yuan}"))


def _money(parent: _Element, path: str) -> Fen:
    found = parent.findall(path)
    text = (found[0].text or "") if len(found) == 1 else ""
    if not text.lstrip("-").replace(".", "", 1).isdigit() or Decimal(text).as_tuple().exponent != -2:
        raise ValueError("not yuan with two decimals")
    return fen_from_yuan(text)


def _text(parent: _Element, path: str) -> str:
    return (parent.findtext(path) or "") if parent is not None else ""


def _shanghai(text: str) -> datetime | None:
    digits = text.replace(":", "")
    if len(digits) != 14 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
