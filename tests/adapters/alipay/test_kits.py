"""Notifications that Alipay's own kits signed, with both kits' verdicts, and others signed by the openssl command line.

`kits.json` was made with the official Java and Python kits and a key that was thrown away; nothing of ours signed it.
The kits judge the signature and no more: what they accept and a rule of ours refuses says so by its code.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from adapters.payment.alipay.adapter import Alipay, connect
from hub.adapter import Delivery
from hub.errors import Reject
from hub.mapping import load_mapping, run_first_matching
from tests.adapters.alipay.conftest import NOW

KITS = json.loads(Path(__file__).with_name("kits.json").read_text("utf-8"))
NOTIFY = load_mapping(Path("mappings/payment/alipay/notify.yaml"))
OURS = {"app_id": "2021000000000001", "seller_id": "2088000000000001"}
FIELDS = {
    "notify_type": "trade_status_sync", "notify_time": "2026-03-02 10:15:29", "notify_id": "2026030200222101529000001",
    "gmt_create": "2026-03-02 10:15:20", "gmt_payment": "2026-03-02 10:15:28", "charset": "utf-8", "version": "1.0",
    "app_id": OURS["app_id"], "auth_app_id": OURS["app_id"], "seller_id": OURS["seller_id"],
    "trade_no": "2026030222001400000000000032", "out_trade_no": "MZ20260302000032", "trade_status": "TRADE_SUCCESS",
    "total_amount": "88.80", "receipt_amount": "88.80", "subject": "门诊缴费",
}  # fmt: skip


def told(source: Alipay, body: bytes) -> tuple[str, int]:
    """What a body says happened, and the fen of its event; or the code that refused it."""
    try:
        (message,) = source.read(Delivery(body, NOW))
    except Reject as fault:
        return fault.code.code, 0
    events = [event.to_dict() for event in run_first_matching((NOTIFY,), message.tree, NOW).events]
    return message.kind, sum(event.get("amount_fen", event.get("refunded_fen", 0)) for event in events)


@pytest.mark.parametrize("case", KITS["cases"], ids=lambda case: f"{case['signed_by']}: {case['name']}")
def test_a_notification_that_a_kit_signed(case: dict[str, Any]) -> None:
    source = connect(OURS | {"public_key": KITS["public_key"]})
    assert told(source, case["body"].encode()) == (case["says"], case.get("amount_fen", 0))
    if case["says"] == "BH-ALI-004":
        assert not case["java"]
        assert not case["python"]


def test_where_a_unit_allows_rsa_it_is_read() -> None:
    (case,) = (one for one in KITS["cases"] if one["name"] == "RSA")
    both = connect(OURS | {"public_key": KITS["public_key"], "sign_types": ["RSA2", "RSA"]})
    assert told(both, case["body"].encode()) == ("paid", 8880)


class Desk:
    """An Alipay that is a key file and openssl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run("genrsa", "-out", "key", "2048")
        self.public_key = self._run("rsa", "-in", "key", "-pubout")

    def certificate(self, subject: str, *more: str) -> bytes:
        return self._run("req", "-x509", "-utf8", "-key", "key", "-subj", subject, "-days", "3000", *more)

    def body(
        self, fields: Mapping[str, str], signed: Mapping[str, str] | None = None, *,
        digest: str = "-sha256", escape: Callable[..., str] = quote_plus, **sent: str,
    ) -> bytes:  # fmt: skip
        """A form of the fields, its sign over `signed` or all of them, in their charset."""
        codec = fields.get("charset") or "utf-8"
        text = "&".join(f"{name}={value}" for name, value in sorted((fields if signed is None else signed).items()))
        sign = base64.b64encode(self._run("dgst", digest, "-sign", "key", text=text.encode(codec))).decode()
        form = {**fields, "sign_type": "RSA2", "sign": sign, **sent}
        return "&".join(f"{name}={escape(value.encode(codec))}" for name, value in form.items()).encode()

    def _run(self, *arguments: str, text: bytes | None = None) -> bytes:
        command = ("openssl", *arguments)
        return subprocess.run(command, cwd=self.folder, input=text, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("alipay"))


@pytest.fixture(scope="module")
def shop(desk: Desk) -> Alipay:
    return connect(OURS | {"public_key": desk.public_key})


ODD = {
    "very long": {"body": "长" * 800, "subject": "x" * 2000},
    "a list of funds": {"fund_bill_list": '[{"amount":"80.00","fundChannel":"PCREDIT"},{"amount":"8.80","x":"a&b=c"}]'},
    "encoded twice": {"passback_params": "merchantBizType%253d3C%2526no%253d1"},
    "line ends and tabs": {"body": "one\r\ntwo\n\tthree"},
    "outer white space": {"subject": " 门诊 ", "body": "\t."},
    "names that begin alike": {"a": "1", "a1": "2", "aB": "3", "A": "4", "a_": "5"},
    "discounts": {"mdiscount_amount": "8.80", "receipt_amount": "80.00", "buyer_pay_amount": "0.00"},
}


@pytest.mark.parametrize("escape", [quote_plus, quote, lambda value: quote(value, safe="~()'!*.-_")])
@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "GBK", "gbk", "gb2312", "GB18030", ""])
@pytest.mark.parametrize("odd", ODD)
def test_what_openssl_signed_is_read_whole(
    desk: Desk, shop: Alipay, odd: str, charset: str, escape: Callable[..., str]
) -> None:
    fields = FIELDS | ODD[odd] | {"charset": charset}
    if not charset:
        del fields["charset"]
    (message,) = shop.read(Delivery(desk.body(fields, escape=escape), NOW))
    assert {name: message.tree[name] for name in fields} == fields
    assert told(shop, desk.body(fields)) == ("paid", 8880)


@pytest.mark.parametrize("name", ["notify", "notify-charge"])
def test_any_time_may_have_milliseconds(desk: Desk, shop: Alipay, name: str) -> None:
    mapping = load_mapping(Path(f"mappings/payment/alipay/{name}.yaml"))
    times = {"gmt_payment": "2026-03-02 10:15:28.123", "notify_time": "2026-03-02 10:15:29.456"}
    (message,) = shop.read(Delivery(desk.body(FIELDS | times), NOW))
    (event,) = run_first_matching((mapping,), message.tree, NOW).events
    assert event.to_dict()["paid_at"] == "2026-03-02T10:15:28+08:00"


BLANKS = {"body": "", "passback_params": "  ", "buyer_logon_id": "\u3000\t"}


@pytest.mark.parametrize("charset", ["utf-8", "GBK"])
@pytest.mark.parametrize("serial", [{}, {"alipay_cert_sn": "0f5a1b0c3d2e4f60718293a4b5c6d7e8"}])
def test_every_form_a_kit_signs_and_no_other(desk: Desk, shop: Alipay, charset: str, serial: dict[str, str]) -> None:
    full = FIELDS | {"charset": charset}
    kept = {name: value for name, value in BLANKS.items() if value}
    for signed in (full, full | kept, full | BLANKS, full | serial, full | kept | serial, full | BLANKS | serial):
        assert told(shop, desk.body(full | BLANKS | serial, signed))[0] == "paid"
    some = full | {"body": ""}  # one blank signed and the others not: no kit does that
    assert told(shop, desk.body(full | BLANKS | serial, some))[0] == "BH-ALI-004"


def test_a_blank_that_was_not_signed_is_not_told(desk: Desk, shop: Alipay) -> None:
    (message,) = shop.read(Delivery(desk.body(FIELDS | {"refund_fee": " "}, FIELDS), NOW))
    assert "refund_fee" not in message.tree
    # a no-break space is no white space to Java: it would have been signed
    assert told(shop, desk.body(FIELDS | {"buyer_id": "\u00a0"}, FIELDS))[0] == "BH-ALI-004"


REFUSED = {
    "sign_type missing": ({"sign_type": ""}, "BH-ALI-002"),
    "sign_type in lower case": ({"sign_type": "rsa2"}, "BH-ALI-003"),
    "said to be RSA": ({"sign_type": "RSA"}, "BH-ALI-003"),
    "signature cut": ({"sign": "AAAA"}, "BH-ALI-004"),
    "signature with spaces for plus": ({"sign": "A A="}, "BH-ALI-004"),
    "no signature": ({"sign": ""}, "BH-ALI-002"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_spoilt_signature_is_refused(desk: Desk, shop: Alipay, name: str) -> None:
    sent, code = REFUSED[name]
    assert told(shop, desk.body(FIELDS, **sent))[0] == code


def test_the_hash_must_be_the_one_that_sign_type_names(desk: Desk) -> None:
    both = connect(OURS | {"public_key": desk.public_key, "sign_types": ["RSA2", "RSA"]})
    assert told(both, desk.body(FIELDS, digest="-sha1"))[0] == "BH-ALI-004"
    assert told(both, desk.body(FIELDS, digest="-sha1", sign_type="RSA"))[0] == "paid"
    assert told(both, desk.body(FIELDS, digest="-sha512"))[0] == "BH-ALI-004"


def test_a_key_said_twice_is_refused(desk: Desk, shop: Alipay) -> None:
    body = desk.body(FIELDS)
    for more in (b"&total_amount=88.80", b"&total_amount=0.01", b"&%74otal_amount=88.80"):
        assert told(shop, body + more)[0] == "BH-ALI-001"
        assert told(shop, more[1:] + b"&" + body)[0] == "BH-ALI-001"


def test_certificate_mode_with_a_certificate_of_openssl(desk: Desk) -> None:
    text = desk.certificate("/C=CN/O=Ant Financial/OU=Certification Authority/CN=Ant Financial Class 2 R1")
    source = connect(OURS | {"public_key": text})
    assert told(source, desk.body(FIELDS))[0] == "paid"
    assert told(source, desk.body(FIELDS, alipay_cert_sn="0" * 32))[0] == "BH-ALI-005"
