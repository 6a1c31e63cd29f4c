"""The envelope: whose it is, and that it is read as it was meant or not at all."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.his.bosssoft.adapter import Bosssoft
from adapters.his.bosssoft.strict_json import MAX_DEPTH, strict_object
from adapters.his.bosssoft.wire import sign_of
from hub.errors import Reject
from hub.simulators.hospital_bosssoft import Hospital
from tests.adapters.bosssoft.conftest import delivery


def signed(text: str | bytes, key: str = "TESTKEY", **changes: Any) -> bytes:
    data = base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()
    fields = {"appid": "TESTAPP", "data": data, "noise": "n-1", "version": "1.0"} | changes
    plain = "appid={appid}&data={data}&noise={noise}&key=".format(**fields) + f"{key}&version={fields['version']}"
    return json.dumps(fields | {"sign": hashlib.md5(plain.encode()).hexdigest().upper()}).encode()


def code_of(source: Bosssoft, body: bytes, method: str = "invoiceEBillOutpatient") -> str:
    with pytest.raises(Reject) as caught:
        source.read(delivery(body, method))
    return caught.value.code.code


def test_the_sign_is_the_upper_case_md5_of_the_fixed_order() -> None:
    # computed with: printf 'appid=A&data=B&noise=C&key=K&version=1.0' | md5sum
    assert sign_of("A", "B", "C", "1.0", "K") == "FA3AFA615ED2DEA5A54A31A5222FA21C"


def test_a_signed_call_is_read_with_its_numbers_as_text(source: Bosssoft) -> None:
    (message,) = source.read(delivery(signed('{"busNo": "B1", "totalAmt": 81.10, "count": 7}')))
    assert message.tree["totalAmt"] == "81.10"
    assert message.tree["count"] == "7"
    assert message.kind == message.tree["_method"] == "invoiceEBillOutpatient"
    assert message.identity == "TESTAPP/invoiceEBillOutpatient/B1"


@pytest.mark.parametrize(
    ("misbehave", "code"),
    [
        ("bad_sign", "BH-BOS-001"),
        ("lower_sign", "BH-BOS-001"),
        ("wrong_appid", "BH-BOS-002"),
        ("gbk", "BH-BOS-004"),
        ("duplicate_key", "BH-BOS-004"),
        ("cut_base64", "BH-BOS-004"),
    ],
)
@pytest.mark.parametrize("form", [False, True])
def test_a_call_that_is_not_as_agreed_is_refused(
    source: Bosssoft, hospital: Hospital, misbehave: Any, code: str, form: bool
) -> None:
    hospital.form = form
    assert code_of(source, hospital.request(hospital.bill(), misbehave)[0]) == code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"appid": "TESTAPP"}',
        b'{"appid": 1, "data": "e30=", "noise": "n", "version": "1.0", "sign": ["x"]}',
        b'{"appid": "A", "appid": "A", "data": "e30=", "noise": "n", "version": "1.0", "sign": "x"}',
        b"appid=A&appid=A&data=e30%3D&noise=n&version=1.0&sign=x",
        b"appid=%FF&data=e30%3D&noise=n&version=1.0&sign=x",
        '{"appid": "测"}'.encode("gb18030"),
    ],
)
def test_a_broken_envelope_is_refused(source: Bosssoft, body: bytes) -> None:
    assert code_of(source, body) == "BH-BOS-003"


@pytest.mark.parametrize(
    "data",
    [
        "[]",
        "1",
        '{"busNo": NaN}',
        '{"busNo": Infinity}',
        '{"busNo": "\\u0000"}',
        '{"busNo": "\\ud800"}',
        '{"a": {"b": 1, "b": 2}}',
        '{"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}",
        '{"a": ' + "[" * 100_000,
        "{" + '"\\"' * 200_000,
    ],
)
def test_data_that_could_be_read_two_ways_is_refused(source: Bosssoft, data: str) -> None:
    assert code_of(source, signed(data)) == "BH-BOS-004"


@pytest.mark.parametrize("bus_no", ["", "   ", "x" * 65, "a\tb", None, True, [], {}])
def test_a_call_without_a_usable_bus_no_is_refused(source: Bosssoft, bus_no: object) -> None:
    assert code_of(source, signed(json.dumps({"busNo": bus_no}))) == "BH-BOS-006"


def test_a_method_nobody_knows_is_refused(source: Bosssoft) -> None:
    assert code_of(source, signed('{"busNo": "B1"}'), "api/medical/turnPaper") == "BH-BOS-005"


@pytest.mark.parametrize(
    ("data", "method"),
    [
        ('{"busNo": "B1", "busType": "01"}', "invEBillHospitalized"),
        ('{"busNo": "B1", "busType": "06"}', "invEBillRegistration"),
        ('{"billBatchCode": "00010126", "billNo": "0000000001", "reason": "退费"}', "writeOffEBill"),
    ],
)
def test_a_body_without_an_address_tells_its_method_itself(source: Bosssoft, data: str, method: str) -> None:
    (message,) = source.read(delivery(signed(data), ""))
    assert message.kind == method
    assert message.warnings


def test_line_breaks_in_base64_and_an_unescaped_plus_in_a_form_are_read(source: Bosssoft) -> None:
    text = json.dumps({"busNo": "B1", "payer": "测试" * 60 + "~~~>>>???"}, ensure_ascii=False)
    plain = base64.b64encode(text.encode()).decode()
    broken = "\r\n".join(plain[i : i + 76] for i in range(0, len(plain), 76))
    body = {"appid": "TESTAPP", "data": broken, "noise": "n", "version": "1.0"}
    body["sign"] = sign_of("TESTAPP", broken, "n", "1.0", "TESTKEY")
    assert source.read(delivery(json.dumps(body).encode()))[0].identity.endswith("/B1")
    assert "+" in plain
    sign = sign_of("TESTAPP", plain, "n", "1.0", "TESTKEY")
    form = f"appid=TESTAPP&data={quote(plain, safe='+')}&noise=n&version=1.0&sign={sign}".encode()
    assert source.read(delivery(form))[0].identity.endswith("/B1")


def test_a_repeat_differs_in_noise_only_and_a_change_does_not(source: Bosssoft, hospital: Hospital) -> None:
    data = hospital.bill()
    first, again, turned, changed = (
        source.read(delivery(hospital.request(each)[0]))[0]
        for each in (data, data, dict(reversed(data.items())), data | {"remark": "改"})
    )
    assert first.body != again.body
    assert first.identity == again.identity == turned.identity == changed.identity
    assert first.fingerprint == again.fingerprint == turned.fingerprint != changed.fingerprint


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    source = Bosssoft("TESTAPP", "TESTKEY")
    for path in ("invoiceEBillOutpatient", "writeOffEBill", ""):
        with pytest.raises(Reject):
            source.read(delivery(body, path))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["busNo", "busType", "billNo", "billBatchCode", "reason", "x"]), JSON))
def test_any_signed_data_is_read_or_refused(data: dict[str, Any]) -> None:
    source = Bosssoft("TESTAPP", "TESTKEY")
    body = signed(json.dumps(data))
    for path in ("invoiceEBillOutpatient", "writeOffEBill", "getEBillStatesByBillInfo", ""):
        try:
            (message,) = source.read(delivery(body, path))
        except Reject:
            continue
        assert message.identity.startswith("TESTAPP/")


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=3)))
def test_text_goes_through_unchanged(data: dict[str, Any]) -> None:
    try:
        made = strict_object(json.dumps(data, ensure_ascii=True))
    except ValueError:
        flat = repr(data)
        assert "\\x00" in flat or "\\ud" in flat
    else:
        assert made == data
