"""Bad calls on the Bosssoft interface: HTTP 200 and a signed refusal that says why, and nothing of the patient."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from hub.demo.world import APP_ID
from hub.simulators.hospital_bosssoft import Hospital, signature
from tests.badinput.hub import Hub
from tests.badinput.say import ID_NO, NAME, holds_person

SOURCE = "demo-hospital/bosssoft"


def _hospital(hub: Hub, seed: int = 5) -> Hospital:
    return Hospital(hub.url(SOURCE), APP_ID, hub.world.bosssoft_key, seed)


def _data(hub: Hub, **more: Any) -> dict[str, Any]:
    return _hospital(hub).bill() | {"payer": NAME, "cardNo": ID_NO, "idCardNo": ID_NO} | more


def _call(hub: Hub, inner: bytes, **outer: str) -> bytes:
    packed = base64.b64encode(inner).decode()
    fields = {"appid": APP_ID, "data": packed, "noise": "n" * 32, "version": "1.0"}
    sign = signature(fields["appid"], packed, fields["noise"], "1.0", hub.world.bosssoft_key)
    return json.dumps(fields | {"sign": sign} | outer).encode()


def _bodies(hub: Hub) -> dict[str, tuple[bytes, str]]:
    """name → (body, our code)."""
    data = _data(hub)
    inner = json.dumps(data, ensure_ascii=False)
    twice = inner[:-1] + f', "payer": "{NAME}二"}}'
    return {
        "nothing": (b"", "BH-BOS-003"),
        "broken JSON": (b'{"appid": ', "BH-BOS-003"),
        "a key twice outside": (_call(hub, b"{}")[:-1] + b', "sign": "x"}', "BH-BOS-003"),
        "deep nesting": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "BH-BOS-003"),
        "a wrong sign": (_call(hub, inner.encode(), sign="0" * 32), "BH-BOS-001"),
        "a key twice inside": (_call(hub, twice.encode()), "BH-BOS-"),
        "GBK inside": (_call(hub, inner.encode("gbk")), "BH-BOS-"),
        "no JSON inside": (_call(hub, b"<xml/>"), "BH-BOS-"),
        "NaN inside": (_call(hub, inner.replace('"totalAmt": "', '"x": NaN, "totalAmt": "').encode()), "BH-BOS-"),
        "half a surrogate": (_call(hub, inner.replace(NAME, "\\ud800").encode()), "BH-BOS-"),
        "no busNo": (_call(hub, json.dumps(data | {"busNo": ""}).encode()), "BH-BOS-"),
        "a busNo that is an object": (_call(hub, json.dumps(data | {"busNo": {"a": 1}}).encode()), "BH-BOS-"),
    }


NAMES = [
    *("nothing", "broken JSON", "a key twice outside", "deep nesting", "a wrong sign", "a key twice inside"),
    *("GBK inside", "no JSON inside", "NaN inside", "half a surrogate", "no busNo", "a busNo that is an object"),
]


@pytest.mark.parametrize("name", NAMES)
async def test_a_refusal_is_signed(hub: Hub, name: str) -> None:
    body, code = _bodies(hub)[name]
    with hub.counted(SOURCE, refused=1):
        answer = await hub.post(f"{SOURCE}/invoiceEBillOutpatient", body)
    assert answer.status_code == 200
    reply = _hospital(hub).opened(answer.content)
    assert not reply.ok
    found, kept = hub.last_refused()
    assert found.startswith(code)
    assert found in reply.text
    assert kept == body
    assert not holds_person(reply.text.encode())


@pytest.mark.parametrize("amount", ["NaN", "1e999", "-5.00", "９", "1.001", "9" * 30, "", "1,000.00"])
async def test_an_absurd_amount_makes_no_bill(hub: Hub, amount: str) -> None:
    number = f"BAD{abs(hash(amount))}"
    data = _data(hub, busNo=number)
    data["chargeDetail"][0]["amt"] = amount
    data["totalAmt"] = amount
    before = hub.counts(SOURCE)
    answer = await hub.post(f"{SOURCE}/invoiceEBillOutpatient", _call(hub, json.dumps(data).encode()))
    reply = _hospital(hub).opened(answer.content)
    assert not reply.ok
    assert "BH-" in reply.text
    assert not holds_person(reply.text.encode())
    after = hub.counts(SOURCE)
    assert after["applied"] == before["applied"]
    assert after["received"] == before["received"] + 1
    assert not [bill for bill in hub.bills(number) if bill["status"] != "waiting"]


async def test_a_busno_again_with_other_content_is_refused_and_the_bill_stands(hub: Hub) -> None:
    his = _hospital(hub, 6)
    data = his.bill()
    first = await his.issue(data)
    assert first.ok
    again = await his.issue(data)
    assert again.message == first.message
    other = await his.issue(data | {"payer": NAME})
    assert not other.ok
    assert "BH-LED-001" in other.text
    hub.wait(lambda: hub.statuses(data["busNo"]) == ["confirmed"])
    assert hub.books()["balanced"]


async def test_after_all_that_a_good_call_gets_its_bill(hub: Hub) -> None:
    his = _hospital(hub, 7)
    reply = await his.issue(his.bill())
    assert reply.ok
    assert reply.message["billNo"]
