"""What is signed, judged by the openssl command, and each way in which a genuine notification is spoilt."""

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.payment.unionpay.adapter import UnionPay as Source
from adapters.payment.unionpay.wire import signed_digest
from hub.adapter import Delivery, Message
from hub.errors import Reject
from hub.security.form import read_form
from hub.simulators.unionpay import UnionPay
from tests.adapters.unionpay.conftest import NOW

Read = Callable[..., Message]


def refused(read: Read, body: bytes, **how: Any) -> str:
    with pytest.raises(Reject) as error:
        read(body, **how)
    return error.value.code.code


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_openssl_verifies_the_text_we_verify(unionpay: UnionPay, tmp_path: Path, encoding: str) -> None:
    unionpay.encoding = encoding
    fields = read_form(unionpay.paid("C0000001", 100))
    unionpay.encoding = "UTF-8"
    key = unionpay.chain.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    contents = {"t": signed_digest(fields), "s": base64.b64decode(fields[b"signature"]), "k": key}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    command = ["openssl", "dgst", "-sha256", "-verify", "k", "-signature", "s", "t"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "Verified OK"


def test_the_charset_is_the_signed_encoding(unionpay: UnionPay, read: Read) -> None:
    unionpay.encoding = "GBK"
    body = unionpay.paid("C0000001", 100)
    unionpay.encoding = "UTF-8"
    message = read(body, headers={"content-type": "application/x-www-form-urlencoded;charset=utf-8"})
    assert (message.charset, message.tree["respMsg"]) == ("GBK", "成功[0000000]")


def test_proof_is_not_part_of_the_tree(unionpay: UnionPay, read: Read) -> None:
    message = read(unionpay.paid("C0000001", 100))
    assert not {"signature", "signPubKeyCert", "exchangeRate"} & set(message.tree)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(lambda b: b.replace(b"%0D%0A", b"%0A"), "BH-UPA-005", id="LF for CRLF in the certificate"),
        pytest.param(lambda b: b.replace(b"E-----&", b"E-----%0D%0A&"), "BH-UPA-005", id="a line end after it"),
        pytest.param(lambda b: b.replace(b"txnAmt=100", b"txnAmt=900"), "BH-UPA-005", id="other amount"),
        pytest.param(lambda b: b.replace(b"&traceNo=", b"&tracNo="), "BH-UPA-005", id="other name"),
        pytest.param(lambda b: b + b"&extra=1", "BH-UPA-005", id="added field"),
        pytest.param(lambda b: b + b"&txnAmt=100", "BH-UPA-001", id="doubled field"),
        pytest.param(lambda b: b.replace(b"version=5.1.0", b"version=5.0.0"), "BH-UPA-003", id="5.0.0"),
        pytest.param(lambda b: b.replace(b"signMethod=01", b"signMethod=11"), "BH-UPA-004", id="shared key SHA-256"),
        pytest.param(lambda b: b.replace(b"signMethod=01", b"signMethod=12"), "BH-UPA-004", id="shared key SM3"),
        pytest.param(lambda b: b.replace(b"signMethod=01", b"signMethod=21"), "BH-UPA-004", id="SM2"),
        pytest.param(lambda b: b.partition(b"&signature=")[0], "BH-UPA-002", id="no signature"),
        pytest.param(lambda b: b.replace(b"&signature=", b"&signature=*"), "BH-UPA-005", id="not base64"),
        pytest.param(lambda b: b.replace(b"BEGIN+CERT", b"BEGIN+CERS"), "BH-UPA-006", id="not a certificate"),
        pytest.param(lambda b: b.replace(b"MII", b"MIJ", 1), "BH-UPA-006", id="broken certificate"),
    ],
)
def test_a_spoilt_body_is_refused_by_its_code(
    unionpay: UnionPay, read: Read, spoil: Callable[[bytes], bytes], code: str
) -> None:
    body = unionpay.paid("C0000001", 100)
    assert read(body).kind == "paid"
    assert spoil(body) != body
    assert refused(read, spoil(body)) == code


def test_sha1_of_a_message_is_not_accepted(unionpay: UnionPay, read: Read) -> None:
    from urllib.parse import quote_plus

    signed = unionpay.sign(unionpay.fields(unionpay.trade("C0000001", 100)))
    text = signed_digest({n.encode(): v for n, v in signed.items()})
    for scheme in (hashes.SHA1(), hashes.SHA256()):
        signed["signature"] = base64.b64encode(unionpay.chain.key.sign(text, padding.PKCS1v15(), scheme))
        body = "&".join(f"{n}={quote_plus(v)}" for n, v in signed.items()).encode()
        if scheme.name == "sha256":
            assert read(body).kind == "paid"
        else:
            assert refused(read, body) == "BH-UPA-005"


def test_empty_values_are_not_signed_and_not_told(unionpay: UnionPay, read: Read) -> None:
    message = read(unionpay.paid("C0000001", 100) + b"&origQryId=")
    assert "origQryId" not in message.tree


def test_query_parameters_of_the_address_are_dropped(unionpay: UnionPay, read: Read) -> None:
    body = unionpay.paid("C0000001", 100)
    message = read(body + b"&site=a+b&n=%E4%B8%AD", query="site=a%20b&n=%e4%b8%ad&unused=1")
    assert not {"site", "n"} & set(message.tree)
    assert refused(read, body + b"&site=a", query="site=b") == "BH-UPA-005"
    assert refused(read, body, query="txnAmt=100") == "BH-UPA-005"


def test_text_that_is_not_in_its_encoding_is_refused(unionpay: UnionPay, read: Read) -> None:
    trade = unionpay.trade("C0000001", 100)
    unionpay.encoding = "GBK"
    wrong = unionpay.form(unionpay.fields(trade, encoding="UTF-8"))
    unionpay.encoding = "UTF-8"
    assert refused(read, wrong) == "BH-UPA-011"
    assert refused(read, unionpay.form(unionpay.fields(trade, encoding="UTF-7"))) == "BH-UPA-010"


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_are_refused(source: Source, body: bytes, query: str) -> None:
    with pytest.raises(Reject):
        source.read(Delivery(body, NOW, query=query))


@pytest.fixture(scope="module")
def body(unionpay: UnionPay) -> bytes:
    return unionpay.paid("C0000099", 4200)


@settings(max_examples=150)
@given(data=st.data())
def test_a_genuine_body_changed_anywhere_is_refused_or_unchanged_in_meaning(
    source: Source, body: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    changed = body[:place] + bytes([data.draw(st.integers(0, 255))]) + body[place + 1 :]
    genuine = source.read(Delivery(body, NOW))[0]
    try:
        message = source.read(Delivery(changed, NOW))[0]
    except Reject:
        return
    assert (message.identity, message.fingerprint, message.tree) == (
        genuine.identity,
        genuine.fingerprint,
        genuine.tree,
    )
