"""Odd Bosssoft calls against a real hub: the right result code, the right amount, and nothing reversed by a slip."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import pytest

from hub.demo.world import APP_ID
from hub.simulators.hospital_bosssoft import Hospital, signature
from tests.badinput.hub import Hub
from tests.badinput.say import ID_NO, NAME, holds_person

SOURCE: Final = "demo-hospital/bosssoft"
ISSUED: Final = "S0000"


def _data(number: str, **more: Any) -> dict[str, Any]:
    """A bill over 100 yuan, paid in cash."""
    return {
        "busNo": number,
        "busType": "02",
        "payer": NAME,
        "busDateTime": "20261125090000000",
        "placeCode": "001",
        "payee": "收费",
        "author": "开票",
        "totalAmt": "100.00",
        "payerType": "1",
        "idCardNo": ID_NO,
        "accountPay": "0.00",
        "fundPay": "0.00",
        "otherfundPay": "0.00",
        "selfCashPay": "100.00",
        "payChannelDetail": [_paid("100.00")],
        "chargeDetail": [_item()],
        "listDetail": [_detail()],
    } | more


def _item(**more: Any) -> dict[str, Any]:
    made = {"sortNo": 1, "chargeCode": "09", "chargeName": "西药费", "unit": "项", "std": "100.00", "number": 1}
    return {**made, "amt": "100.00", "selfAmt": "0", **more}


def _detail(**more: Any) -> dict[str, Any]:
    made = {"listDetailNo": "1", "chargeCode": "09", "code": "X1", "name": "药", "std": "100.0000", "number": "1.00"}
    return {**made, "amt": "100.0000", **more}


def _paid(value: Any, code: Any = "02") -> dict[str, Any]:
    return {"payChannelCode": code, "payChannelValue": value}


def _without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in _data("").items() if name not in names and name != "busNo"} | dict.fromkeys(
        names, None
    )


def _insured(fund: str, cash: str, *paid: dict[str, Any]) -> dict[str, Any]:
    return {"fundPay": fund, "selfCashPay": cash, "payChannelDetail": list(paid)}


CONTENT: Final[dict[str, tuple[dict[str, Any], str]]] = {
    # name: (what is other than usual, result or our code)
    "amounts as numbers": ({"totalAmt": 100, "chargeDetail": [_item(amt=100.0, std=100)]}, ISSUED),
    "three decimals, the last a zero": ({"totalAmt": "100.000"}, ISSUED),
    "blanks around": ({"totalAmt": " 100.00 ", "busNo ": "x"}, ISSUED),
    "three decimals": ({"totalAmt": "100.001"}, "BH-MAP-004"),
    "an exponent": ({"totalAmt": "1E+2"}, "BH-MAP-004"),
    "a comma": ({"totalAmt": "1,00.00"}, "BH-MAP-004"),
    "true": ({"totalAmt": True}, "BH-MAP-004"),
    "negative": ({"totalAmt": "-100.00"}, "BH-BIL-012"),
    "no total": (_without("totalAmt"), "BH-MAP-002"),
    "nothing to pay": (
        {"totalAmt": "0", "selfCashPay": "0", "chargeDetail": [_item(amt="0")], "payChannelDetail": []},
        "BH-FLW-012",
    ),
    "items that differ": ({"chargeDetail": [_item(amt="90.00")]}, "BH-BIL-010"),
    "an item with parts of a fen": ({"chargeDetail": [_item(amt="100.0050")]}, "BH-MAP-004"),
    "a credit among the items": ({"chargeDetail": [_item(amt="150.00"), _item(amt="-50.00")]}, ISSUED),
    "an item of nothing": ({"chargeDetail": [_item(), _item(amt="0.00", number=0)]}, ISSUED),
    "a count in words": ({"chargeDetail": [_item(number="一")]}, "BH-MAP-006"),
    "an item without a code": ({"chargeDetail": [_item(chargeCode=None)]}, "BH-MAP-012"),
    "an item without a name": ({"chargeDetail": [_item(chargeName="")]}, "BH-MAP-002"),
    "one item, not in a list": ({"chargeDetail": _item()}, ISSUED),
    "no items": ({"chargeDetail": []}, "BH-MAP-012"),
    "items null": ({"chargeDetail": None}, "BH-MAP-012"),
    "items as text": ({"chargeDetail": json.dumps([_item()])}, "BH-MAP-012"),
    "an item null": ({"chargeDetail": [None]}, "BH-MAP-012"),
    "2,000 items": ({"chargeDetail": [_item(amt="0.05", std="0.05")] * 2000}, ISSUED),
    "details that differ": ({"listDetail": [_detail(amt="90.0000")]}, ISSUED),
    "details in thirds": ({"listDetail": [_detail(amt="33.333333", std="33.333333")] * 3}, ISSUED),
    "details null": ({"listDetail": None}, ISSUED),
    "a channel of nothing": ({"payChannelDetail": [_paid("100.00"), _paid("0.00", "05"), _paid(0, "04")]}, ISSUED),
    "a channel without a value": ({"payChannelDetail": [_paid("100.00"), _paid(None, "05"), _paid("", "04")]}, ISSUED),
    "a channel twice": ({"payChannelDetail": [_paid("40.00"), _paid("60.00")]}, ISSUED),
    "channels as numbers": ({"payChannelDetail": [_paid(40.5), _paid(59.5, "04")]}, ISSUED),
    "insurance in its channel": (_insured("60.00", "40.00", _paid("60.00", "11"), _paid("40.00")), ISSUED),
    "insurance alone": (_insured("100.00", "0.00", _paid("100.00", "11")), ISSUED),
    "insurance and cash that differ": (_insured("60.00", "100.00", _paid("100.00")), "BH-BIL-011"),
    "a negative share": (_insured("-50.00", "150.00", _paid("150.00")), "BH-FLW-013"),
    "channels less than owed": ({"payChannelDetail": [_paid("40.00")]}, "BH-BOS-007"),
    "channels more than owed": ({"payChannelDetail": [_paid("140.00")]}, "BH-FLW-007"),
    "a negative channel": ({"payChannelDetail": [_paid("140.00"), _paid("-40.00", "05")]}, "BH-BIL-012"),
    "an unknown channel": ({"payChannelDetail": [_paid("100.00", "99")]}, "BH-MAP-003"),
    "a channel without a code": ({"payChannelDetail": [_paid("100.00", None)]}, "BH-MAP-002"),
    "a channel with a comma": ({"payChannelDetail": [_paid("1,00.00")]}, "BH-MAP-004"),
    "channels not in a list": ({"payChannelDetail": _paid("100.00")}, "BH-MAP-012"),
    "channels null": ({"payChannelDetail": None}, "BH-BOS-007"),
    "fourteen digits of time": ({"busDateTime": "20261125090000"}, ISSUED),
    "a time for people": ({"busDateTime": "2026-11-25 09:00:00"}, "BH-MAP-005"),
    "a payer of no kind": ({"payerType": "3"}, "BH-MAP-003"),
    "no payer": ({"payer": " "}, "BH-MAP-002"),
    "a citizen number that is none": ({"idCardNo": "123"}, ISSUED),
    "an age that is a number": ({"age": 33, "sex": None, "xyz": {"a": [1]}}, ISSUED),
    "further information twice": ({"otherInfo": [{"infoNo": "1", "infoName": "a", "infoValue": "x"}] * 2}, ISSUED),
}


@pytest.mark.parametrize("name", CONTENT)
async def test_odd_content(hub: Hub, name: str) -> None:
    more, told = CONTENT[name]
    number = f"ODD{list(CONTENT).index(name)}"
    body = json.dumps(_data(number) | more, ensure_ascii=False).encode()
    answer = await hub.post(f"{SOURCE}/invoiceEBillOutpatient", _call(hub, body))
    reply = _his(hub).opened(answer.content)
    assert not holds_person(answer.content + reply.text.encode())
    living = [bill for bill in hub.bills(number) if bill["status"] != "waiting"]
    if told == ISSUED:
        assert reply.ok, reply.text
        (bill,) = living
        assert (bill["total_fen"], sum(item["amount_fen"] for item in bill["items"])) == (10_000, 10_000)
        assert reply.message["billNo"] == bill["bill_number"]
    else:
        assert f"[{told}]" in reply.text
        assert living == []


def _envelopes(hub: Hub) -> dict[str, tuple[bytes, str]]:
    inner = json.dumps(_data("ENV"), ensure_ascii=False).encode()
    mark = b"\xef\xbb\xbf"
    spare = base64.b64encode(inner + b" " * (2 - len(inner) % 3)).decode()
    fields = json.loads(_call(hub, inner))
    return {
        "a version of its own": (_call(hub, inner, version="1.0.1"), ISSUED),
        "a field more": (_call(hub, inner)[:-1] + b', "region": "410100"}', ISSUED),
        "a mark before it": (mark + _call(hub, inner), ISSUED),
        "a mark inside": (_call(hub, mark + inner), ISSUED),
        "no version": (_call(hub, inner, version=""), "E1003"),
        "no noise": (json.dumps({key: fields[key] for key in fields if key != "noise"}).encode(), "E1003"),
        "no sign": (json.dumps(fields | {"sign": None}).encode(), "E1003"),
        "no data": (_call(hub, ""), "E1003"),
        "a sign in small letters": (json.dumps(fields | {"sign": fields["sign"].lower()}).encode(), "E1001"),
        "a sign with a blank": (json.dumps(fields | {"sign": fields["sign"] + " "}).encode(), "E1001"),
        "a sign over other data": (json.dumps(fields | {"noise": "other"}).encode(), "E1001"),
        "an appid nobody has": (_call(hub, inner, appid="HIS99"), "E1002"),
        "data that is Han": (_call(hub, "这不是编码"), "E1004"),
        "data without its end": (_call(hub, spare.rstrip("=")), "E1004"),
        "data in the alphabet of addresses": (_call(hub, "-_-_"), "E1004"),
        "a list inside": (_call(hub, b"[]"), "E1004"),
        "a key twice, deep": (_call(hub, inner.replace(b'"unit"', b'"amt": "1", "unit"')), "E1004"),
    }


async def test_odd_envelopes(hub: Hub) -> None:
    for name, (body, told) in _envelopes(hub).items():
        answer = await hub.post(f"{SOURCE}/invoiceEBillOutpatient", body)
        assert answer.status_code == 200
        inner = json.loads(base64.b64decode(json.loads(answer.content)["data"]))
        assert inner["result"] == told, name
        assert not holds_person(base64.b64decode(inner["message"]))
        assert "string argument" not in base64.b64decode(inner["message"]).decode()
    assert len([bill for bill in hub.bills("ENV") if bill["status"] != "waiting"]) == 1


async def test_a_write_off_reverses_its_bill_once_and_no_other(hub: Hub) -> None:
    his = _his(hub)
    first = await his.issue(_data("WO1"))
    code, number = first.message["billBatchCode"], first.message["billNo"]
    following = f"{int(number) + 1:010}"
    assert (await his.write_off(code, following)).result == "E3001"
    second = await his.issue(_data("WO2"))
    assert second.message["billNo"] == following
    red = await his.write_off(code, number)
    assert red.ok, red.text
    again = [await his.write_off(code, number), await his.write_off(code, number, "重复收费")]
    assert [one.message for one in again] == [red.message] * 2
    assert (await his.write_off(code, red.message["eScarletBillNo"])).result == "E3002"
    shown = (await his.state(code, number)).message
    assert (shown["isScarlet"], shown["scarletBillNo"]) == ("1", red.message["eScarletBillNo"])
    hub.wait(lambda: hub.statuses("WO2") == ["confirmed"])
    assert (await his.state(code, following)).message["isScarlet"] == "0"
    assert (await his.write_off(code, following, "错收")).ok
    assert (await his.state(code, "9999999999")).result == "E3001"
    assert (await his.state("", number)).result == "E1006"
    assert hub.books()["balanced"]


def _his(hub: Hub) -> Hospital:
    return Hospital(hub.url(SOURCE), APP_ID, hub.world.bosssoft_key, 11)


def _call(hub: Hub, inner: bytes | str, *, appid: str = APP_ID, version: str = "1.0") -> bytes:
    """A signed call; text is taken as `data` itself."""
    data = inner if isinstance(inner, str) else base64.b64encode(inner).decode()
    fields = {"appid": appid, "data": data, "noise": "n" * 32, "version": version}
    sign = signature(appid, data, fields["noise"], version, hub.world.bosssoft_key)
    return json.dumps(fields | {"sign": sign}).encode()
