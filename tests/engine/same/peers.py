"""The bytes that the scenarios' peers send: Alipay's and UnionPay's notifications, the calls of a Bosssoft HIS."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.demo.world import APP_ID, CHINA
from hub.simulators import alipay, hospital_bosssoft
from tests.engine.same.words import Alipay, Bosssoft, Union, trade_no

if TYPE_CHECKING:
    from tests.engine.same.cast import Cast

PAID_AT = datetime(2026, 11, 2, 9, 0, tzinfo=CHINA)


def notified(cast: Cast, step: Alipay) -> bytes:
    cast.site.trades[trade_no(step.trade)] = step.trade
    peer = alipay.Alipay(key=cast.site.world.alipay.key, seed=1)
    trade = alipay.Trade(trade_no(step.trade), step.to, step.fen, PAID_AT, step.back)
    if step.what == "refund":
        return peer.sign(peer.refund_fields(trade, step.give, step.refund_no or f"R{step.trade}"))
    body = peer.sign(peer.fields(trade, "TRADE_FINISHED" if step.what == "finished" else "TRADE_SUCCESS"))
    return alipay.broken(body) if step.what == "forged" else body


def told_by_union(cast: Cast, step: Union) -> bytes:
    peer = cast.site.peers[cast.unit].unionpay
    trade = peer.trade(step.to, step.fen, step.state)  # type: ignore[arg-type]
    cast.trades[step.trade] = trade
    cast.site.trades[trade.query_id] = step.trade
    if step.of:
        trade.txn_type, trade.orig_query_id = "04", cast.trades[step.of].query_id
    return peer.form(peer.fields(trade))


def his_of(cast: Cast) -> hospital_bosssoft.Hospital:
    url = cast.site.hub.url(f"{cast.unit}/bosssoft")
    return hospital_bosssoft.Hospital(url, APP_ID, cast.site.world.bosssoft_key)


def asked(step: Bosssoft) -> dict[str, Any]:
    """The data of a call: one item, shares, and one payment for the rest."""
    yuan = hospital_bosssoft.yuan
    data = hospital_bosssoft.Hospital("").bill(at=PAID_AT)
    cash = step.fen - step.fund - step.account
    line = {"chargeCode": "09", "chargeName": "西药费", "unit": "项", "number": 1}
    pays = [{"payChannelCode": "11", "payChannelValue": yuan(step.fund + step.account)}]
    pays += [{"payChannelCode": step.pays, "payChannelValue": yuan(cash)}] if step.pays else []
    return data | {
        "busNo": step.charge,
        "totalAmt": yuan(step.fen),
        "fundPay": yuan(step.fund),
        "accountPay": yuan(step.account),
        "selfCashPay": yuan(cash),
        "selfPayAmt": yuan(step.account + cash),
        "reimbursementAmt": yuan(step.fund),
        "payChannelDetail": pays,
        "chargeDetail": [{"sortNo": 1, "std": yuan(step.fen), "amt": yuan(step.fen), "selfAmt": "0", **line}],
        "listDetail": [],
    }
