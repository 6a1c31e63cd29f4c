"""Bad notifications: Alipay reads `fail`, UnionPay anything but 200; money that cannot be right waits for a person."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

import pytest

from adapters.payment.unionpay.faults import DIFFERENT_AMOUNT, NOT_PAID
from hub.simulators.alipay import Alipay, broken
from hub.simulators.unionpay import UnionPay
from hub.simulators.unionpay_chain import Chain
from tests.badinput.hub import Hub
from tests.badinput.say import dft, holds_person

HIS, ALIPAY, UNIONPAY = "demo-hospital/his", "demo-hospital/alipay", "demo-hospital/unionpay"


def _alipay_bodies(ours: Alipay) -> dict[str, tuple[bytes, str]]:
    """name → (body, our code)."""
    trade = ours.trade("VP0", 100)
    stranger = Alipay(seed=9)
    cut = ours.sign(ours.fields(trade))
    gbk = Alipay(seed=1, charset="gbk", key=ours.key)
    return {
        "nothing": (b"", "BH-ALI-"),
        "no form": (b"\x00\xff\xfe", "BH-ALI-001"),
        "a field twice": (cut + b"&app_id=x", "BH-ALI-001"),
        "no signature": (b"app_id=1&total_amount=1.00", "BH-ALI-"),
        "a changed amount": (broken(cut), "BH-ALI-004"),
        "a stranger's key": (stranger.sign(stranger.fields(trade)), "BH-ALI-004"),
        "a signature that is no base64": (cut[: cut.rindex(b"sign=")] + b"sign=%%%", "BH-ALI-"),
        "a signature that is short": (cut[: cut.rindex(b"sign=")] + b"sign=" + base64.b64encode(b"x"), "BH-ALI-004"),
        "SHA-1": (Alipay(seed=1, sign_type="RSA", key=ours.key).sign(ours.fields(trade)), "BH-ALI-003"),
        "another application": (ours.sign(ours.fields(trade, app_id="2021000000000099")), "BH-ALI-"),
        "said to be UTF-8, is GBK": (_mislabelled(gbk), "BH-ALI-"),
        "a charset nobody knows": (ours.sign(ours.fields(trade) | {"charset": "klingon"}), "BH-ALI-"),
        **{
            f"an amount of {amount}": (ours.sign(ours.fields(trade, total_amount=amount)), "BH-ALI-")
            for amount in ("NaN", "1e999", "-1.00", "0.00", "1.001", "１.００", "9" * 30 + ".00", "")
        },
    }


def _mislabelled(gbk: Alipay) -> bytes:
    """GBK bytes under a signed charset of UTF-8."""
    fields = gbk.fields(gbk.trade("VP1", 100))
    coded = {name.encode(): value.encode("gbk") for name, value in fields.items()} | {b"charset": b"utf-8"}
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    text = b"&".join(name + b"=" + coded[name] for name in sorted(coded))
    sign = base64.b64encode(gbk.key.sign(text, padding.PKCS1v15(), hashes.SHA256()))
    coded |= {b"sign_type": b"RSA2", b"sign": sign}
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in coded.items()).encode()


ALIPAY_NAMES = list(_alipay_bodies(Alipay(seed=1)))


@pytest.mark.parametrize("name", ALIPAY_NAMES)
async def test_alipay_is_told_fail(hub: Hub, name: str) -> None:
    body, code = _alipay_bodies(hub.world.alipay)[name]
    with hub.counted(ALIPAY, refused=1):
        answer = await hub.post(ALIPAY, body)
    assert (answer.status_code, answer.content) == (400, b"fail")
    found, kept = hub.last_refused()
    assert found.startswith(code)
    assert kept == body


def _unionpay_bodies(ours: UnionPay) -> dict[str, bytes]:
    trade = ours.trade("ORDER0000001", 100)
    good = ours.form(ours.fields(trade))
    return {
        "nothing": b"",
        "no form": b"\x00\xff",
        "a changed amount": good.replace(b"&txnAmt=100", b"&txnAmt=900"),
        "a chain of the same names": ours.form(ours.fields(trade), Chain(ours.chain.company, ours.chain.sha1)),
        "no certificate": good.replace(b"signPubKeyCert=", b"x="),
        "a certificate that is none": good.replace(b"BEGIN+CERT", b"BEGIN+XERT"),
        "another merchant": ours.form(ours.fields(trade, merId="999999999999999")),
        "a negative amount": ours.form(ours.fields(trade, txnAmt="-100")),
        "an amount that is none": ours.form(ours.fields(trade, txnAmt="NaN")),
        "an absurd amount": ours.form(ours.fields(trade, txnAmt="9" * 40)),
        "another currency": ours.form(ours.fields(trade, currencyCode="840")),
    }


UNIONPAY_NAMES = list(_unionpay_bodies(UnionPay()))


@pytest.mark.parametrize("name", UNIONPAY_NAMES)
async def test_unionpay_is_not_told_200(hub: Hub, name: str) -> None:
    body = _unionpay_bodies(hub.world.unionpay)[name]
    with hub.counted(UNIONPAY, refused=1):
        answer = await hub.post(UNIONPAY, body)
    assert (answer.status_code, answer.content) == (400, b"fail")
    code, kept = hub.last_refused()
    assert code.startswith("BH-UPA-")
    assert kept == body


async def _charge(hub: Hub, visit: str, amount: str = "100.00") -> None:
    assert (await hub.hl7(dft(f"C-{visit}", visit=visit, amounts=(amount,)).encode())).code == "AA"


async def test_overpaid_parks_and_underpaid_waits(hub: Hub) -> None:
    sim = hub.world.alipay
    await _charge(hub, "VOVER")
    _, sent = await sim.pay(hub.url(ALIPAY), "VOVER", 10001)
    assert sent.ok
    assert hub.last_parked("case")[1] == "BH-FLW-007"
    await _charge(hub, "VUNDER")
    _, sent = await sim.pay(hub.url(ALIPAY), "VUNDER", 9999)
    assert sent.ok
    assert hub.statuses("VUNDER") == ["waiting"]
    _, sent = await sim.pay(hub.url(ALIPAY), "VUNDER", 1)
    assert sent.ok
    hub.wait(lambda: hub.statuses("VUNDER") == ["confirmed"])
    assert hub.statuses("VOVER") == ["waiting"]


async def test_one_trade_with_two_amounts_parks(hub: Hub) -> None:
    sim = hub.world.alipay
    await _charge(hub, "VTWO")
    trade = sim.trade("VTWO", 4000)
    assert (await hub.post(ALIPAY, sim.sign(sim.fields(trade)))).content == b"success"
    with hub.counted(ALIPAY, parked=1):
        other = sim.sign(sim.fields(trade, total_amount="60.00"))
        assert (await hub.post(ALIPAY, other)).content == b"success"
    id_, code = hub.last_parked()
    assert code == "BH-LED-001"
    assert hub.kept(id_) == other
    assert hub.statuses("VTWO") == ["waiting"]


async def test_a_his_and_a_channel_that_tell_one_trade_differently_park_the_case(hub: Hub) -> None:
    sim = hub.world.alipay
    trade = sim.trade("VSAID", 10000)
    said = dft("C-VSAID", visit="VSAID", paid="90.00", channel=f"ALIPAY^^^{trade.trade_no}")
    assert (await hub.hl7(said.encode())).code == "AA"
    assert (await hub.post(ALIPAY, sim.sign(sim.fields(trade)))).content == b"success"
    assert hub.last_parked("case")[1] == "BH-FLW-003"
    assert hub.statuses("VSAID") == ["waiting"]


async def test_a_refund_larger_than_the_payment(hub: Hub) -> None:
    sim = hub.world.alipay
    await _charge(hub, "VREF", "80.00")
    trade, _ = await sim.pay(hub.url(ALIPAY), "VREF", 8000)
    hub.wait(lambda: hub.statuses("VREF") == ["confirmed"])
    trade.refunded_fen = 0
    body = sim.sign(sim.fields(trade, refund_fee="90.00", gmt_refund="2026-11-25 10:00:00.000", out_biz_no="RX"))
    with hub.counted(ALIPAY, refused=1):
        assert (await hub.post(ALIPAY, body)).content == b"fail"
    assert hub.last_refused()[1] == body
    # two refunds that each fit and together do not
    for number, fee in (("R1", "50.00"), ("R2", "79.00")):
        more = {"refund_fee": fee, "gmt_refund": "2026-11-25 10:00:00.000", "out_biz_no": number}
        await hub.post(ALIPAY, sim.sign(sim.fields(trade, "TRADE_SUCCESS", **more)))
    assert [bill["face"] for bill in hub.bills("VREF")] == ["blue"]
    assert hub.statuses("VREF")[0] in ("confirmed", "reversing")
    assert hub.books()["balanced"]


async def test_unionpay_confirms_only_what_its_gateway_says(hub: Hub) -> None:
    sim = hub.world.unionpay
    for state in ("unknown", "not_yet", "cut", "wrong_amount", "bad_signature", "stranger", "failed"):
        visit = f"VISITUP{state.replace('_', '')}".upper()
        await _charge(hub, visit)
        trade, status = await sim.pay(hub.url(UNIONPAY), visit, 10000, state)
        assert status == 200
        asked = hub.wait(lambda order=trade.order_id: [one for one in sim.asked if one["orderId"] == order])
        assert asked
    waiting = [f"VISITUP{state}" for state in ("UNKNOWN", "NOTYET", "CUT", "WRONGAMOUNT", "STRANGER", "FAILED")]
    assert {status for visit in waiting for status in hub.statuses(visit)} == {"waiting"}
    hub.wait(lambda: {DIFFERENT_AMOUNT.code, NOT_PAID.code} <= hub.alarms())
    # what only was not yet known is asked again, and then is money
    for state in ("unknown", "not_yet", "cut"):
        sim.trades[f"VISITUP{state.replace('_', '')}".upper()].state = "paid"
    for visit in waiting[:3]:
        hub.wait(lambda visit=visit: hub.statuses(visit) == ["confirmed"])
    for visit in waiting[3:]:
        assert hub.statuses(visit) == ["waiting"]
    assert hub.books()["balanced"]


async def test_after_all_that_a_payment_makes_a_bill(hub: Hub) -> None:
    for visit, source, pay in (
        ("VOK1", ALIPAY, hub.world.alipay.pay),
        ("VISITOK2", UNIONPAY, hub.world.unionpay.pay),
    ):
        await _charge(hub, visit)
        await pay(hub.url(source), visit, 10000)
        hub.wait(lambda visit=visit: hub.statuses(visit) == ["confirmed"])
    assert not holds_person(hub.log().encode())
