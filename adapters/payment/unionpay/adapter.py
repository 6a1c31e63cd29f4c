"""UnionPay's back notification as a source, and as an asker: what it reports, queryTrans confirms.

The protocol words an answer by HTTP status: 200 within 10 s ends the retries (5 sends), anything else brings the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from adapters.payment.unionpay import query
from adapters.payment.unionpay.chain import NAMES, Trust
from adapters.payment.unionpay.faults import AUTHORITY, ENVIRONMENT, GATEWAY, MER_ID, SIGN_CERT
from adapters.payment.unionpay.judge import judge
from adapters.payment.unionpay.wire import read_notify
from hub.adapter import Answer, Delivery, Message, Outcome, Question, Request, Response, Settings
from hub.errors import Fault, Reject

OK: Final = Answer(b"ok")
REFUSED: Final = Answer(b"fail", status=400)
LATER: Final = Answer(b"fail", status=503, headers=(("Retry-After", "5"),))
CHINA: Final = timezone(timedelta(hours=8))


class UnionPay:
    """A source bound to one merchant, UnionPay's authorities and, for queries, the merchant's key."""

    def __init__(self, trust: Trust, mer_id: str, gateway: str = "", signer: query.Signer | None = None) -> None:
        self._trust = trust
        self._mer_id = mer_id
        self._gateway = gateway
        self._signer = signer
        self._asked_at: datetime | None = None

    def read(self, delivery: Delivery) -> Sequence[Message]:
        """One message; its tree is the signed fields and `happening`.

        Raises:
            Reject: not authentic, not this merchant's, or not usable.
        """
        charset, fields = read_notify(delivery.body, delivery.query, self._trust, delivery.received_at)
        told = judge(fields, self._mer_id)
        fields["happening"] = told.happening
        return (Message(0, delivery.body, told.identity, told.fingerprint, told.happening, charset, fields),)

    def answer(
        self, delivery: Delivery, results: Sequence[tuple[Message, Outcome]], fault: Fault | None = None
    ) -> Answer:
        """`ok` with 200 only when every message is kept for good: applied, a duplicate, or parked for a person."""
        del delivery  # the answer is the same for every notification
        if fault is None and results and all(outcome.place != "refused" for _, outcome in results):
            return OK
        return LATER if fault is not None and not isinstance(fault, Reject) else REFUSED

    def question(self, message: Message) -> Question | None:
        """A reported payment is asked about, where a gateway is configured; nothing else is."""
        if message.kind != "paid" or self._signer is None:
            return None
        return Question(fields={name: message.tree[name] for name in query.FIELDS})

    def wait_seconds(self, question: Question) -> int | None:
        """By the documented schedule; None after the eleventh ask."""
        return query.WAITS[question.asked] if question.asked < len(query.WAITS) else None

    def ask(self, question: Question, now: datetime) -> Request:
        """queryTrans, signed by the merchant.

        Raises:
            Config: no gateway is configured any more.
        """
        if self._signer is None:
            raise GATEWAY("settings.gateway")
        self._asked_at = now
        return query.request(self._gateway, self._signer, question)

    def understand(self, question: Question, response: Response) -> Sequence[Message]:
        """The confirmed payment, or none while UnionPay knows no such trade.

        The certificate is judged at the time of the last ask, or, without one, at the time of the trade.

        Raises:
            Retry: not final yet; ask again on schedule.
            Reject: not authentic, about another trade or amount, or the trade failed.
        """
        at = self._asked_at
        if at is None:
            at = datetime.strptime(question.fields["txnTime"], "%Y%m%d%H%M%S").replace(tzinfo=CHINA).astimezone(UTC)
        found = query.understand(question, response, self._trust, at)
        for message in found:
            message.tree["happening"] = message.kind
        return found


def connect(settings: Settings) -> UnionPay:
    """The source for these settings (manifest.yaml says what they mean).

    Raises:
        Config: an unreadable certificate or key, a middle the root did not issue, a wrong environment or mer_id.
    """
    environment = str(settings.get("environment") or "production")
    if environment not in NAMES:
        raise ENVIRONMENT("settings.environment")
    mer_id = str(settings.get("mer_id") or "").strip()
    if len(mer_id) != 15 or not mer_id.isascii() or not mer_id.isalnum():
        raise MER_ID("settings.mer_id")
    root, middle = (_file(settings, name) for name in ("root", "middle"))
    for name, content in (("root", root), ("middle", middle)):
        if content is None:
            raise AUTHORITY(f"settings.{name}", name=name)
    trust = Trust(root or b"", middle or b"", "test" if environment == "test" else "production")
    gateway, cert = str(settings.get("gateway") or ""), _file(settings, "sign_cert")
    if bool(gateway) != (cert is not None):
        raise GATEWAY("settings.gateway")
    if cert is None:
        return UnionPay(trust, mer_id)
    password = settings.get("sign_password") or ""
    if not isinstance(password, (str, bytes)):
        raise SIGN_CERT("settings.sign_password")
    secret = password.decode() if isinstance(password, bytes) else password
    return UnionPay(trust, mer_id, gateway, query.load_signer(cert, _file(settings, "sign_key"), secret))


def _file(settings: Settings, name: str) -> bytes | None:
    value = settings.get(name)
    if isinstance(value, str):
        return value.encode() or None
    return value if isinstance(value, bytes) and value else None
