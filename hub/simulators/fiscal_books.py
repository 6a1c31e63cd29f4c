"""What the simulated fiscal platform knows and checks: its keys, the units it trusts, the numbers it countersigned."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson
from lxml import etree

from hub.errors import Fault
from hub.security.authority import new_authority
from hub.security.certificates import Trust, parse_certificate, read_certificates
from hub.security.pem import read_key, write_key
from hub.security.sm2_choice import best

_SHANGHAI: Final = timezone(timedelta(hours=8))
_YEAR: Final = timedelta(days=365)
LISTED: Final = 500
"""Numbers it tells at once."""


class Refused(Exception):  # noqa: N818  (an answer of this platform, not a failure of it)
    """What the platform answers instead of a signature."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(code)
        self.status = status
        self.answer = orjson.dumps({"result": "refused", "code": code, "reason": reason})


@dataclass(frozen=True, slots=True)
class Countersigned:
    """A bill this platform has signed."""

    digest: bytes
    """of the unit's document as it came"""
    time: str
    xml: bytes


@dataclass(slots=True)
class Mood:
    """How it misbehaves, and how often still."""

    mode: str = "none"
    times: int | None = None
    seconds: float = 1.0

    def take(self) -> str:
        """How to behave this time."""
        mode = self.mode
        if self.times is not None and mode != "none":
            self.times -= 1
            if self.times <= 0:
                self.mode, self.times = "none", None
        return mode


def make_keys(folder: Path) -> None:
    """The platform's own authority and signing key, unless they are there."""
    if (folder / "supervisor.cert.pem").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    root = new_authority("示例财政部门根证书", now - timedelta(days=1), now + 20 * _YEAR)
    key = best().generate()
    certificate = root.issue(key.public, "示例财政部门", now - timedelta(days=1), now + 5 * _YEAR)
    write_key(folder / "ca.key.pem", root.key)
    write_key(folder / "supervisor.key.pem", key)
    (folder / "ca.cert.pem").write_bytes(root.certificate.pem)
    (folder / "supervisor.cert.pem").write_bytes(certificate.pem)


class FiscalPlatform:
    """The platform without its socket."""

    def __init__(self, keys: Path, trust: Path | None = None) -> None:
        """`keys` holds its own keys; `trust` (default: keys/units) the certificates that units' chains must lead to."""
        make_keys(keys)
        self._sm2 = best()
        self._key = read_key(keys / "supervisor.key.pem")
        self._certificate = b64encode(read_certificates(keys / "supervisor.cert.pem")[0].der).decode()
        self._folder = trust or keys / "units"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._trust = Trust.from_folder(self._folder)
        self._signed: dict[tuple[str, str], Countersigned] = {}
        self._refused = 0
        self._workers = ThreadPoolExecutor(2, "fiscal")
        self.mood = Mood()

    def state(self, code: str, number: str) -> dict[str, Any]:
        """What is known of a number; without one, how many were signed and refused."""
        if not code and not number:
            return {"countersigned": len(self._signed), "refused": self._refused}
        known = self._signed.get((code, number))
        if known is None:
            return {"state": "unknown"}
        return {"state": "countersigned", "time": known.time, "xml": known.xml.decode()}

    def numbers(self, code: str, first: str, last: str) -> dict[str, Any]:
        """Numbers of a code from first to last that were countersigned."""
        found = sorted(number for one, number in self._signed if one == code and first <= number <= last)
        return {"numbers": found[:LISTED], "more": len(found) > LISTED}

    async def sign(self, xml: bytes) -> bytes:
        """The document with both signatures; the same document again gets the same answer.

        Raises:
            Refused: not a bill, a false signature, a stranger's certificate, wrong sums, or a number used otherwise.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, self._sign, xml)
        except Refused:
            self._refused += 1
            raise

    def _sign(self, xml: bytes) -> bytes:
        body, root = _read(xml)
        place = (root.findtext(".//Main/EInvoiceCode") or "", root.findtext(".//Main/EInvoiceNumber") or "")
        if not all(place):
            raise Refused(400, "NO_NUMBER", "票据代码或号码为空")
        digest = sha256(xml).digest()
        known = self._signed.get(place)
        if known is None:
            now = datetime.now(_SHANGHAI)
            self._check_unit(root, body, now)
            _check_sums(root)
            made = self._countersigned(xml, body, digest, now)
            known = self._signed.setdefault(place, made)  # one winner, where the same number came twice at once
        if known.digest != digest:
            raise Refused(409, "NUMBER_USED", "票据号码已被另一张票据使用")
        return known.xml

    def _check_unit(self, root: Any, body: bytes, now: datetime) -> None:
        node = root.find("EInvoiceSignature/InvoicingPartySignature")
        if node is None:
            raise Refused(400, "NO_SIGNATURE", "缺少单位签名")
        try:
            certificate = parse_certificate(b64decode(node.findtext("SignerCertificate") or "", validate=True))
            value = b64decode(node.findtext("SignatureValue") or "", validate=True)
        except (Fault, ValueError):
            raise Refused(422, "BAD_CERTIFICATE", "单位证书或签名无法读取") from None
        if not self._sm2.verify(certificate.public, body, value):
            raise Refused(422, "BAD_SIGNATURE", "单位签名不对")
        try:
            self._trust.chain(certificate, now)
        except Fault:
            self._trust = Trust.from_folder(self._folder)  # a unit may have been admitted since
            try:
                self._trust.chain(certificate, now)
            except Fault as fault:
                raise Refused(422, "UNKNOWN_UNIT", fault.what("zh")) from None

    def _countersigned(self, xml: bytes, body: bytes, digest: bytes, now: datetime) -> Countersigned:
        time = f"{now:%Y%m%d%H%M%S}"
        value = b64encode(self._sm2.sign(self._key, body)).decode()
        block = (
            "<SupervisorPartySignature><SignatureFormat>DETACH</SignatureFormat>"
            f"<SignatureAlgorithm>SM3withSM2</SignatureAlgorithm><SignatureTime>{time}</SignatureTime>"
            f"<SignatureValue>{value}</SignatureValue><SignerCertificate>{self._certificate}</SignerCertificate>"
            "</SupervisorPartySignature>"
        ).encode()
        at = xml.rindex(b"</EInvoiceSignature>")
        return Countersigned(digest, time, xml[:at] + block + xml[at:])


def _read(xml: bytes) -> tuple[bytes, Any]:
    start, end = b"<EInvoice>", b"<EInvoiceSignature>"
    if xml.count(start) != 1 or xml.count(end) != 1 or b"<!" in xml or b"<SupervisorPartySignature" in xml:
        raise Refused(400, "NOT_A_BILL", "不是单位签名的电子票据 XML")
    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError):
        raise Refused(400, "NOT_XML", "XML 无法解析") from None
    return xml[xml.index(start) + len(start) : xml.index(end)], root


def _check_sums(root: Any) -> None:
    try:
        total = Decimal(root.findtext(".//Main/TotalAmount") or "")
        items = [Decimal(item.text or "") for item in root.iterfind(".//Details/Item/ItemAmount")]
    except InvalidOperation:
        raise Refused(422, "BAD_AMOUNT", "金额不对") from None
    if not items or sum(items) != total:
        raise Refused(422, "BAD_SUM", "项目金额合计与总金额不符")
