"""The fiscal side, as a program: checks a unit's signed bill, countersigns its bytes, and knows a number's fate.

    POST /sign             an EInvoice XML with the unit's signature → the same with both (200, application/xml)
    GET  /state?code=&number=   {"state": "countersigned", "time", "xml"} or {"state": "unknown"}; without them, counts
    POST /misbehave        {"mode": "down|slow|cut|lost|none", "times": n, "seconds": s}; without times, for good

`down` answers 503, `slow` waits first, `cut` closes the connection before anything is done, `lost` after everything is.
It reads XML by itself and shares nothing with the hub but its crypto. Numbers are remembered while it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import orjson
from lxml import etree

from hub.errors import Fault
from hub.security.authority import new_authority
from hub.security.certificates import Trust, parse_certificate, read_certificates
from hub.security.pkcs8 import read_key, write_key
from hub.security.sm2 import best

_SHANGHAI: Final = timezone(timedelta(hours=8))
_MAX_HEAD: Final = 16 * 1024
_MAX_BODY: Final = 16 * 1024 * 1024
_MODES: Final = {"none", "down", "slow", "cut", "lost"}
_REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict"}
_YEAR: Final = timedelta(days=365)


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
class _Mood:
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
        self.mood = _Mood()

    def state(self, code: str, number: str) -> dict[str, Any]:
        """What is known of a number; without one, how many were signed and refused."""
        if not code and not number:
            return {"countersigned": len(self._signed), "refused": self._refused}
        known = self._signed.get((code, number))
        if known is None:
            return {"state": "unknown"}
        return {"state": "countersigned", "time": known.time, "xml": known.xml.decode()}

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


@contextlib.asynccontextmanager
async def serving(platform: FiscalPlatform, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serves on a socket; gives host:port. Open connections are closed at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _connection(platform, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the peer left, or the platform stops
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, host, port, limit=_MAX_HEAD)
    bound = server.sockets[0].getsockname()
    try:
        yield f"{bound[0]}:{bound[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _connection(platform: FiscalPlatform, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, _, rest = head[0].partition(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _MAX_BODY or "transfer-encoding" in headers:
            await _send(writer, 400, b"", close=True)
            return
        body = await reader.readexactly(int(length))
        close = headers.get("connection", "").lower() == "close"
        answer = await _answer(platform, method, urlsplit(rest.rpartition(" ")[0]), body)
        if answer is None:
            writer.transport.abort()
            return
        await _send(writer, *answer, close=close)
        if close:
            return


async def _answer(platform: FiscalPlatform, method: str, url: Any, body: bytes) -> tuple[int, bytes] | None:
    """Status and body; None to cut the connection."""
    route = (method, url.path)
    if route == ("POST", "/misbehave"):
        return _misbehave(platform, body)
    if route not in {("POST", "/sign"), ("GET", "/state")}:
        return 404, b""
    mode = platform.mood.take()
    if mode == "down":
        return 503, orjson.dumps({"result": "refused", "code": "DOWN", "reason": "系统维护"})
    if mode == "cut":
        return None
    if mode == "slow":
        await asyncio.sleep(platform.mood.seconds)
    if route == ("GET", "/state"):
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        return 200, orjson.dumps(platform.state(query.get("code", ""), query.get("number", "")))
    try:
        xml = await platform.sign(body)
    except Refused as refused:
        return refused.status, refused.answer
    return None if mode == "lost" else (200, xml)


def _misbehave(platform: FiscalPlatform, body: bytes) -> tuple[int, bytes]:
    try:
        wanted = orjson.loads(body)
        mood = _Mood(wanted["mode"], wanted.get("times"), float(wanted.get("seconds", 1.0)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return 400, b""
    if mood.mode not in _MODES:
        return 400, orjson.dumps({"modes": sorted(_MODES)})
    platform.mood = mood
    return 200, orjson.dumps({"mode": mood.mode})


async def _send(writer: asyncio.StreamWriter, status: int, body: bytes, *, close: bool = False) -> None:
    kind = "application/xml" if body.startswith(b"<") else "application/json"
    head = (
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Error')}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {'close' if close else 'keep-alive'}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()


async def _run(options: argparse.Namespace) -> None:
    platform = FiscalPlatform(options.keys, options.trust)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(platform, options.host, options.port) as bound:
        if options.ready:
            ready = {"pid": os.getpid(), "http": bound, "ca": str(options.keys / "ca.cert.pem")}
            aside = options.ready.with_name(options.ready.name + ".new")
            aside.write_bytes(orjson.dumps(ready))
            aside.replace(options.ready)
        await stop.wait()


def main(arguments: list[str] | None = None) -> None:
    """Runs until SIGTERM."""
    parser = argparse.ArgumentParser(description="a simulated fiscal platform")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready", type=Path, help="written when the port is open")
    parser.add_argument("--keys", type=Path, required=True, help="its own keys; made when absent")
    parser.add_argument("--trust", type=Path, help="certificates that units' chains lead to (default: KEYS/units)")
    asyncio.run(_run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
