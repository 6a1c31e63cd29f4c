"""Senders over real protocols that note exactly what was acknowledged, and repeat what was not until it is.

Three kinds, each on lines of its own: a HIS that tells a charge paid in cash (HL7 v2 over MLLP); a HIS that tells a
charge which a phone then pays (HL7 v2, then Alipay's notify over HTTP); a HIS that waits for its bill (Bosssoft, HTTP).
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Self

import httpx

from drills.machine import Machine
from drills.place import Place
from drills.process import until
from hub.demo.world import APP_ID
from hub.simulators.hospital_bosssoft import METHODS, FalseAnswer
from hub.simulators.hospital_bosssoft import Hospital as Bosssoft
from hub.simulators.hospital_hl7 import HospitalHl7, WrongAck
from hub.simulators.hospital_hl7_words import Writer

HOSPITAL: Final = "demo-hospital"
AWAY: Final = (OSError, EOFError, WrongAck, FalseAnswer, httpx.HTTPError)
"""What a sender sees of a door that dies, or cannot serve it."""
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
ANSWER_SECONDS: Final = 15.0
AGAIN_SECONDS: Final = 0.1
"""Before the same message is sent once more."""
FINISH_SECONDS: Final = 120.0


@dataclass(slots=True)
class Told:
    """A charge that senders have told the hub, as far as they heard that it was taken."""

    fen: int
    paid: bool = False
    """its money was told too: it must have a bill"""
    answer: tuple[str, str] | None = None
    """bill code and number its sender was answered with"""


@dataclass
class Load:
    """See the module. `cash`, `phone` and `waiting` lines; each rests so many seconds between two charges."""

    place: Place
    cash: int = 2
    phone: int = 2
    waiting: int = 1
    rest: float = 0.04
    told: dict[str, Told] = field(default_factory=dict)
    acknowledged: int = 0
    """messages"""
    sent: int = 0
    """tries, of which each may have reached the hub"""
    at: list[float] = field(default_factory=list)
    """when a sender was served that waits for nothing but the broker"""
    open: bool = True
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _doors: Callable[[], int] = field(default_factory=lambda: itertools.count().__next__)

    async def more(self, count: int, seconds: float = 90) -> None:
        """Waits until so many more messages are acknowledged."""
        wanted = self.acknowledged + count
        await until(lambda: self.acknowledged >= wanted, f"{count} more are acknowledged", seconds)

    async def lasts(self, seconds: float) -> None:
        """Senders go on for so long, whatever comes of it."""
        await asyncio.sleep(seconds)

    @property
    def longest_gap(self) -> float:
        """Seconds in which no sender was served that waits for nothing but the broker."""
        return max((later - earlier for earlier, later in itertools.pairwise(self.at)), default=0.0)

    async def finish(self) -> None:
        """No new charges; what was begun is brought to its end.

        Raises:
            TimeoutError: somebody is not served.
        """
        self.open = False
        async with asyncio.timeout(FINISH_SECONDS):
            await asyncio.gather(*self._tasks[: self.cash + self.phone])
            self.at.append(time.monotonic())
            await asyncio.gather(*self._tasks)

    async def __aenter__(self) -> Self:
        self.at.append(time.monotonic())
        kinds = [self._in_cash] * self.cash + [self._by_phone] * self.phone + [self._with_answer] * self.waiting
        self._tasks = [asyncio.create_task(self._line(kind)) for kind in kinds]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _line(self, kind: Callable[[], Awaitable[None]]) -> None:
        while self.open:
            await kind()

    async def _in_cash(self) -> None:
        """A line of a HIS: many charges, one connection as long as it holds."""
        writer = Writer(number := next(self.place.turns), prefix=f"C{number}")
        async with _Mllp(self) as line:
            while self.open:
                charge = writer.charge(cash=True)
                await line.tell(charge.body, charge.control_id)
                self.told[charge.charge_no] = Told(charge.amount_fen, paid=True)
                await asyncio.sleep(self.rest)

    async def _by_phone(self) -> None:
        writer = Writer(number := next(self.place.turns), prefix=f"P{number}")
        alipay = self.place.world.alipay
        async with _Mllp(self) as line, httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            while self.open:
                charge = writer.charge()
                await line.tell(charge.body, charge.control_id)
                self.told[charge.charge_no] = Told(charge.amount_fen)
                body = alipay.sign(alipay.fields(alipay.trade(charge.charge_no, charge.amount_fen)))

                async def notify(body: bytes = body) -> bool:
                    answer = await client.post(self.url("alipay"), content=body, headers=FORM)
                    return answer.content == b"success"

                await self.surely(notify)
                self.told[charge.charge_no].paid = True
                await asyncio.sleep(self.rest)

    async def _with_answer(self) -> None:
        his = Bosssoft("", APP_ID, self.place.world.bosssoft_key, next(self.place.turns))
        data = his.bill("outpatient")

        async def ask() -> bool:
            his.url = self.url("bosssoft")
            reply = await his.call(METHODS["outpatient"], data)
            if not reply.ok:
                return False
            fen = int(str(data["totalAmt"]).replace(".", ""))
            answer = reply.message["billBatchCode"], reply.message["billNo"]
            self.told[data["busNo"]] = Told(fen, paid=True, answer=answer)
            return True

        await self.surely(ask, quick=False)
        await asyncio.sleep(self.rest)

    def url(self, source: str) -> str:
        """Where a source of the hospital is posted to: one door after another, as a balancer does.

        Raises:
            ConnectionError: no door is open.
        """
        return self._door().url(f"{HOSPITAL}/{source}")

    def address(self) -> tuple[str, int]:
        """Where its HL7 door is; as `url`."""
        return self._door().address(f"{HOSPITAL}/his")

    def _door(self) -> Machine:
        doors = self.place.with_role("door")
        if not doors:
            raise ConnectionError("no door is open")
        return doors[self._doors() % len(doors)]

    async def surely(self, once: Callable[[], Awaitable[bool]], *, quick: bool = True) -> None:
        """Sends until it is acknowledged; `quick` ones wait for nothing but the broker."""
        while True:
            self.sent += 1
            try:
                if await once():
                    break
            except AWAY:
                pass
            await asyncio.sleep(AGAIN_SECONDS)
        self.acknowledged += 1
        if quick:
            self.at.append(time.monotonic())


class _Mllp:
    """A HIS's connection, made anew where it broke."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._line: HospitalHl7 | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._cut()

    async def tell(self, body: bytes, control_id: str) -> None:
        """Sends a message until it is acknowledged."""

        async def once() -> bool:
            if self._line is None:
                self._line = HospitalHl7(*self._load.address(), timeout=ANSWER_SECONDS)
            try:
                return (await self._line.told(body, control_id)).code == "AA"
            except BaseException:
                await self._cut()
                raise

        await self._load.surely(once)

    async def _cut(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.close()
