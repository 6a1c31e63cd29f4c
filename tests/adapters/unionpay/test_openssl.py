"""UnionPay 5.1.0 with openssl as the other side: chain, names, times, spellings of the certificate, values, queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.payment.unionpay.adapter import UnionPay, connect
from adapters.payment.unionpay.query import FIELDS as ASKED
from hub.adapter import Delivery, Question, Response
from hub.errors import Config, Fault, Reject, Retry
from tests.adapters.unionpay.openssl import COMPANY, FIELDS, MER_ID, Certificate, OpenSsl

AT = datetime(2026, 3, 2, 2, 15, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class World:
    """An authority and who signs under it."""

    ssl: OpenSsl
    root: Certificate
    middle: Certificate
    leaf: Certificate

    def source(self, environment: str = "production", middle: Certificate | None = None) -> UnionPay:
        chain = {"root": self.root.pem, "middle": (middle or self.middle).pem}
        return connect({"mer_id": MER_ID, "environment": environment, **chain})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    ssl = OpenSsl(tmp_path_factory.mktemp("unionpay"))
    root = ssl.issue("root", "CFCA TEST CS CA", None, leaf=False)
    middle = ssl.issue("middle", "CFCA TEST OCA1", root, leaf=False)
    return World(ssl, root, middle, ssl.signer("leaf", middle))


def told(source: UnionPay, body: bytes, at: datetime = AT) -> str:
    try:
        return source.read(Delivery(body, at))[0].kind
    except Reject as fault:
        return fault.code.code


SPELLINGS: dict[str, Callable[[str], str]] = {
    "CRLF": lambda pem: pem,
    "LF": lambda pem: pem.replace("\r\n", "\n"),
    "a last line end": lambda pem: pem + "\r\n",
    "a last blank": lambda pem: pem + " ",
    "one long line": lambda pem: (
        pem.replace("\r\n", "").replace("E-----", "E-----\r\n", 1).replace("-----END", "\r\n-----END")
    ),
}


@pytest.mark.parametrize("signed", SPELLINGS)
@pytest.mark.parametrize("sent", SPELLINGS)
def test_the_certificate_counts_as_it_was_signed_and_in_no_other_spelling(world: World, signed: str, sent: str) -> None:
    form = world.leaf.form(SPELLINGS[signed](world.leaf.crlf))
    head, _, rest = form.partition(b"&signPubKeyCert=")
    spelled = world.leaf.form(SPELLINGS[sent](world.leaf.crlf)).partition(b"&signPubKeyCert=")[2].partition(b"&")[0]
    body = head + b"&signPubKeyCert=" + spelled + b"&" + rest.partition(b"&")[2]
    assert told(world.source(), body) == ("paid" if signed == sent else "BH-UPA-005")


NAMES = {
    f"041@8310000000083040@{COMPANY}@00016493": ("paid", "paid"),
    f"041@Z2014@{COMPANY}": ("paid", "paid"),
    "041@Z2014-06-09@00040000:SIGN@00000062": ("BH-UPA-009", "paid"),
    f"{COMPANY}": ("BH-UPA-009", "BH-UPA-009"),
    f"041@{COMPANY}@00016493@1": ("BH-UPA-009", "BH-UPA-009"),
    f"041@x@{COMPANY} @1": ("BH-UPA-009", "BH-UPA-009"),
    "041@x@某某科技有限公司@1": ("BH-UPA-009", "BH-UPA-009"),
}


@pytest.mark.parametrize("name", NAMES)
def test_whose_certificate_it_is(world: World, name: str) -> None:
    body = world.ssl.issue("named", name, world.middle, leaf=True).form()
    assert (told(world.source(), body), told(world.source("test"), body)) == NAMES[name]


def test_times_of_leaf_and_middle(world: World) -> None:
    ended = world.ssl.signer("ended", world.middle, times=("20200101000000Z", "20260301000000Z"))
    to_come = world.ssl.signer("to-come", world.middle, times=("20260401000000Z", "20400101000000Z"))
    assert told(world.source(), ended.form()) == told(world.source(), to_come.form()) == "BH-UPA-008"
    assert told(world.source(), ended.form(), datetime(2026, 2, 1, tzinfo=UTC)) == "paid"
    over = ("20200101000000Z", "20260101000000Z")
    middle = world.ssl.issue("over", "CFCA TEST OCA2", world.root, leaf=False, times=over)
    assert told(world.source(middle=middle), world.ssl.signer("under", middle).form()) == "BH-UPA-008"


def test_a_chain_that_is_not_the_configured_one(world: World) -> None:
    stranger = world.ssl.issue("stranger", "CFCA TEST CS CA", None, leaf=False)
    other = world.ssl.issue("other", "CFCA TEST OCA1", stranger, leaf=False)
    assert told(world.source(), world.ssl.signer("false", other).form()) == "BH-UPA-007"
    below = world.ssl.signer("below", world.leaf)  # a leaf is no authority
    assert told(world.source(), below.form()) == "BH-UPA-007"
    assert told(world.source(), world.ssl.signer("direct", world.root).form()) == "BH-UPA-007"
    with pytest.raises(Config, match="BH-UPA-021"):
        world.source(middle=other)


VALUES: dict[str, dict[str, str]] = {
    "separators": {"reqReserved": "a=b&c={d}", "cardTransData": "{a=1&b=2}", "reserved": "{}", "respMsg": "100% +&="},
    "base64": {"customerInfo": "e30=+/==", "accNo": "Q+/=" * 86},
    "empty and blank": {"payCardType": "", "reqReserved": " ", "issuerIdentifyMode": ""},
    "GBK": {"encoding": "GBK", "respMsg": "成功", "reqReserved": "门诊缴费"},
    "no encoding": {"encoding": ""},
}


@pytest.mark.parametrize("name", VALUES)
def test_odd_values_are_told_as_they_were(world: World, name: str) -> None:
    (message,) = world.source().read(Delivery(world.leaf.form(**VALUES[name]), AT))
    assert message.kind == "paid"
    assert {key: message.tree.get(key, "") for key in VALUES[name]} == VALUES[name]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"txnType": "04", "origQryId": "202603021015300000017"}, "refund"),
        ({"txnType": "31", "origQryId": "202603021015300000017"}, "cancel"),
        ({"txnType": "00"}, "other"),
        ({"respCode": "A6"}, "paid"),
        ({"respCode": "05"}, "failed"),
        ({"respCode": "34"}, "failed"),
        ({"currencyCode": "840"}, "BH-UPA-013"),
        ({"txnAmt": "10.00"}, "BH-UPA-013"),
        ({"merId": "777290058110049"}, "BH-UPA-012"),
        ({"version": "5.0.0"}, "BH-UPA-003"),
        ({"signMethod": "11"}, "BH-UPA-004"),
    ],
)
def test_what_a_signed_notification_says(world: World, more: dict[str, str], says: str) -> None:
    assert told(world.source(), world.leaf.form(**more)) == says


def test_a_cut_signature_is_refused(world: World) -> None:
    head, _, signature = world.leaf.form().rpartition(b"&signature=")
    for cut in (signature[:100], signature[4:], signature[:100].replace(b"%", b""), b"", signature[:1]):
        assert told(world.source(), head + b"&signature=" + cut) in ("BH-UPA-001", "BH-UPA-002", "BH-UPA-005")


def test_openssl_verifies_what_a_merchants_old_pfx_signed(world: World) -> None:
    shop = world.ssl.signer("merchant", world.middle, "示例医院")
    chain = {"root": world.root.pem, "middle": world.middle.pem, "gateway": "http://127.0.0.1/queryTrans"}
    source = connect({"mer_id": MER_ID, "sign_cert": shop.pfx("000000"), "sign_password": "000000", **chain})
    question = source.question(source.read(Delivery(world.leaf.form(), AT))[0])
    assert question is not None
    form = source.ask(question, AT).body
    assert shop.verifies(form)
    assert not shop.verifies(form.replace(b"txnType=00", b"txnType=01"))
    assert not world.leaf.verifies(form)


def outcome(world: World, body: bytes, **asked: str) -> str | type[Fault]:
    """confirmed, nothing, or the kind of fault."""
    question = Question(fields={name: FIELDS[name] for name in ASKED} | asked)
    try:
        found: Any = world.source().understand(question, Response(200, body))
    except Fault as fault:
        return Retry if isinstance(fault, Retry) else Reject
    return found[0].kind if found else "nothing"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "confirmed"),
        ({"origRespCode": "A6"}, "confirmed"),
        *[({"origRespCode": code}, Retry) for code in ("", "01", "03", "04", "05", "12", "34", "60")],
        *[({"origRespCode": code}, Reject) for code in ("61", "98", "?")],
        ({"respCode": "34"}, "nothing"),
        *[({"respCode": code}, Retry) for code in ("03", "11", "98", "?")],
        ({"txnAmt": "1001"}, Reject),
        ({"currencyCode": "840"}, Reject),
        ({"orderId": "20260302101530002"}, Retry),
        ({"merId": "777290058110049"}, Retry),
        ({"queryId": "202603021015300000019"}, Reject),
        ({"encoding": "GBK"}, "confirmed"),
        ({"cardTransData": "{a=1&b=2}", "reserved": "[x=1&y=2]", "reqReserved": "e30="}, "confirmed"),
    ],
)
def test_what_a_signed_answer_to_a_query_says(world: World, more: dict[str, str], says: str | type[Fault]) -> None:
    assert outcome(world, world.leaf.answer(**more)) == says


def test_an_answer_nobody_signed_is_asked_again(world: World) -> None:
    good = world.leaf.answer()
    other = world.ssl.issue("answers", "CFCA TEST OCA1", None, leaf=False)
    for body in (
        good.replace(b"txnAmt=1000", b"txnAmt=9000"),
        good.replace(b"\r\n", b"\n"),
        good.partition(b"&signature=")[0],
        good[:-20],
        world.ssl.signer("nobody", other).answer(),
        world.leaf.form(),
        b"<html>502</html>",
    ):
        assert outcome(world, body) is Retry
