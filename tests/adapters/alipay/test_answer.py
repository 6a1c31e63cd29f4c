"""`success` only for what is kept for good, and never a word about why not; any bytes are a Reject at worst."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.payment.alipay.adapter import Alipay as Source
from adapters.payment.alipay.faults import SIGNATURE
from hub.adapter import Asker, Delivery, Message, Outcome
from hub.adapter import Source as SourceProtocol
from hub.errors import FaultCode, Reject, Retry
from hub.simulators.alipay import Alipay, Empty
from tests.adapters.alipay.conftest import NOW

Read = Callable[..., Message]
BUSY = FaultCode("BH-TST-900", Retry, "忙", "busy", "等", "wait")


@pytest.mark.parametrize(
    ("place", "body", "status"),
    [
        ("applied", b"success", 200),
        ("duplicate", b"success", 200),
        ("parked", b"success", 200),
        ("refused", b"fail", 400),
    ],
)
def test_answers_by_place(alipay: Alipay, source: Source, read: Read, place: str, body: bytes, status: int) -> None:
    sent = alipay.paid("C1", 1)
    answer = source.answer(Delivery(sent, NOW), [(read(sent), Outcome(place))])  # type: ignore[arg-type]
    assert (answer.body, answer.status) == (body, status)


def test_faults_are_answered_without_details(source: Source) -> None:
    delivery = Delivery(b"x", NOW)
    refused = source.answer(delivery, [], SIGNATURE("sign"))
    later = source.answer(delivery, [], BUSY())
    assert (refused.body, refused.status) == (b"fail", 400)
    assert (later.body, later.status, dict(later.headers)) == (b"fail", 503, {"Retry-After": "5"})
    assert source.answer(delivery, []).body == b"fail"


def test_it_is_a_source_and_no_asker(source: Source) -> None:
    assert isinstance(source, SourceProtocol)
    assert not isinstance(source, Asker)


def test_the_exact_bytes_are_kept(alipay: Alipay, read: Read) -> None:
    body = alipay.paid("C1", 1)
    assert read(body).body == body


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(source: Source, body: bytes) -> None:
    with pytest.raises(Reject):
        source.read(Delivery(body, NOW))


FORMISH = st.dictionaries(
    st.sampled_from(["sign", "sign_type", "charset", "app_id", "total_fee", "total_amount", "alipay_cert_sn", "x"]),
    st.sampled_from(["", "RSA2", "RSA", "MD5", "AA==", "gbk", "%FF%FE", "1.00", "%E4%BD"]),
    min_size=1,
)


@given(FORMISH)
def test_any_form_without_alipays_key_is_refused(source: Source, fields: dict[str, str]) -> None:
    with pytest.raises(Reject):
        source.read(Delivery("&".join(f"{n}={v}" for n, v in fields.items()).encode(), NOW))


@pytest.fixture(scope="module")
def body(alipay: Alipay) -> bytes:
    return alipay.sign(alipay.fields(alipay.trade("C1", 4200), passback_params=""))


@settings(max_examples=150)
@given(data=st.data())
def test_a_genuine_body_changed_anywhere_is_refused_or_unchanged_in_meaning(
    source: Source, body: bytes, data: st.DataObject
) -> None:
    genuine = source.read(Delivery(body, NOW))[0]
    place = data.draw(st.integers(0, len(body) - 1))
    changed = body[:place] + bytes([data.draw(st.integers(0, 255))]) + body[place + 1 :]
    try:
        message = source.read(Delivery(changed, NOW))[0]
    except Reject:
        return
    assert (message.identity, message.fingerprint, message.tree) == (
        genuine.identity,
        genuine.fingerprint,
        genuine.tree,
    )


NAME = st.text(max_size=12).filter(lambda text: not {"\0", "\1"} & set(text)).map("x".__add__)
VALUE = st.text(max_size=30).filter(lambda text: not {"\0", "\1"} & set(text))


@settings(max_examples=60)
@given(st.dictionaries(NAME, VALUE, max_size=8), st.sampled_from(["keep", "drop"]))
def test_whatever_alipay_signs_is_read_as_it_was(
    alipay: Alipay, source: Source, more: dict[str, str], empty: Empty
) -> None:
    body = alipay.sign(alipay.fields(alipay.trade("C1", 1)) | more, empty)
    tree = source.read(Delivery(body, NOW))[0].tree
    assert {name: tree.get(name, "") for name in more} == more
