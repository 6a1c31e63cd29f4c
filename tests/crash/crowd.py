"""Senders around a hub that dies all the time: each keeps what was acknowledged, and repeats what was not."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from hub.demo.world import APP_ID
from hub.issuing.verify import verify_einvoice
from hub.ledger.sqlite import FILE
from hub.security.certificates import Trust
from hub.simulators.alipay import deliver as tell_alipay
from hub.simulators.hospital_bosssoft import FalseAnswer
from hub.simulators.hospital_bosssoft import Hospital as Bosssoft
from hub.simulators.hospital_hl7 import HospitalHl7, WrongAck
from hub.simulators.hospital_hl7_words import Charge, Writer
from hub.simulators.school import School
from hub.simulators.unionpay import deliver as tell_unionpay
from tests.hubprocess import HubProcess, Town, until

AWAY = (OSError, EOFError, WrongAck, FalseAnswer, httpx.HTTPError)
"""What a sender sees of a hub that dies under it."""
ONCE = (0.0,)
HOSPITAL, SCHOOL = "demo-hospital", "demo-school"


@dataclass
class Crowd:
    """All senders. `charges` and `payments` hold what was acknowledged: keys of the ledger."""

    town: Town
    hub: HubProcess
    charges: dict[str, int] = field(default_factory=dict)
    """charge number → fen"""
    payments: set[str] = field(default_factory=set)
    """trade numbers"""
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    """busNo → (bill code, number) as the Bosssoft HIS was told"""
    files: dict[str, int] = field(default_factory=dict)
    """file → its fiscal rows"""
    repeats: int = 0
    open: bool = True
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _school: int = 0

    def start(self, lanes: int = 2) -> Crowd:
        for lane in range(lanes):
            self._tasks += [
                asyncio.create_task(self._his(lane, cash=False)),
                asyncio.create_task(self._his(lane + 50, cash=True)),
                asyncio.create_task(self._bosssoft(lane)),
            ]
        return self

    async def finish(self) -> None:
        """No new charges; whoever has something open repeats it until it is acknowledged."""
        self.open = False
        await asyncio.gather(*self._tasks)

    def drop(self, students: int = 3) -> str:
        """A school puts a fee table into the folder."""
        self._school += 1
        school = School(self._school)
        name = f"fees-{self._school}.csv"
        rows = school.rows(students, projects=1)
        school.drop(self.town.world.inbox, name, school.csv(rows, "gb18030"))
        self.files[name] = len(rows)
        return name

    def done(self, name: str) -> bool:
        return (self.town.world.inbox / f"{name}.done").exists()

    async def _his(self, lane: int, *, cash: bool) -> None:
        """A HIS whose charges are paid at the counter, or by Alipay (now and then first) or UnionPay."""
        writer = Writer(lane + 1, prefix=f"L{lane}")
        number = 0
        while self.open:
            number += 1
            charge = writer.charge(cash=cash)
            if not cash and number % 4 == 0:
                await self._alipay(charge)
            await self._told(charge)
            self.charges[charge.charge_no] = charge.amount_fen
            if not cash and number % 4 == 1:
                await self._unionpay(charge)
            elif not cash and number % 4:
                await self._alipay(charge)

    async def _told(self, charge: Charge) -> None:
        async def once() -> bool:
            async with HospitalHl7(*self.hub.address(f"{HOSPITAL}/his"), timeout=10) as his:
                ack = await his.told(charge.body, charge.control_id)
            assert ack.code in {"AA", "AR"}, ack  # AR: it drains, or is too busy
            return ack.code == "AA"

        await self._until_acknowledged(once)

    async def _alipay(self, charge: Charge) -> None:
        alipay = self.town.world.alipay
        trade = alipay.trade(charge.charge_no, charge.amount_fen)
        body = alipay.sign(alipay.fields(trade))

        async def once() -> bool:
            return (await tell_alipay(self.hub.url(f"{HOSPITAL}/alipay"), body, ONCE)).ok

        await self._until_acknowledged(once)
        self.payments.add(trade.trade_no)

    async def _unionpay(self, charge: Charge) -> None:
        unionpay = self.town.world.unionpay
        trade = unionpay.trade(charge.charge_no, charge.amount_fen)
        body = unionpay.form(unionpay.fields(trade))

        async def once() -> bool:
            return await tell_unionpay(self.hub.url(f"{HOSPITAL}/unionpay"), body, ONCE) == 200

        await self._until_acknowledged(once)
        self.payments.add(trade.query_id)

    async def _bosssoft(self, lane: int) -> None:
        """A HIS that gets the bill in the answer; it asks twice for every third."""
        number = 0
        while self.open:
            number += 1
            hospital = Bosssoft("", APP_ID, self.town.world.bosssoft_key, 1000 * (lane + 1) + number)
            data = hospital.bill("outpatient")
            for _ in range(2 if number % 3 == 0 else 1):
                await self._asked(hospital, data)

    async def _asked(self, hospital: Bosssoft, data: dict[str, Any]) -> None:
        async def once() -> bool:
            hospital.url = self.hub.url(f"{HOSPITAL}/bosssoft")
            reply = await hospital.issue(data)
            if not reply.ok:
                return False
            told = reply.message["billBatchCode"], reply.message["billNo"]
            assert self.answers.setdefault(data["busNo"], told) == told, "two bills for one busNo"
            return True

        await self._until_acknowledged(once)

    async def _until_acknowledged(self, once: Callable[[], Awaitable[bool]]) -> None:
        while True:
            try:
                if self.hub.ready and await once():
                    return
            except AWAY:
                pass
            self.repeats += 1
            await asyncio.sleep(0.02)

    # what must hold

    def acknowledged_is_there(self) -> None:
        """Whatever any sender saw acknowledged is in the database."""
        look = sqlite3.connect(f"file:{self.hub.data / FILE}?mode=ro", uri=True)
        keys = {tuple(row[0].split("\x1f")[1:3]) for row in look.execute("SELECT key FROM key")}
        bills = set(look.execute("SELECT bill_code, bill_number FROM bill"))
        look.close()
        wanted = {("charge", no) for no in (*self.charges, *self.answers)} | {("trade", no) for no in self.payments}
        assert wanted <= keys, sorted(wanted - keys)[:5]
        assert set(self.answers.values()) <= bills

    async def settled(self) -> None:
        """Waits until everything is issued and countersigned."""
        reader = self.hub.reader()

        def finished() -> bool:
            assert self.hub.alive, self.hub.log[-3000:]
            bills = reader.books()["bills"]
            return not any(bills.get(status) for status in ("waiting", "due", "issued", "reversing"))

        await until(finished, "all is issued and countersigned")

    def all_is_well(self) -> None:
        """Every charge one living bill, no number twice or lost, books that balance, bills that verify."""
        reader = self.hub.reader()
        books = reader.books()
        assert books["balanced"], books
        assert set(books["bills"]) == {"confirmed"}, books["bills"]
        assert reader.parked_count() == 0, reader.parked(limit=3)
        look = sqlite3.connect(f"file:{self.hub.data / FILE}?mode=ro", uri=True)
        rows = look.execute("SELECT unit, charge_no, total, bill_code, bill_number, id FROM bill").fetchall()
        look.close()
        hospital = [row for row in rows if row[0] == HOSPITAL]
        assert sorted(row[1] for row in hospital) == sorted([*self.charges, *self.answers])
        assert {row[1]: row[2] for row in hospital if row[1] in self.charges} == self.charges
        assert {row[1]: (row[3], row[4]) for row in hospital if row[1] in self.answers} == self.answers
        assert len(rows) - len(hospital) == sum(self.files.values())
        numbers = [(row[3], row[4]) for row in rows]
        assert len(numbers) == len(set(numbers))
        for segment in books["numbers"]:
            assert segment["used"] == sum(code == segment["code"] for code, _ in numbers)
            counted = sum(segment[name] for name in ("used", "void", "reserved", "leased", "free"))
            assert counted == int(segment["to"]) - int(segment["from"]) + 1
        trust = Trust.from_folder(self.hub.data / "trust")
        for row in rows:
            verdict = verify_einvoice(reader.document(row[5], "xml") or b"", trust)
            assert verdict.ok
            assert verdict.countersigned
        # the platform saw each number with one content only
        assert self.town.platform.state("", "") == {"countersigned": len(rows), "refused": 0}
