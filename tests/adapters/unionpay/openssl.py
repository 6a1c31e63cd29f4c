"""A UnionPay made by the openssl command line alone: root, middle, leaves of any name and time, and what they sign.

Neither the hub's code nor the `cryptography` library has a hand in it, so that none of them is its own judge.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote_plus

COMPANY: Final = "中国银联股份有限公司"
MER_ID: Final = "777290058110048"
ALWAYS: Final = ("20200101000000Z", "20400101000000Z")

_CONFIG: Final = """\
[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
policy = any
default_md = sha1
unique_subject = no
email_in_dn = no
preserve = yes
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
[leaf]
basicConstraints = critical,CA:FALSE
"""

FIELDS: Final[dict[str, str]] = {
    "accNo": "6216***********0018", "accessType": "0", "bizType": "000201", "currencyCode": "156", "encoding": "UTF-8",
    "merId": MER_ID, "orderId": "20260302101530001", "queryId": "202603021015300000018", "reqReserved": "",
    "respCode": "00", "respMsg": "成功[0000000]", "settleAmt": "1000", "settleCurrencyCode": "156",
    "settleDate": "0302", "signMethod": "01", "traceNo": "000001", "traceTime": "0302101530", "txnAmt": "1000",
    "txnSubType": "01", "txnTime": "20260302101530", "txnType": "01", "version": "5.1.0",
}  # fmt: skip
"""A notification of ten yuan paid, unsigned."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, in files of the folder."""

    folder: Path
    name: str

    @property
    def pem(self) -> bytes:
        """As openssl writes it: LF, with a last line end."""
        return (self.folder / f"{self.name}.pem").read_bytes()

    @property
    def crlf(self) -> str:
        """As UnionPay sends it: CRLF, without a last line end."""
        return self.pem.decode().strip().replace("\n", "\r\n")

    def sign(self, fields: Mapping[str, str], written: str | None = None) -> dict[str, bytes]:
        """The fields with signPubKeyCert, in any spelling, and signature, in the charset of `encoding`."""
        codec = fields.get("encoding") or "utf-8"
        coded = {name: text.encode(codec) for name, text in fields.items()}
        coded["signPubKeyCert"] = (self.crlf if written is None else written).encode()
        text = b"&".join(name.encode() + b"=" + coded[name] for name in sorted(coded) if coded[name])
        command = ("openssl", "dgst", "-sha256", "-sign", f"{self.name}.key")
        digest = sha256(text).hexdigest().encode()
        done = subprocess.run(command, cwd=self.folder, input=digest, capture_output=True, check=True)
        return coded | {"signature": base64.b64encode(done.stdout)}

    def form(self, written: str | None = None, **more: str) -> bytes:
        """A notification's body."""
        return "&".join(f"{k}={quote_plus(v)}" for k, v in self.sign(FIELDS | more, written).items()).encode()

    def pfx(self, password: str) -> bytes:
        """Key and certificate in the old ciphers of the files that UnionPay hands out."""
        old = ("-legacy", "-certpbe", "PBE-SHA1-RC2-40", "-keypbe", "PBE-SHA1-3DES")
        files = ("-inkey", f"{self.name}.key", "-in", f"{self.name}.pem", "-passout", f"pass:{password}")
        command = ("openssl", "pkcs12", "-export", *old, *files)
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=True).stdout

    def verifies(self, form: bytes) -> bool:
        """Whether openssl finds this certificate's signature under a form."""
        fields = dict(parse_qsl(form.decode(), keep_blank_values=True, strict_parsing=True))
        signature = base64.b64decode(fields.pop("signature"))
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name])
        (self.folder / "signature").write_bytes(signature)
        key = subprocess.run(
            ("openssl", "x509", "-in", f"{self.name}.pem", "-noout", "-pubkey"),
            cwd=self.folder, capture_output=True, check=True,
        ).stdout  # fmt: skip
        (self.folder / "public").write_bytes(key)
        command = ("openssl", "dgst", "-sha256", "-verify", "public", "-signature", "signature")
        digest = sha256(text.encode()).hexdigest().encode()
        return subprocess.run(command, cwd=self.folder, input=digest, capture_output=True).returncode == 0

    def answer(self, **more: str) -> bytes:
        """An answer to queryTrans about the same trade: not url-encoded."""
        asked = FIELDS | {"origRespCode": "00", "origRespMsg": "成功", "txnType": "00", "txnSubType": "00"} | more
        return b"&".join(name.encode() + b"=" + text for name, text in self.sign(asked).items())


@dataclass(frozen=True, slots=True)
class OpenSsl:
    """A folder in which openssl is an authority."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "config").write_text(_CONFIG, "utf-8")
        (self.folder / "index").touch()
        (self.folder / "serial").write_text("1001\n", "ascii")

    def issue(
        self, name: str, common: str, issuer: Certificate | None, *, leaf: bool, times: tuple[str, str] = ALWAYS
    ) -> Certificate:
        """A certificate of that common name, valid between the times; without an issuer it signs itself."""
        self._run("genrsa", "-out", f"{name}.key", "2048")
        self._run("req", "-new", "-utf8", "-key", f"{name}.key", "-subj", f"/C=CN/O=CFCA/CN={common}", "-out", "csr")
        by = issuer.name if issuer else name
        signer = ("-selfsign",) if issuer is None else ("-cert", f"{by}.pem")
        kind = "leaf" if leaf else "authority"
        self._run(
            "ca", "-batch", "-notext", "-utf8", "-config", "config", "-extensions", kind, "-keyfile", f"{by}.key",
            *signer, "-startdate", times[0], "-enddate", times[1], "-in", "csr", "-out", f"{name}.pem",
        )  # fmt: skip
        return Certificate(self.folder, name)

    def signer(self, name: str, issuer: Certificate, company: str = COMPANY, **how: tuple[str, str]) -> Certificate:
        """A leaf named as UnionPay names its own."""
        return self.issue(name, f"041@8310000000083040@{company}@00016493", issuer, leaf=True, **how)

    def _run(self, *arguments: str) -> None:
        subprocess.run(("openssl", *arguments), cwd=self.folder, capture_output=True, check=True)
