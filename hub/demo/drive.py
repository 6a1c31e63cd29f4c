"""Drives the demonstration's peers: every charge is made by one system and paid through another, as in life."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from hub.demo.world import APP_ID, World
from hub.simulators.alipay import Trade
from hub.simulators.hospital_bosssoft import Hospital as BosssoftHospital
from hub.simulators.hospital_hl7 import HospitalHl7
from hub.simulators.insurer import Insurer
from hub.simulators.school import School

SHARES: Final = {"alipay": 40, "payment_first": 10, "cash": 15, "unionpay": 10, "bosssoft": 15, "school": 10}
"""Of a hundred charges, how many go each way."""


@dataclass(slots=True)
class Driven:
    """What was done, for the report to compare with what the hub says."""

    charges: int = 0
    payments: int = 0
    refunds: int = 0
    repeats: int = 0
    answers_bad: list[str] = field(default_factory=list)
    bosssoft_bills: int = 0


@dataclass(slots=True)
class Driver:
    """The peers around a running hub. `http` is host:port; `doors` as in the ready file."""

    world: World
    http: str
    doors: dict[str, str]
    seed: int
    driven: Driven = field(default_factory=Driven)
    tick: Callable[[], None] = lambda: None
    _paid: list[tuple[Trade, int]] = field(default_factory=list)

    def url(self, source: str) -> str:
        """The address of an HTTP door."""
        return f"http://{self.http}/in/{source}"

    async def charges(self, count: int, connections: int = 4) -> None:
        """Makes and pays that many charges."""
        ways = [way for way, share in SHARES.items() for _ in range(share)]
        dice = Random(self.seed)  # noqa: S311  (a demonstration's order, not a secret)
        chosen = [dice.choice(ways) for _ in range(count)]
        host, _, port = self.doors["demo-hospital/his"].rpartition(":")
        school = sum(way == "school" for way in chosen)
        lanes: list[list[str]] = [[] for _ in range(connections)]
        for index, way in enumerate(way for way in chosen if way != "school"):
            lanes[index % connections].append(way)
        jobs: list[Awaitable[None]] = [
            self._lane(host, int(port), lane, self.seed * 1000 + number) for number, lane in enumerate(lanes)
        ]
        if school:
            jobs.append(self._school(school))
        await asyncio.gather(*jobs)

    async def _lane(self, host: str, port: int, ways: list[str], seed: int) -> None:
        bosssoft = BosssoftHospital(self.url("demo-hospital/bosssoft"), APP_ID, self.world.bosssoft_key, seed)
        async with HospitalHl7(host, port, seed=seed) as his:
            for way in ways:
                if way == "bosssoft":
                    await self._bosssoft(bosssoft)
                else:
                    await self._hl7(his, way)
                self.driven.charges += 1
                self.tick()

    async def _hl7(self, his: HospitalHl7, way: str) -> None:
        if way == "payment_first":
            charge = his.writer.charge()
            await self._alipay(charge.charge_no, charge.amount_fen)
            self._expect("hl7", (await his.told(charge.body, charge.control_id)).code, "AA")
            return
        charge, ack = await his.send_charge(cash=way == "cash")
        self._expect("hl7", ack.code, "AA")
        if way == "cash":
            self.driven.payments += 1
        elif way == "alipay":
            await self._alipay(charge.charge_no, charge.amount_fen)
        else:
            _trade, status = await self.world.unionpay.pay(
                self.url("demo-hospital/unionpay"), charge.charge_no, charge.amount_fen
            )
            self._expect("unionpay", status, 200)
            self.driven.payments += 1

    async def _alipay(self, charge_no: str, fen: int) -> None:
        trade, sent = await self.world.alipay.pay(self.url("demo-hospital/alipay"), charge_no, fen)
        self._expect("alipay", sent.answer, b"success")
        self.driven.payments += 1
        self._paid.append((trade, fen))

    async def _bosssoft(self, hospital: BosssoftHospital) -> None:
        reply = await hospital.issue(hospital.bill("outpatient"))
        self._expect("bosssoft", reply.result, "S0000")
        self.driven.payments += 1
        self.driven.bosssoft_bills += 1

    async def _school(self, students: int) -> None:
        school = School(self.seed)
        rows = school.rows(students, projects=1)
        school.drop(self.world.inbox, f"fees-{self.seed}.csv", school.csv(rows, "gb18030"))
        self.driven.charges += len(rows)
        self.driven.payments += len(rows)
        for _ in rows:
            self.tick()

    async def misfortunes(self) -> None:
        """What happens every day: a notification repeated, a full refund of a paid charge, a forged notification."""
        if not self._paid:
            return
        trade, _ = self._paid[0]
        url = self.url("demo-hospital/alipay")
        again = await self.world.alipay.finish(url, trade)
        self._expect("alipay repeat", again.answer, b"success")
        self.driven.repeats += 1
        refunded = await self.world.alipay.refund(url, self._paid[-1][0], self._paid[-1][1], "R1")
        self._expect("alipay refund", refunded.answer, b"success")
        self.driven.refunds += 1

    def insurer(self) -> Insurer:
        """The insurer that pulls what was issued."""
        return Insurer(f"http://{self.http}", self.world.insurer_key)

    def _expect(self, what: str, got: Any, wanted: Any) -> None:
        if got != wanted and len(self.driven.answers_bad) < 10:
            self.driven.answers_bad.append(f"{what}: {got!r}")
