"""Drives the demonstration's peers: every charge is made by one system and paid through another, as in life."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from hub.demo.world import APP_ID, World
from hub.simulators.alipay import Alipay, Trade
from hub.simulators.hospital_bosssoft import Hospital as BosssoftHospital
from hub.simulators.hospital_bosssoft import Kind
from hub.simulators.hospital_hl7 import HospitalHl7
from hub.simulators.hospital_hl7_words import Charge
from hub.simulators.insurer import Insurer
from hub.simulators.school import School

SHARES: Final = {
    "alipay": 35,
    "alipay_gbk": 5,
    "payment_first": 10,
    "repeated": 5,
    "cash": 10,
    "unionpay": 10,
    "outpatient": 9,
    "inpatient": 2,
    "registration": 3,
    "checkup": 1,
    "school": 10,
}
"""Of a hundred charges, how many go each way; the four before the last are the Bosssoft HIS's."""
BOSSSOFT: Final[dict[str, Kind]] = {
    "outpatient": "outpatient",
    "inpatient": "inpatient",
    "registration": "registration",
    "checkup": "checkup",
}
CODECS: Final = ("UTF-8", "GB18030")
"""Every second HIS connection speaks GB18030 and does not declare it, as many do."""
RUN: Final = 10_000
"""Seeds apart between two runs in one folder."""
OTHER_PROJECT: Final = "0901"
"""The school's 教材费: 代收费, accounted for without a fiscal bill."""


@dataclass(slots=True)
class Driven:
    """What was done, for the report to compare with what the hub says."""

    charges: int = 0
    payments: int = 0
    collected: int = 0
    """代收费 rows: charged and paid, and rightly without a bill"""
    repeats: int = 0
    forged: int = 0
    answers_bad: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Driver:
    """The peers around a running hub. `http` is host:port; `doors` as in the ready file."""

    world: World
    http: str
    doors: dict[str, str]
    seed: int
    driven: Driven = field(default_factory=Driven)
    tick: Callable[[], None] = lambda: None
    paid: list[tuple[HospitalHl7, Charge, Trade]] = field(default_factory=list)
    """what was paid by Alipay, to be refunded or told again"""
    answered: list[dict[str, str]] = field(default_factory=list)
    """the bills the Bosssoft HIS got as its answers"""

    def url(self, source: str) -> str:
        """The address of an HTTP door."""
        return f"http://{self.http}/in/{source}"

    async def charges(self, count: int, connections: int = 4, *, school: bool = True) -> None:
        """Makes and pays that many charges; each way is gone once before dice decide."""
        ways = [way for way, share in SHARES.items() for _ in range(share) if school or way != "school"]
        dice = Random(self.seed)  # noqa: S311  (a demonstration's order, not a secret)
        each = list(dict.fromkeys(ways))
        chosen = [*each[:count], *(dice.choice(ways) for _ in range(count - len(each)))]
        lanes: list[list[str]] = [[] for _ in range(connections)]
        for index, way in enumerate(way for way in chosen if way != "school"):
            lanes[index % connections].append(way)
        jobs: list[Awaitable[None]] = [
            self._lane(lane, self.seed * 10 + number) for number, lane in enumerate(lanes) if lane
        ]
        if (rows := chosen.count("school")) > 0:
            jobs.append(self._school(rows))
        await asyncio.gather(*jobs)

    async def _lane(self, ways: list[str], seed: int) -> None:
        host, _, port = self.doors["demo-hospital/his"].rpartition(":")
        codec = CODECS[seed % len(CODECS)]
        async with HospitalHl7(host, int(port), seed=seed, charset=codec, declares=codec == "UTF-8") as his:
            bosssoft = self._bosssoft(seed)
            for way in ways:
                if way in BOSSSOFT:
                    await self._told_bosssoft(bosssoft, BOSSSOFT[way])
                else:
                    await self._told_hl7(his, way)
                self.driven.charges += 1
                self.driven.payments += 1
                self.tick()

    async def _told_hl7(self, his: HospitalHl7, way: str) -> None:
        if way == "payment_first":
            charge = his.writer.charge()
            await self._alipay(his, charge, self.world.alipay)
            self.expect("hl7", (await his.told(charge.body, charge.control_id)).code, "AA")
            return
        charge, ack = await his.send_charge(cash=way == "cash")
        self.expect("hl7", ack.code, "AA")
        if way == "repeated":
            self.expect("hl7 repeat", (await his.told(charge.body, charge.control_id)).code, "AA")
            self.driven.repeats += 1
        if way == "unionpay":
            _trade, status = await self.world.unionpay.pay(
                self.url("demo-hospital/unionpay"), charge.charge_no, charge.amount_fen
            )
            self.expect("unionpay", status, 200)
        elif way == "alipay_gbk":
            await self._alipay(his, charge, self.world.alipay_gbk)
        elif way != "cash":
            await self._alipay(his, charge, self.world.alipay)

    async def _alipay(self, his: HospitalHl7, charge: Charge, alipay: Alipay) -> None:
        trade, sent = await alipay.pay(self.url("demo-hospital/alipay"), charge.charge_no, charge.amount_fen)
        self.expect("alipay", sent.answer, b"success")
        if alipay is self.world.alipay:
            self.paid.append((his, charge, trade))

    def _bosssoft(self, seed: int) -> BosssoftHospital:
        return BosssoftHospital(self.url("demo-hospital/bosssoft"), APP_ID, self.world.bosssoft_key, seed)

    async def _told_bosssoft(self, hospital: BosssoftHospital, kind: Kind) -> None:
        reply = await hospital.issue(hospital.bill(kind), kind)
        self.expect("bosssoft", (reply.result, reply.text), ("S0000", ""))
        if reply.ok:
            self.answered.append(reply.message)

    async def _school(self, count: int) -> None:
        school = School(self.seed // RUN)
        rows = school.rows((count + 1) // 2)
        other = [row for row in rows if row[10] == OTHER_PROJECT]
        fiscal = [row for row in rows if row[10] != OTHER_PROJECT][:count]
        school.drop(self.world.inbox, f"fees-{self.seed}.csv", school.csv([*fiscal, *other], "gb18030"))
        self.driven.collected += len(other)
        for _ in fiscal:
            self.driven.charges += 1
            self.driven.payments += 1
            self.tick()

    def insurer(self) -> Insurer:
        """The insurer that pulls what was issued."""
        return Insurer(f"http://{self.http}", self.world.insurer_key)

    def expect(self, what: str, got: Any, wanted: Any) -> None:
        """Remembers an answer that is not what its protocol says."""
        if got != wanted and len(self.driven.answers_bad) < 10:
            self.driven.answers_bad.append(f"{what}: {got!r}")
