"""What a verified UnionPay message says happened, and whether it is this unit's.

A notification of success is only a report: the payment counts once queryTrans says the same (domain: payments 2.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from adapters.payment.unionpay.faults import AMOUNT, MERCHANT, MISSING

Happening = Literal["paid", "refund", "cancel", "failed", "other"]

SUCCEEDED: Final = frozenset({"00", "A6"})
"""A6: succeeded, with a defect that does not touch the money."""

TRADES: Final[dict[str, Happening]] = {
    "01": "paid",  # 消费
    "03": "paid",  # 预授权完成
    "04": "refund",  # 退货: part or full, its own orderId
    "31": "cancel",  # 消费撤销: full, same clearing day
    "33": "cancel",  # 预授权完成撤销
}
"""txnType → what it means when it succeeded; any other moves no money that concerns a bill."""

_SHAPES: Final = {
    "orderId": re.compile(r"[0-9A-Za-z_-]{8,40}"),
    "txnTime": re.compile(r"[0-9]{14}"),
    "txnType": re.compile(r"[0-9]{2}"),
    "respCode": re.compile(r"[0-9A-Z]{2}"),
    "queryId": re.compile(r"[0-9A-Za-z]{1,40}"),
    "origQryId": re.compile(r"[0-9A-Za-z]{1,40}"),
}
_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,11}")


@dataclass(frozen=True, slots=True)
class Told:
    """A judged notification: what happened, the message's identity for ever, and the hash of its facts."""

    happening: Happening
    identity: str
    fingerprint: bytes


def judge(fields: dict[str, str], mer_id: str) -> Told:
    """Checks owner, ids and amount.

    Raises:
        Reject: another merchant's, an id missing, or an amount that cannot be.
    """
    if fields.get("merId") != mer_id:
        raise MERCHANT("merId")
    trade = [shaped(fields, name) for name in ("orderId", "txnTime", "txnType")]
    happening: Happening = "failed"
    if shaped(fields, "respCode") in SUCCEEDED:
        happening = TRADES.get(fields["txnType"], "other")
    money: list[str] = []
    if happening in ("paid", "refund", "cancel"):
        money = [shaped(fields, "queryId"), str(amount(fields))]
        if happening != "paid":
            money.append(shaped(fields, "origQryId"))
    identity = ":".join([mer_id, *trade, fields.get("queryId", ""), happening])
    return Told(happening, identity, sha256("\n".join([identity, *money]).encode()).digest())


def amount(fields: dict[str, str]) -> int:
    """The trade's amount in fen, positive, in CNY.

    Raises:
        Reject: it is not.
    """
    text = fields.get("txnAmt", "")
    if not _AMOUNT.fullmatch(text) or fields.get("currencyCode", "156") != "156":
        raise AMOUNT("txnAmt")
    return int(text)


def shaped(fields: dict[str, str], name: str) -> str:
    """A field in its documented shape.

    Raises:
        Reject: missing or malformed.
    """
    text = fields.get(name, "")
    if not _SHAPES[name].fullmatch(text):
        raise MISSING(name, field=name)
    return text
