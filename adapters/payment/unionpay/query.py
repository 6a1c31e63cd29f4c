"""queryTrans: the merchant's signed question about a trade, and what UnionPay's answer to it means."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from adapters.payment.unionpay.chain import Trust
from adapters.payment.unionpay.faults import (
    DIFFERENT_AMOUNT,
    NOT_FINAL,
    NOT_PAID,
    OTHER_TRADE,
    SIGN_CERT,
    UNPROVEN,
    UNREACHABLE,
)
from adapters.payment.unionpay.judge import SUCCEEDED, amount, shaped
from adapters.payment.unionpay.wire import read_answer, signed_digest, verified
from hub.adapter import Message, Question, Request, Response
from hub.errors import Reject

WAITS: Final = (1, 2, 4, 8, 16, 32, 300, 600, 1800, 3600, 7200)
"""Seconds before each ask: the six of a back trade, then the five of a front trade (domain: payments 2.2)."""

NO_SUCH_TRADE: Final = "34"
OPEN: Final = frozenset({"", "01", "03", "04", "05", "12", "34", "60"})
"""Codes of the trade that settle nothing: UnionPay wants the merchant to ask again (domain: payments 2.2)."""

FIELDS: Final = ("merId", "orderId", "txnTime", "txnAmt", "queryId")
"""What a question remembers of the notification."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The merchant's own key; `cert_id` is its certificate's serial in decimal."""

    key: RSAPrivateKey
    cert_id: str

    def form(self, fields: dict[str, str]) -> bytes:
        """The url-encoded form with certId and signature."""
        signed = {**fields, "certId": self.cert_id}
        text = signed_digest({name.encode(): value.encode() for name, value in signed.items()})
        signed["signature"] = b64encode(self.key.sign(text, PKCS1v15(), SHA256())).decode()
        return urlencode(signed).encode()


def load_signer(cert: bytes, key: bytes | None, password: str) -> Signer:
    """From a PFX, or from a PEM certificate and a PEM key.

    Raises:
        Config: unreadable, a wrong password, not RSA, or a key that is not the certificate's.
    """
    secret = password.encode() or None
    try:
        if b"-----BEGIN CERTIFICATE-----" in cert:
            certificate: x509.Certificate | None = x509.load_pem_x509_certificate(cert)
            private: object = load_pem_private_key(key if key is not None else cert, secret)
        else:
            private, certificate, _ = load_key_and_certificates(cert, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SIGN_CERT("settings.sign_cert") from error
    if not isinstance(private, RSAPrivateKey) or certificate is None:
        raise SIGN_CERT("settings.sign_cert")
    if certificate.public_key() != private.public_key():
        raise SIGN_CERT("settings.sign_key")
    return Signer(private, str(certificate.serial_number))


def request(gateway: str, signer: Signer, question: Question) -> Request:
    """The form that asks about the question's trade."""
    form = signer.form(
        {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "txnType": "00",
            "txnSubType": "00",
            "bizType": "000000",
            "accessType": "0",
            "merId": question.fields["merId"],
            "orderId": question.fields["orderId"],
            "txnTime": question.fields["txnTime"],
        }
    )
    return Request(gateway, form, headers=(("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"),))


def understand(question: Question, response: Response, trust: Trust, at: datetime) -> tuple[Message, ...]:
    """The confirmed payment as a message; none where UnionPay knows no such trade (34).

    Raises:
        Retry: not final yet (`OPEN`, or any code but success for the query itself), or no answer that UnionPay gave to
            this question: whoever garbles or replays answers must not end the asking.
        Reject: of another amount, or a trade that failed: the notification and the query contradict each other.
    """
    if response.status != 200 or not response.body.strip():
        raise UNREACHABLE("gateway", status=response.status)
    try:
        charset, fields = verified(read_answer(response.body), trust, at)
        code = shaped(fields, "respCode")
        for name in ("merId", "orderId", "txnTime"):
            told = fields.get(name, "")
            if told != question.fields[name] and (told or code == "00"):  # a refused query need not repeat them
                raise OTHER_TRADE(name, field=name)
    except Reject as error:
        raise UNPROVEN(error.where, found=error.code.code) from None
    if code == NO_SUCH_TRADE:
        return ()
    if code != "00":
        raise NOT_FINAL("respCode", found=code)
    code = fields.get("origRespCode", "")
    if code in OPEN:
        raise NOT_FINAL("origRespCode", found=code)
    if code not in SUCCEEDED:
        raise NOT_PAID("origRespCode", found=code if len(code) == 2 and code.isalnum() else "?")
    if str(amount(fields)) != question.fields["txnAmt"]:
        raise DIFFERENT_AMOUNT("txnAmt")
    if shaped(fields, "queryId") != question.fields["queryId"]:
        raise OTHER_TRADE("queryId", field="queryId")
    identity = ":".join(fields[name] for name in ("merId", "orderId", "txnTime", "queryId")) + ":confirmed"
    digest = sha256(f"{identity}\n{fields['txnAmt']}".encode()).digest()
    return (Message(0, response.body, identity, digest, "confirmed", charset, fields),)
