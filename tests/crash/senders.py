"""The systems around a hub that dies all the time: each repeats what was not acknowledged until it is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from hub.demo.world import APP_ID
from hub.ledger.sqlite_file import FILE
from hub.simulators.alipay import deliver as tell_alipay
from hub.simulators.hospital_bosssoft import FalseAnswer, Hospital, Reply
from hub.simulators.hospital_hl7 import HospitalHl7, WrongAck
from hub.simulators.unionpay import deliver as tell_unionpay
from tests.crash.acknowledged import Acknowledged
from tests.hubprocess import HubProcess, Town

AWAY = (OSError, EOFError, WrongAck, FalseAnswer, httpx.HTTPError)
"""What a sender sees of a hub that dies under it."""
ONCE = (0.0,)
ENDURANCE = 200.0
"""Seconds until a step that is never acknowledged fails a test; the hub may be dead for some of them."""
HOSPITAL = "demo-hospital"


async def _on() -> None:
    return


@dataclass
class Senders:
    """Ways to tell the hub something; each returns once it was acknowledged, and then `between` is awaited."""

    town: Town
    hub: HubProcess
    acknowledged: Acknowledged = field(default_factory=Acknowledged)
    repeats: int = 0
    between: Callable[[], Awaitable[None]] = _on

    async def hl7(self, body: bytes, control_id: str) -> None:
        async def once() -> bool:
            async with HospitalHl7(*self.hub.address(f"{HOSPITAL}/his"), timeout=10) as his:
                ack = await his.told(body, control_id)
            assert ack.code in {"AA", "AR"}, ack  # AR: it drains, or is too busy
            return ack.code == "AA"

        await self._until_acknowledged(once)

    async def alipay(self, body: bytes) -> None:
        async def once() -> bool:
            return (await tell_alipay(self.hub.url(f"{HOSPITAL}/alipay"), body, ONCE)).ok

        await self._until_acknowledged(once)

    async def unionpay(self, body: bytes) -> None:
        async def once() -> bool:
            return await tell_unionpay(self.hub.url(f"{HOSPITAL}/unionpay"), body, ONCE) == 200

        await self._until_acknowledged(once)

    async def bosssoft(self, seed: int, method: str, data: dict[str, Any]) -> Reply:
        hospital = Hospital("", APP_ID, self.town.world.bosssoft_key, seed)
        reply = Reply("", {})

        async def once() -> bool:
            nonlocal reply
            hospital.url = self.hub.url(f"{HOSPITAL}/bosssoft")
            reply = await hospital.call(method, data)
            return reply.ok

        await self._until_acknowledged(once)
        return reply

    async def issued(self, charge_no: str) -> None:
        """Waits until the bill is there: what happens to the charge from then on needs a red one."""
        async with asyncio.timeout(ENDURANCE):
            while not self._issued(charge_no):
                await asyncio.sleep(0.02)

    def _issued(self, charge_no: str) -> bool:
        if not self.hub.ready:
            return False
        question = "SELECT 1 FROM bill WHERE charge_no = ? AND status IN ('issued', 'confirmed') AND face = 'blue'"
        look = sqlite3.connect(f"file:{self.hub.data / FILE}?mode=ro", uri=True)
        try:
            return look.execute(question, (charge_no,)).fetchone() is not None
        finally:
            look.close()

    async def _until_acknowledged(self, once: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(ENDURANCE):
            while not await self._tried(once):
                self.repeats += 1
                await asyncio.sleep(0.02)
        self.acknowledged.count += 1
        await self.between()

    async def _tried(self, once: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return bool(self.hub.ready) and await once()
        except AWAY:
            return False
