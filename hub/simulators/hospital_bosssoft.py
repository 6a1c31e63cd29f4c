"""Plays a hospital's HIS that speaks Bosssoft's medical interface: sends signed calls and checks the answers' sign.

It shares no code with the adapter, so that neither hides the other's mistakes. Persons are made up, by the seed.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import random
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal
from uuid import UUID

import httpx

Kind = Literal["outpatient", "inpatient", "registration", "checkup"]
Misbehave = Literal["", "bad_sign", "wrong_appid", "lower_sign", "gbk", "duplicate_key", "cut_base64"]

METHODS: dict[Kind, str] = {
    "outpatient": "invoiceEBillOutpatient",
    "inpatient": "invEBillHospitalized",
    "registration": "invEBillRegistration",
    "checkup": "invEBillCheckUp",
}
BUS_TYPES: dict[Kind, str] = {"outpatient": "02", "inpatient": "01", "registration": "06", "checkup": "05"}
CATEGORIES = {"02": "诊察费", "03": "检查费", "04": "化验费", "05": "治疗费", "08": "卫生材料费", "09": "西药费"}
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose sign was right: the result code, and the object or the plain text of `message`."""

    result: str
    message: dict[str, str]
    text: str = ""

    @property
    def ok(self) -> bool:
        """Whether the call did what it asked for."""
        return self.result == "S0000"


class FalseAnswer(Exception):  # noqa: N818  (what the hospital saw, not an error of this program)
    """The answer was not signed with our key, or was no envelope."""


@dataclass
class Hospital:
    """One HIS. `url` ends before the method name: http://…/in/{unit}/{source}."""

    url: str
    appid: str = "TESTAPP"
    key: str = "TESTKEY"
    seed: int = 1
    form: bool = False
    """Send form fields instead of JSON."""
    count: int = 0
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  (made-up patients, nothing secret)

    def bill(self, kind: Kind = "outpatient", at: datetime | None = None, channel: str = "05") -> dict[str, Any]:
        """The data of a new bill: items, detail lines, shares, and one payment for what insurance does not bear."""
        self.count += 1
        at = at or datetime.now(CHINA)
        codes = (
            ["13"] if kind == "registration" else sorted(self.dice.sample(list(CATEGORIES), self.dice.randint(1, 4)))
        )
        cents = {code: self.dice.randint(100, 50_000) for code in codes}
        total = sum(cents.values())
        fund = total * self.dice.randint(0, 6) // 10
        account = (total - fund) * self.dice.randint(0, 3) // 10
        cash = total - fund - account
        number = f"{self.seed:03d}{self.count:06d}"
        names = CATEGORIES | {"13": "挂号费"}
        data: dict[str, Any] = {
            "busNo": f"BUS{number}",
            "busType": BUS_TYPES[kind],
            "payer": f"测试{self.dice.choice('甲乙丙丁戊己庚辛')}{self.count}",
            "busDateTime": f"{at.astimezone(CHINA):%Y%m%d%H%M%S}000",
            "placeCode": "001",
            "payee": "王收费",
            "author": "王收费",
            "checker": "李复核",
            "totalAmt": yuan(total),
            "payerType": "1",
            "cardType": "1101",
            "cardNo": citizen_number(self.dice),
            "medicalInstitution": "综合医院",
            "medCareTypeCode": "01" if fund else "07",
            "medicalCareType": "职工基本医疗保险" if fund else "全自费",
            "sex": self.dice.choice("男女"),
            "age": f"{self.dice.randint(1, 90)}岁",
            "accountPay": yuan(account),
            "fundPay": yuan(fund),
            "otherfundPay": "0.00",
            "selfCashPay": yuan(cash),
            "selfPayAmt": yuan(account + cash),
            "ownPay": "0.00",
            "selfConceitedAmt": "0.00",
            "reimbursementAmt": yuan(fund),
            "isArrears": "1",
            "payChannelDetail": [
                {"payChannelCode": "11", "payChannelValue": yuan(fund + account)},
                {"payChannelCode": channel, "payChannelValue": yuan(cash)},
            ],
            "chargeDetail": [
                {
                    "sortNo": index,
                    "chargeCode": code,
                    "chargeName": names[code],
                    "unit": "项",
                    "std": yuan(cents[code]),
                    "number": 1,
                    "amt": yuan(cents[code]),
                    "selfAmt": "0",
                }
                for index, code in enumerate(codes, 1)
            ],
            "listDetail": [
                {
                    "listDetailNo": f"{number}-{code}",
                    "chargeCode": code,
                    "chargeName": names[code],
                    "code": f"X{code}001",
                    "name": f"{names[code]}明细",
                    "unit": "次",
                    "std": yuan(cents[code]) + "00",
                    "number": "1.00",
                    "amt": yuan(cents[code]) + "00",
                    "selfAmt": "0.0000",
                }
                for code in codes
            ],
        }
        data["idCardNo"] = data["cardNo"]
        if kind == "inpatient":
            data |= {
                "caseNumber": f"C{number}",
                "hospitalNo": f"H{number}",
                "category": "内科",
                "inHospitalDate": f"{at - timedelta(days=5):%Y-%m-%d}",
                "outHospitalDate": f"{at:%Y-%m-%d}",
            }
        else:
            data |= {"patientNo": f"M{number}", "patientCategory": "全科", "consultationDate": f"{at:%Y%m%d}"}
        return data

    async def issue(self, data: dict[str, Any], kind: Kind = "outpatient", misbehave: Misbehave = "") -> Reply:
        """Asks for the bill of `data`."""
        return await self.call(METHODS[kind], data, misbehave)

    async def write_off(self, code: str, number: str, reason: str = "退费") -> Reply:
        """Asks for the red bill of a bill."""
        at = f"{datetime.now(CHINA):%Y%m%d%H%M%S}000"
        given = {"billBatchCode": code, "billNo": number, "reason": reason, "operator": "王收费"}
        return await self.call("writeOffEBill", {**given, "busDateTime": at, "placeCode": "001"})

    async def state(self, code: str, number: str) -> Reply:
        """Asks how a bill stands."""
        return await self.call("getEBillStatesByBillInfo", {"billBatchCode": code, "billNo": number})

    async def call(self, method: str, data: dict[str, Any], misbehave: Misbehave = "") -> Reply:
        """One call over a connection of its own.

        Raises:
            FalseAnswer: the answer's sign is wrong or missing.
            httpx.HTTPError: no answer.
        """
        body, kind = self.request(data, misbehave)
        # without TLS there is nothing to verify, and reading the certificates takes longer than the call
        async with httpx.AsyncClient(timeout=90, trust_env=False, verify=self.url.startswith("https:")) as client:
            answer = await client.post(f"{self.url.rstrip('/')}/{method}", content=body, headers={"content-type": kind})
        return self.opened(answer.content)

    def request(self, data: dict[str, Any], misbehave: Misbehave = "") -> tuple[bytes, str]:
        """The bytes of a call and their content type. Every call has a noise of its own."""
        text = json.dumps(data, ensure_ascii=False)
        if misbehave == "duplicate_key":
            text = text[:-1] + ', "totalAmt": "0.01"}'
        packed = base64.b64encode(text.encode("gb18030" if misbehave == "gbk" else "utf-8")).decode()
        if misbehave == "cut_base64":
            packed = packed[:-3]
        noise = str(UUID(int=self.dice.getrandbits(128), version=4))
        appid = "SOMEONE" if misbehave == "wrong_appid" else self.appid
        sign = signature(appid, packed, noise, "1.0", self.key)
        if misbehave == "bad_sign":
            sign = "0" * 32
        elif misbehave == "lower_sign":
            sign = sign.lower()
        fields = {"appid": appid, "data": packed, "noise": noise, "version": "1.0", "sign": sign}
        if self.form:
            return str(httpx.QueryParams(fields)).encode(), "application/x-www-form-urlencoded"
        return json.dumps(fields).encode(), "application/json; charset=utf-8"

    def opened(self, body: bytes) -> Reply:
        """What an answer says, once its sign was checked.

        Raises:
            FalseAnswer: it was not signed with our key.
        """
        try:
            outer = json.loads(body)
            right = signature(self.appid, outer["data"], outer["noise"], "1.0", self.key)
            if outer["sign"] != right:
                raise FalseAnswer("the answer's sign is wrong")
            inner = json.loads(base64.b64decode(outer["data"]))
            text = base64.b64decode(inner["message"]).decode("utf-8")
        except (ValueError, KeyError, TypeError) as error:
            raise FalseAnswer(f"no envelope: {type(error).__name__}") from None
        if inner["result"] == "S0000":
            return Reply("S0000", json.loads(text))
        return Reply(inner["result"], {}, text)


def signature(appid: str, data: str, noise: str, version: str, key: str) -> str:
    """The sign of a call or an answer."""
    text = f"appid={appid}&data={data}&noise={noise}&key={key}&version={version}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def yuan(cents: int) -> str:
    """Fen → yuan with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"


def citizen_number(dice: random.Random) -> str:
    """A made-up citizen number with a right check digit, in a region code nobody has (990100)."""
    body = (
        f"990100{dice.randint(1940, 2015)}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}{dice.randint(1, 999):03d}"
    )
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


async def _run(options: argparse.Namespace) -> int:
    hospital = Hospital(options.url, options.appid, options.key, options.seed, form=options.form)
    wrong = 0
    for _ in range(options.bills):
        data = hospital.bill(options.kind)
        replies = [await hospital.issue(data, options.kind, options.misbehave)]
        if options.repeat:
            replies.append(await hospital.issue(data, options.kind))
        if options.change:
            replies.append(await hospital.issue({**data, "remark": "改"}, options.kind))
        if options.write_off and replies[0].ok:
            first = replies[0].message
            replies.append(await hospital.write_off(first["billBatchCode"], first["billNo"]))
            replies.append(await hospital.state(first["billBatchCode"], first["billNo"]))
        for reply in replies:
            wrong += not reply.ok
            print(json.dumps({"busNo": data["busNo"], "result": reply.result, **reply.message}, ensure_ascii=False))
    return 1 if wrong else 0


def main(arguments: list[str] | None = None) -> int:
    """Sends bills, and prints one JSON line an answer; 1 where one was not S0000."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m hub.simulators.hospital_bosssoft")
    parser.add_argument("url", help="http://HOST:PORT/in/UNIT/SOURCE")
    parser.add_argument("--appid", default="TESTAPP")
    parser.add_argument("--key", default="TESTKEY")
    parser.add_argument("--kind", choices=list(METHODS), default="outpatient")
    parser.add_argument("--bills", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--form", action="store_true", help="form fields instead of JSON")
    parser.add_argument("--repeat", action="store_true", help="send each bill twice")
    parser.add_argument("--change", action="store_true", help="send each busNo again with other content")
    parser.add_argument("--write-off", action="store_true", help="write each bill off and ask for its state")
    parser.add_argument(
        "--misbehave",
        default="",
        choices=["", "bad_sign", "wrong_appid", "lower_sign", "gbk", "duplicate_key", "cut_base64"],
    )
    return asyncio.run(_run(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
