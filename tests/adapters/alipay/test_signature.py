"""What is signed, judged by the openssl command, and every way in which a form is known to be spoilt on its way."""

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapters.payment.alipay import wire
from adapters.payment.alipay.adapter import Alipay as Source
from adapters.payment.alipay.adapter import connect
from hub.adapter import Message
from hub.errors import Reject
from hub.security.form import read_form
from hub.simulators.alipay import Alipay, broken

Read = Callable[..., Message]


def refused(read: Read, body: bytes, **how: Any) -> str:
    with pytest.raises(Reject) as error:
        read(body, **how)
    return error.value.code.code


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_openssl_verifies_the_text_we_verify(charset: str, alipay: Alipay, pem: bytes, tmp_path: Path) -> None:
    sender = Alipay(charset=charset, key=alipay.key)
    fields = read_form(sender.paid("C1", 1234, passback_params="a=1&b=2"))
    signature = base64.b64decode(fields.pop(b"sign"))
    del fields[b"sign_type"]
    for name, content in (("t", wire.signed_text(fields)), ("s", signature), ("k", pem)):
        (tmp_path / name).write_bytes(content)
    command = ["openssl", "dgst", "-sha256", "-verify", "k", "-signature", "s", "t"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "Verified OK"


def test_a_notification_signed_by_openssl_is_read(alipay: Alipay, read: Read, tmp_path: Path) -> None:
    from hub.simulators.alipay import _kept_key

    key = _kept_key(tmp_path)
    fields = alipay.fields(alipay.trade("C1", 100))
    (tmp_path / "text").write_bytes("&".join(f"{n}={fields[n]}" for n in sorted(fields)).encode())
    command = ["openssl", "dgst", "-sha256", "-sign", "alipay-private.pem", "text"]
    signature = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    signed = fields | {"sign": base64.b64encode(signature).decode(), "sign_type": "RSA2"}
    body = "&".join(f"{n}={quote_plus(v)}" for n, v in signed.items()).encode()
    public = Alipay(key=key).write_public_key(tmp_path).read_bytes()
    assert read(body, via=connect({"app_id": alipay.app_id, "public_key": public})).kind == "paid"


def test_chinese_in_utf8_and_gbk_is_the_same_text(alipay: Alipay, gbk: Alipay, read: Read) -> None:
    one, two = read(alipay.paid("C1", 1)), read(gbk.paid("C1", 1))
    assert one.tree["body"] == two.tree["body"] == "挂号+检查 100% & 其他"
    assert (one.charset, two.charset) == ("UTF-8", "GBK")


def test_the_unsigned_header_charset_counts_for_nothing(gbk: Alipay, read: Read) -> None:
    message = read(gbk.paid("C1", 1), headers={"content-type": "application/x-www-form-urlencoded;charset=utf-8"})
    assert message.tree["subject"] == "门诊缴费 (示例)"


def test_gb2312_reads_the_names_gb2312_lacks(alipay: Alipay, read: Read) -> None:
    sender = Alipay(charset="gbk", key=alipay.key)
    body = sender.sign(sender.fields(sender.trade("C1", 1), subject="朱镕", charset="GB2312"))
    message = read(body)
    assert (message.charset, message.tree["subject"]) == ("GB2312", "朱镕")


@pytest.mark.parametrize(("charset", "code"), [("utf-7", "BH-ALI-006"), ("utf-8", "BH-ALI-007")])
def test_text_that_is_not_in_its_charset_is_never_guessed(
    alipay: Alipay, gbk: Alipay, read: Read, charset: str, code: str
) -> None:
    assert refused(read, gbk.sign(gbk.fields(gbk.trade("C1", 1), charset=charset))) == code


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda b: b.replace(b"%22", b"%26quot%3B"), id="html-escaped quotes"),
        pytest.param(lambda b: b.replace(b"%22", b"%5C%22"), id="added back-slashes"),
        pytest.param(lambda b: b.replace(b"foobar+", b"foobar"), id="trimmed value"),
        pytest.param(lambda b: b.replace(b"%253d", b"%3d"), id="decoded twice"),
        pytest.param(lambda b: b + b"&extra=1", id="added field"),
        pytest.param(lambda b: b.replace(b"&version=1.0", b""), id="lost field"),
        pytest.param(broken, id="other amount"),
    ],
)
def test_a_body_rewritten_on_its_way_is_refused(alipay: Alipay, read: Read, spoil: Callable[[bytes], bytes]) -> None:
    body = alipay.paid("C1", 1, passback_params="merchantBizType%3d3C", attach="foobar ")
    assert read(body).tree["passback_params"] == "merchantBizType%3d3C"
    assert read(body).tree["attach"] == "foobar "
    assert spoil(body) != body
    assert refused(read, spoil(body)) == "BH-ALI-004"


def test_a_plus_of_the_signature_read_as_space_is_refused(alipay: Alipay, read: Read) -> None:
    body = next(b for n in range(50) if b"%2B" in (b := alipay.paid(f"C{n}", 1)).partition(b"&sign=")[2])
    head, _, tail = body.partition(b"&sign=")
    assert refused(read, head + b"&sign=" + tail.replace(b"%2B", b"+")) == "BH-ALI-004"


def test_names_are_sorted_not_pairs(alipay: Alipay, read: Read) -> None:
    message = read(alipay.paid("C1", 1, a="1", a1="2", A="3"))
    assert message.tree["a1"] == "2"
    assert wire.signed_text({b"a1": b"2", b"a": b"1", b"B": b""}) == b"B=&a=1&a1=2"


def test_either_kits_empty_values_and_never_a_third(
    alipay: Alipay, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bytes] = []
    holds = wire._holds

    def counting(key: Any, signature: bytes, text: bytes, algorithm: Any) -> bool:
        tried.append(text)
        return holds(key, signature, text, algorithm)

    monkeypatch.setattr(wire, "_holds", counting)
    fields = alipay.fields(alipay.trade("C1", 1), passback_params="", subject="")
    assert read(alipay.sign(fields, "keep")).tree["passback_params"] == ""
    assert len(tried) == 1
    assert "passback_params" not in read(alipay.sign(fields, "drop")).tree
    assert len(tried) == 3
    one_kept = alipay.sign({n: v for n, v in fields.items() if n != "subject"}) + b"&subject="
    assert refused(read, one_kept) == "BH-ALI-004"
    assert len(tried) == 5
    assert refused(read, broken(alipay.paid("C1", 1))) == "BH-ALI-004"
    assert len(tried) == 6


def test_an_empty_field_slipped_in_tells_nothing(alipay: Alipay, read: Read) -> None:
    body = alipay.paid("C1", 1)
    message = read(body + b"&refund_fee=")
    assert message.kind == "paid"
    assert "refund_fee" not in message.tree


def test_sha1_only_where_the_unit_allows_it(alipay: Alipay, pem: bytes, read: Read) -> None:
    old = Alipay(sign_type="RSA", key=alipay.key)
    assert refused(read, old.paid("C1", 1)) == "BH-ALI-003"
    allowing = connect({"app_id": alipay.app_id, "public_key": pem, "sign_types": ["RSA2", "RSA"]})
    assert read(old.paid("C1", 1), via=allowing).kind == "paid"
    assert read(alipay.paid("C1", 1), via=allowing).kind == "paid"
    relabelled = old.paid("C1", 1).replace(b"sign_type=RSA", b"sign_type=RSA2")
    assert refused(read, relabelled, via=allowing) == "BH-ALI-004"


@pytest.mark.parametrize("label", [b"RSA2", b"MD5"])
def test_the_old_mapi_is_refused_before_any_key_is_used(read: Read, label: bytes) -> None:
    assert refused(read, b"total_fee=0.01&trade_no=2&sign=AA%3D%3D&sign_type=" + label) == "BH-ALI-008"


def test_sign_and_its_type_must_be_there(alipay: Alipay, read: Read) -> None:
    body = alipay.paid("C1", 1)
    assert refused(read, body.partition(b"&sign=")[0]) == "BH-ALI-002"
    assert refused(read, body.replace(b"&sign_type=RSA2", b"")) == "BH-ALI-002"
    assert refused(read, body.replace(b"sign_type=RSA2", b"sign_type=%FF%0Ax")) == "BH-ALI-003"


def test_sign_type_is_not_signed_over_in_pay_products(alipay: Alipay, read: Read) -> None:
    """V2, with sign_type inside the text, is for the application gateway: such a signature is none here."""
    fields = alipay.fields(alipay.trade("C1", 1)) | {"sign_type": "RSA2"}
    text = "&".join(f"{n}={fields[n]}" for n in sorted(fields)).encode()
    signature = alipay.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    signed = fields | {"sign": base64.b64encode(signature).decode()}
    assert refused(read, "&".join(f"{n}={quote_plus(v)}" for n, v in signed.items()).encode()) == "BH-ALI-004"


def test_another_key_is_refused(alipay: Alipay, source: Source, read: Read) -> None:
    assert refused(read, Alipay().paid("C1", 1)) == "BH-ALI-004"
