"""What the HIS is told: the bill, the red bill, a result code; always signed, and never a patient's name."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence

import pytest

from adapters.his.bosssoft.adapter import Bosssoft
from adapters.his.bosssoft.faults import RESULTS
from hub.adapter import Asker, Outcome, Server, Source
from hub.bill.bill import Bill
from hub.errors import Config, Park, Reject, Retry, define
from hub.simulators.hospital_bosssoft import FalseAnswer, Hospital
from tests.adapters.bosssoft.conftest import bill, delivery, opened, red

CHANGED = define("BH-TST-901", Reject, zh="同号内容不同", en="same id", do_zh="换号", do_en="use another id")
LOOKED_AT = define("BH-TST-902", Park, zh="待处理", en="parked", do_zh="等待", do_en="wait")
BUSY = define("BH-TST-903", Retry, zh="忙", en="busy", do_zh="稍后再发", do_en="again later")
BROKEN = define("BH-TST-904", Config, zh="坏", en="broken", do_zh="修", do_en="repair")


class Shelf:
    """The read-only port, with the bills a test puts there."""

    def __init__(self, *bills: Bill) -> None:
        self.bills = bills

    def find(self, *, bill_code: str = "", bill_number: str = "", key: str = "") -> Sequence[Bill]:
        return [one for one in self.bills if (one.bill_code, one.bill_number) == (bill_code, bill_number)]

    def changes(self, after: int, limit: int) -> Iterable[tuple[int, Bill]]:
        return enumerate(self.bills)


def test_the_source_reads_and_serves_but_asks_nobody(source: Bosssoft) -> None:
    assert isinstance(source, Source)
    assert isinstance(source, Server)
    assert not isinstance(source, Asker)


@pytest.mark.parametrize("place", ["applied", "duplicate"])
def test_an_issue_call_is_answered_with_its_bill(source: Bosssoft, hospital: Hospital, place: str) -> None:
    asked = delivery(hospital.request(hospital.bill())[0])
    answer = source.answer(asked, [(source.read(asked)[0], Outcome(place, bill=bill()))])  # type: ignore[arg-type]
    reply = hospital.opened(answer.body)
    assert reply.ok
    picture = base64.b64decode(reply.message.pop("billQRCode"), validate=True)
    assert picture.startswith(b"\x89PNG\r\n")
    assert reply.message == {
        "billBatchCode": "32060126",
        "billNo": "0000000042",
        "random": "a1b2c3",
        "createTime": "20261123093015123",
        "pictureUrl": "http://bills.invalid/32060126/0000000042/a1b2c3",
        "pictureNetUrl": "",
        "billBusDate": "",
    }
    assert (answer.status, answer.content_type) == (200, "application/json; charset=utf-8")


def test_a_write_off_is_answered_with_the_red_bill(source: Bosssoft, hospital: Hospital) -> None:
    asked = delivery(hospital.request({"billBatchCode": "32060126", "billNo": "0000000042"})[0], "writeOffEBill")
    (message,) = source.read(asked)
    assert message.identity.startswith("TESTAPP/writeOffEBill/32060126-0000000042/")
    outcome = Outcome("applied", bill=bill(), red=bill(bill_number="0000000043", check_code="zzzzzz", face="red"))
    reply = hospital.opened(source.answer(asked, [(message, outcome)]).body)
    assert reply.ok
    assert reply.message["eScarletBillBatchCode"] == "32060126"
    assert reply.message["eScarletBillNo"] == "0000000043"
    assert reply.message["eScarletRandom"] == "zzzzzz"


@pytest.mark.parametrize(
    ("method", "outcome", "result"),
    [
        ("invoiceEBillOutpatient", Outcome("applied"), "E2001"),
        ("invoiceEBillOutpatient", Outcome("applied", bill=bill(bill_number=None, status="due")), "E2001"),
        ("invoiceEBillOutpatient", Outcome("duplicate"), "E2001"),
        ("writeOffEBill", Outcome("applied", bill=bill()), "E2001"),
        ("writeOffEBill", Outcome("applied", bill=bill(), red=bill(face="red", bill_number=None)), "E2001"),
        ("writeOffEBill", Outcome("applied"), "E3001"),
        ("writeOffEBill", Outcome("duplicate"), "E3001"),
        ("writeOffEBill", Outcome("applied", red=bill(face="red", bill_code="1", bill_number="2")), "E3002"),
        ("invoiceEBillOutpatient", Outcome("refused", CHANGED()), "E4000"),
        ("invoiceEBillOutpatient", Outcome("parked", LOOKED_AT()), "E5000"),
        ("invoiceEBillOutpatient", Outcome("parked", BUSY()), "E6000"),
        ("invoiceEBillOutpatient", Outcome("refused", BROKEN()), "E9000"),
    ],
)
def test_without_a_bill_a_result_code_says_what_to_do(
    source: Bosssoft, hospital: Hospital, method: str, outcome: Outcome, result: str
) -> None:
    data = hospital.bill() | {"billBatchCode": "1", "billNo": "2"}
    asked = delivery(hospital.request(data)[0], method)
    answer = source.answer(asked, [(source.read(asked)[0], outcome)])
    reply = hospital.opened(answer.body)
    assert reply.result == result
    assert reply.text
    assert data["payer"] not in reply.text
    assert data["idCardNo"] not in reply.text


def test_a_refusal_is_signed_and_names_its_code(source: Bosssoft, hospital: Hospital) -> None:
    asked = delivery(hospital.request(hospital.bill(), "bad_sign")[0])
    with pytest.raises(Reject) as caught:
        source.read(asked)
    reply = hospital.opened(source.answer(asked, [], caught.value).body)
    assert (reply.result, "BH-BOS-001" in reply.text) == ("E1001", True)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b'{"version": "9"}'])
def test_garbage_gets_a_signed_answer_too(source: Bosssoft, hospital: Hospital, body: bytes) -> None:
    with pytest.raises(Reject) as caught:
        source.read(delivery(body))
    assert hospital.opened(source.answer(delivery(body), [], caught.value).body).result == "E1003"


def test_answers_have_a_noise_of_their_own(source: Bosssoft, hospital: Hospital) -> None:
    data = hospital.bill()
    noises = set()
    for _ in range(3):
        asked = delivery(hospital.request(data)[0])
        noises.add(
            json.loads(source.answer(asked, [(source.read(asked)[0], Outcome("applied", bill=bill()))]).body)["noise"]
        )
    assert len(noises) == 3


def test_a_hospital_with_another_key_does_not_believe_the_answer(source: Bosssoft, hospital: Hospital) -> None:
    asked = delivery(hospital.request(hospital.bill())[0])
    answer = source.answer(asked, [], CHANGED())
    hospital.key = "OTHER"
    with pytest.raises(FalseAnswer):
        hospital.opened(answer.body)


def test_result_codes_are_one_a_fault() -> None:
    assert len(set(RESULTS.values())) == len(RESULTS)


@pytest.mark.parametrize(
    ("held", "state", "scarlet"),
    [
        (bill(), "1", "0"),
        (bill(status="reversing"), "1", "0"),
        (bill(status="reversed", related=(red(),)), "1", "1"),
        (bill(status="void"), "2", "0"),
    ],
)
def test_the_state_of_a_bill(source: Bosssoft, hospital: Hospital, held: Bill, state: str, scarlet: str) -> None:
    asked = delivery(
        hospital.request({"billBatchCode": "32060126", "billNo": "0000000042"})[0], "getEBillStatesByBillInfo"
    )
    assert source.serves(asked)
    result, message = opened(source.serve(asked, Shelf(held)))
    shown = json.loads(message)
    assert (result, shown["state"], shown["isScarlet"]) == ("S0000", state, scarlet)
    assert "测试" not in message
    if scarlet == "1":
        assert shown["scarletBillNo"] == "0000000043"


def test_a_state_question_is_judged_like_any_call(source: Bosssoft, hospital: Hospital) -> None:
    named = {"billBatchCode": "32060126", "billNo": "0000000099"}
    asked = delivery(hospital.request(named)[0], "getEBillStatesByBillInfo")
    assert opened(source.serve(asked, Shelf(bill())))[0] == "E3001"
    forged = delivery(hospital.request(named, "bad_sign")[0], "getEBillStatesByBillInfo")
    assert opened(source.serve(forged, Shelf(bill(bill_number="0000000099"))))[0] == "E1001"
    empty = delivery(hospital.request({"billNo": ""})[0], "getEBillStatesByBillInfo")
    assert opened(source.serve(empty, Shelf()))[0] == "E1006"
    assert not source.serves(delivery(b"", "invoiceEBillOutpatient"))
