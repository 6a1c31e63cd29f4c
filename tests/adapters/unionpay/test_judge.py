"""What a notification says, whose it is, and how it is answered."""

from collections.abc import Callable

import pytest

from adapters.payment.unionpay.adapter import UnionPay as Source
from adapters.payment.unionpay.faults import SIGNATURE, UNREACHABLE
from hub.adapter import Delivery, Message, Outcome
from hub.errors import Reject
from hub.simulators.unionpay import UnionPay
from tests.adapters.unionpay.conftest import NOW

Read = Callable[..., Message]


@pytest.mark.parametrize(
    ("txn_type", "code", "happening"),
    [
        ("01", "00", "paid"),
        ("01", "A6", "paid"),
        ("03", "00", "paid"),
        ("01", "05", "failed"),
        ("01", "61", "failed"),
        ("04", "00", "refund"),
        ("04", "03", "failed"),
        ("31", "00", "cancel"),
        ("33", "00", "cancel"),
        ("02", "00", "other"),
        ("76", "00", "other"),
    ],
)
def test_what_a_notification_means(unionpay: UnionPay, read: Read, txn_type: str, code: str, happening: str) -> None:
    fields = unionpay.fields(unionpay.trade("C0000001", 100), code, txnType=txn_type, origQryId="202603020000000000001")
    message = read(unionpay.form(fields))
    assert message.kind == message.tree["happening"] == happening


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"merId": "700000000000002"}, "BH-UPA-012"),
        ({"merId": ""}, "BH-UPA-012"),
        ({"txnAmt": "0"}, "BH-UPA-013"),
        ({"txnAmt": "-1"}, "BH-UPA-013"),
        ({"txnAmt": "1.00"}, "BH-UPA-013"),
        ({"txnAmt": "NaN"}, "BH-UPA-013"),
        ({"txnAmt": "１"}, "BH-UPA-013"),
        ({"txnAmt": "1" * 13}, "BH-UPA-013"),
        ({"txnAmt": ""}, "BH-UPA-013"),
        ({"currencyCode": "840"}, "BH-UPA-013"),
        ({"orderId": "short"}, "BH-UPA-002"),
        ({"txnTime": "2026"}, "BH-UPA-002"),
        ({"txnType": ""}, "BH-UPA-002"),
        ({"respCode": ""}, "BH-UPA-002"),
        ({"queryId": ""}, "BH-UPA-002"),
        ({"txnType": "04"}, "BH-UPA-002"),
    ],
)
def test_authentic_but_refused(unionpay: UnionPay, read: Read, more: dict[str, str], code: str) -> None:
    with pytest.raises(Reject) as error:
        read(unionpay.form(unionpay.fields(unionpay.trade("C0000001", 100)) | more))
    assert error.value.code.code == code


def test_a_failed_trade_may_lack_what_only_money_has(unionpay: UnionPay, read: Read) -> None:
    fields = unionpay.fields(unionpay.trade("C0000001", 100), "61", queryId="", txnAmt="")
    assert read(unionpay.form(fields)).kind == "failed"


def test_a_retry_is_the_same_message_and_another_amount_contradicts(unionpay: UnionPay, read: Read) -> None:
    trade = unionpay.trade("C0000001", 100)
    first = read(unionpay.form(unionpay.fields(trade)))
    again = read(unionpay.form(unionpay.fields(trade, traceNo="999999")))
    other = read(unionpay.form(unionpay.fields(trade, txnAmt="900")))
    assert (again.identity, again.fingerprint) == (first.identity, first.fingerprint)
    assert other.identity == first.identity
    assert other.fingerprint != first.fingerprint


def test_failure_then_success_are_two_messages(unionpay: UnionPay, read: Read) -> None:
    trade = unionpay.trade("C0000001", 100)
    failed, paid = (read(unionpay.form(unionpay.fields(trade, code))) for code in ("05", "00"))
    assert failed.identity != paid.identity


@pytest.mark.parametrize(
    ("place", "status", "body"),
    [
        ("applied", 200, b"ok"),
        ("duplicate", 200, b"ok"),
        ("parked", 200, b"ok"),
        ("refused", 400, b"fail"),
    ],
)
def test_answers_by_place(unionpay: UnionPay, source: Source, read: Read, place: str, status: int, body: bytes) -> None:
    sent = unionpay.paid("C0000001", 100)
    answer = source.answer(Delivery(sent, NOW), [(read(sent), Outcome(place))])  # type: ignore[arg-type]
    assert (answer.status, answer.body) == (status, body)


def test_faults_are_answered_without_details(source: Source) -> None:
    delivery = Delivery(b"x", NOW)
    assert source.answer(delivery, [], SIGNATURE("signature")).status == 400
    assert source.answer(delivery, [], UNREACHABLE("x", status=0)).status == 503
    assert source.answer(delivery, []).status == 400
    assert {source.answer(delivery, [], fault).body for fault in (SIGNATURE(), UNREACHABLE())} == {b"fail"}
