"""Whose money, how much, and what happened: the refund fields decide, not the status."""

from collections.abc import Callable

import pytest

from adapters.payment.alipay.adapter import connect
from hub.adapter import Message
from hub.errors import Reject
from hub.simulators.alipay import Alipay

Read = Callable[..., Message]
BACK = {"refund_fee": "0.40", "gmt_refund": "2026-03-02 10:00:00.631", "out_biz_no": "R1"}


def refused(read: Read, body: bytes, **how: object) -> str:
    with pytest.raises(Reject) as error:
        read(body, **how)
    return error.value.code.code


@pytest.mark.parametrize(
    ("status", "more", "happening"),
    [
        ("TRADE_SUCCESS", {}, "paid"),
        ("TRADE_FINISHED", {}, "paid"),
        ("TRADE_SUCCESS", {"refund_fee": "0.00"}, "paid"),
        ("TRADE_SUCCESS", BACK, "refund"),
        ("TRADE_FINISHED", BACK, "refund"),
        ("TRADE_CLOSED", BACK, "refund"),
        ("TRADE_SUCCESS", {"refund_fee": "1.00"}, "refund"),
        ("TRADE_CLOSED", {}, "closed"),
        ("TRADE_CLOSED", {"refund_fee": "0.00"}, "closed"),
        ("WAIT_BUYER_PAY", {}, "waiting"),
    ],
)
def test_what_a_status_means(alipay: Alipay, read: Read, status: str, more: dict[str, str], happening: str) -> None:
    message = read(alipay.sign(alipay.fields(alipay.trade("C1", 100), status, **more)))
    assert message.kind == message.tree["happening"] == happening


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"trade_status": "TRADE_PENDING"}, "BH-ALI-013"),
        ({"trade_status": ""}, "BH-ALI-013"),
        ({"gmt_refund": "2026-03-02 10:00:00"}, "BH-ALI-014"),
        ({"out_biz_no": "R1"}, "BH-ALI-014"),
        ({"refund_fee": "0.00", "gmt_refund": "2026-03-02 10:00:00"}, "BH-ALI-014"),
        ({"refund_fee": "1.01"}, "BH-ALI-014"),
        ({"refund_fee": "0.40", "trade_status": "WAIT_BUYER_PAY"}, "BH-ALI-014"),
        ({"refund_fee": "-0.40"}, "BH-ALI-012"),
        ({"total_amount": "0.00"}, "BH-ALI-012"),
        ({"total_amount": "-1.00"}, "BH-ALI-012"),
        ({"total_amount": "1."}, "BH-ALI-012"),
        ({"total_amount": ".50"}, "BH-ALI-012"),
        ({"total_amount": "1.000"}, "BH-ALI-012"),
        ({"total_amount": "1,000.00"}, "BH-ALI-012"),
        ({"total_amount": "+1.00"}, "BH-ALI-012"),
        ({"total_amount": "1.00 "}, "BH-ALI-012"),
        ({"total_amount": "01.00"}, "BH-ALI-012"),
        ({"total_amount": "NaN"}, "BH-ALI-012"),
        ({"total_amount": "1e9"}, "BH-ALI-012"),
        ({"total_amount": "１.00"}, "BH-ALI-012"),
        ({"total_amount": "9999999999999.00"}, "BH-ALI-012"),
        ({"total_amount": ""}, "BH-ALI-012"),
        ({"trade_no": ""}, "BH-ALI-002"),
        ({"out_trade_no": "x" * 65}, "BH-ALI-002"),
        ({"out_trade_no": "中"}, "BH-ALI-002"),
        ({"app_id": ""}, "BH-ALI-002"),
        ({"app_id": "2021000000000002"}, "BH-ALI-010"),
        ({"auth_app_id": "2021000000000002"}, "BH-ALI-010"),
        ({"seller_id": "2088000000000002"}, "BH-ALI-011"),
        ({"seller_id": ""}, "BH-ALI-011"),
        ({"notify_type": "dut_user_sign"}, "BH-ALI-009"),
    ],
)
def test_authentic_but_refused(alipay: Alipay, read: Read, more: dict[str, str], code: str) -> None:
    fields = alipay.fields(alipay.trade("C1", 100)) | more
    assert refused(read, alipay.sign(fields)) == code


def test_a_service_provider_acts_for_the_unit(alipay: Alipay, pem: bytes, read: Read) -> None:
    provider = connect({"app_id": alipay.app_id, "auth_app_id": "2021000000000777", "public_key": pem})
    fields = alipay.fields(alipay.trade("C1", 100), auth_app_id="2021000000000777")
    assert read(alipay.sign(fields), via=provider).kind == "paid"
    assert refused(read, alipay.paid("C1", 1), via=provider) == "BH-ALI-010"  # another of the provider's merchants
    del fields["auth_app_id"]
    assert refused(read, alipay.sign(fields), via=provider) == "BH-ALI-010"


def test_retries_and_finished_are_the_same_message(alipay: Alipay, read: Read) -> None:
    trade = alipay.trade("C1", 100)
    first = read(alipay.sign(alipay.fields(trade)))
    again = read(alipay.sign(alipay.fields(trade, notify_time="2026-03-03 10:00:00", notify_id="other")))
    finished = read(alipay.sign(alipay.fields(trade, "TRADE_FINISHED")))
    assert len({(m.identity, m.fingerprint) for m in (first, again, finished)}) == 1


def test_the_same_trade_with_another_amount_or_order_contradicts(alipay: Alipay, read: Read) -> None:
    trade = alipay.trade("C1", 100)
    first = read(alipay.sign(alipay.fields(trade)))
    for more in ({"total_amount": "2.00"}, {"out_trade_no": "C2"}):
        other = read(alipay.sign(alipay.fields(trade, **more)))
        assert other.identity == first.identity
        assert other.fingerprint != first.fingerprint


def test_each_refund_is_a_message_of_its_own(alipay: Alipay, read: Read) -> None:
    trade = alipay.trade("C1", 100)
    paid = read(alipay.sign(alipay.fields(trade)))
    part = read(alipay.sign(alipay.refund_fields(trade, 40, "R1")))
    rest = read(alipay.sign(alipay.refund_fields(trade, 60, "R2")))
    assert len({m.identity for m in (paid, part, rest)}) == 3
    assert (part.tree["refund_fee"], rest.tree["refund_fee"]) == ("0.40", "1.00")
    assert (part.tree["trade_status"], rest.tree["trade_status"]) == ("TRADE_SUCCESS", "TRADE_CLOSED")


def test_refunds_without_a_number_are_told_apart_by_what_is_refunded_so_far(alipay: Alipay, read: Read) -> None:
    trade = alipay.trade("C1", 100)
    one, two = (read(alipay.sign(alipay.fields(trade, refund_fee=fee))) for fee in ("0.10", "0.20"))
    assert one.identity != two.identity


@pytest.mark.parametrize(("text", "same"), [("20", "20.00"), ("20.5", "20.50"), ("0.1", "0.10")])
def test_an_amount_may_leave_its_last_zeros_out(alipay: Alipay, read: Read, text: str, same: str) -> None:
    trade = alipay.trade("C1", 100)
    one, two = (read(alipay.sign(alipay.fields(trade, total_amount=amount))) for amount in (text, same))
    assert (one.identity, one.fingerprint) == (two.identity, two.fingerprint)


def test_blank_refund_fields_are_no_refund(alipay: Alipay, read: Read) -> None:
    blank = {"refund_fee": " ", "gmt_refund": "", "out_biz_no": "\t"}
    assert read(alipay.sign(alipay.fields(alipay.trade("C1", 100), **blank))).kind == "paid"


@pytest.mark.parametrize("number", ["退费 2026-001", "R/1", "r" * 64])
def test_a_refund_number_is_the_merchants_own_text(alipay: Alipay, read: Read, number: str) -> None:
    message = read(alipay.sign(alipay.fields(alipay.trade("C1", 100), **(BACK | {"out_biz_no": number}))))
    assert message.identity.endswith(f":refund:{number}")


def test_unknown_fields_are_accepted_and_kept(alipay: Alipay, read: Read) -> None:
    assert read(alipay.paid("C1", 1, merchant_app_id="x", happening="refund", 新="新")).tree["新"] == "新"
    assert read(alipay.paid("C1", 1, happening="refund")).tree["happening"] == "paid"
