"""Alipay's asynchronous notification as a source: one verified message a delivery, answered `success` once it is kept.

Any answer but those seven letters makes Alipay send again (8 times in about 25 hours), so refusals are answered `fail`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.payment.alipay.faults import APP_ID_SETTING, PUBLIC_KEY, SIGN_TYPES
from adapters.payment.alipay.judge import Ours, judge
from adapters.payment.alipay.keys import Keys, load_keys
from adapters.payment.alipay.wire import HASHES, read_notify
from hub.adapter import Answer, Delivery, Message, Outcome, Settings
from hub.errors import Fault, Reject

SUCCESS = Answer(b"success")
REFUSED = Answer(b"fail", status=400)
LATER = Answer(b"fail", status=503, headers=(("Retry-After", "5"),))


@dataclass(frozen=True, slots=True)
class Alipay:
    """A source bound to one application and Alipay's key for it."""

    keys: Keys
    sign_types: frozenset[str]
    ours: Ours

    def read(self, delivery: Delivery) -> Sequence[Message]:
        """One message; its tree is the signed fields and `happening`.

        Raises:
            Reject: not authentic, not ours, or not a trade notification that can be used.
        """
        charset, fields = read_notify(delivery.body, self.keys, self.sign_types)
        told = judge(fields, self.ours)
        fields["happening"] = told.happening
        return (Message(0, delivery.body, told.identity, told.fingerprint, told.happening, charset, fields),)

    def answer(
        self, delivery: Delivery, results: Sequence[tuple[Message, Outcome]], fault: Fault | None = None
    ) -> Answer:
        """`success` only when every message is kept for good: applied, a duplicate, or parked for a person."""
        del delivery  # the answer is the same for every notification
        if fault is None and results and all(outcome.place != "refused" for _, outcome in results):
            return SUCCESS
        return LATER if fault is not None and not isinstance(fault, Reject) else REFUSED


def connect(settings: Settings) -> Alipay:
    """The source for these settings (manifest.yaml says what they mean).

    Raises:
        Config: a key that cannot be read, a signature type that does not exist, no app_id.
    """
    app_id = str(settings.get("app_id") or "").strip()
    if not app_id:
        raise APP_ID_SETTING("settings.app_id")
    public_key = settings.get("public_key")
    if isinstance(public_key, str):
        public_key = public_key.encode()
    if not isinstance(public_key, bytes):
        raise PUBLIC_KEY("settings.public_key")
    ours = Ours(
        app_id, str(settings.get("auth_app_id") or "").strip() or app_id, str(settings.get("seller_id") or "").strip()
    )
    return Alipay(load_keys(public_key), _sign_types(settings.get("sign_types")), ours)


def _sign_types(value: object) -> frozenset[str]:
    if value is None or value == "":
        return frozenset({"RSA2"})
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, (list, tuple, set, frozenset)):
        raise SIGN_TYPES("settings.sign_types")
    chosen = frozenset(str(name).strip() for name in names)
    if not chosen or not all(name.encode() in HASHES for name in chosen):
        raise SIGN_TYPES("settings.sign_types")
    return chosen
