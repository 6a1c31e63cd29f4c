"""What a verified notification says happened, and whether it is this unit's. The status alone does not tell.

`TRADE_SUCCESS` comes again at each partial refund, `TRADE_CLOSED` means an unpaid order or a full refund, and
`TRADE_FINISHED` repeats money already told: the refund fields and the amounts decide (domain: payments 1.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from adapters.payment.alipay.faults import AMOUNT, APP_ID, MISSING, OTHER_KIND, REFUND, SELLER, STATUS

Happening = Literal["paid", "refund", "closed", "waiting"]

UNREFUNDED: Final[dict[str, Happening]] = {
    "TRADE_SUCCESS": "paid",
    "TRADE_FINISHED": "paid",  # the refund window is over, or the product has none; the money came
    "TRADE_CLOSED": "closed",  # not paid in time
    "WAIT_BUYER_PAY": "waiting",
}
"""What a status means when no refund is told with it."""

_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,2}))?")
_NUMBER: Final = re.compile(r"[!-~]{1,64}")


@dataclass(frozen=True, slots=True)
class Ours:
    """Whose notifications are accepted. `auth_app_id` is the merchant's application where a service provider acts."""

    app_id: str
    auth_app_id: str
    seller_id: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A judged notification: what happened, the message's identity for ever, and the hash of its facts."""

    happening: Happening
    identity: str
    fingerprint: bytes


def judge(fields: dict[str, str], ours: Ours) -> Told:
    """Checks owner, amounts and status.

    Raises:
        Reject: another application's or seller's, no amount, an unknown status, refund fields that contradict.
    """
    if fields.get("notify_type", "trade_status_sync") != "trade_status_sync":
        raise OTHER_KIND("notify_type")
    app_id = _number(fields, "app_id")
    if app_id != ours.app_id:
        raise APP_ID("app_id", field="app_id")
    if (fields.get("auth_app_id") or app_id) != ours.auth_app_id:
        raise APP_ID("auth_app_id", field="auth_app_id")
    if ours.seller_id and fields.get("seller_id") != ours.seller_id:
        raise SELLER("seller_id")
    trade_no, order_no = _number(fields, "trade_no"), _number(fields, "out_trade_no")
    total = _fen(fields, "total_amount")
    if total == 0:
        raise AMOUNT("total_amount", field="total_amount")
    happening, refund = _happening(fields, total)
    facts = (happening, trade_no, order_no, str(total), fields.get("seller_id", ""), *refund)
    name = f"{app_id}:{trade_no}:{happening}"
    if refund:
        refund_no, refunded = refund
        name += f":{refund_no}" if refund_no else f":={refunded}"
    return Told(happening, name, sha256("\n".join(facts).encode()).digest())


def _happening(fields: dict[str, str], total: int) -> tuple[Happening, tuple[str, str] | tuple[()]]:
    """What happened; for a refund also its number and all refunded so far."""
    meant = UNREFUNDED.get(fields.get("trade_status", ""))
    if meant is None:
        raise STATUS("trade_status")
    refunded = _fen(fields, "refund_fee") if fields.get("refund_fee", "").strip() else 0
    refund_no = _refund_no(fields.get("out_biz_no", "").strip())
    if not refunded and not refund_no and not fields.get("gmt_refund", "").strip():
        return meant, ()
    if not 0 < refunded <= total or meant == "waiting":
        raise REFUND("refund_fee")
    return "refund", (refund_no, str(refunded))


def _fen(fields: dict[str, str], name: str) -> int:
    found = _AMOUNT.fullmatch(fields.get(name, ""))
    if not found:
        raise AMOUNT(name, field=name)
    return int(found[1] + (found[2] or "").ljust(2, "0"))


def _refund_no(text: str) -> str:
    """The merchant's own number of a refund: any text of at most 64 characters."""
    if len(text) > 64 or not text.isprintable():
        raise MISSING("out_biz_no", field="out_biz_no")
    return text


def _number(fields: dict[str, str], name: str) -> str:
    text = fields.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise MISSING(name, field=name)
    return text
