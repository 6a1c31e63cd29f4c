"""A hospital and its channel that pay, take back, and can repeat what they sent; and what payers hold of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from hub.simulators.alipay import Alipay
from hub.simulators.alipay import deliver as tell
from hub.simulators.hospital_hl7 import HospitalHl7, WrongAck
from hub.simulators.hospital_hl7_words import Charge, Writer
from tests.hubprocess import HubProcess, until

HIS, ALIPAY = "demo-hospital/his", "demo-hospital/alipay"
AWAY = (OSError, EOFError, WrongAck)
Message = tuple[str, bytes, str]
"""(source, body, control id)"""


@dataclass
class Hospital:
    """Lines that work at the same time; each step waits for its acknowledgement, and is written down with it."""

    hub: HubProcess
    alipay: Alipay
    lines: int = 2
    sent: list[Message] = field(default_factory=list)
    """acknowledged, in order"""
    paid: dict[str, int] = field(default_factory=dict)
    """charge → fen that were paid, 0 where they were given back in full"""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _closing: bool = False
    _seeds: Any = field(default_factory=lambda: itertools.count(1))

    async def _line(self) -> None:
        writer = Writer(seed := next(self._seeds), prefix=f"R{seed}")
        for number in itertools.count():
            if self._closing:
                return
            charge = writer.charge(cash=number % 3 == 0)
            await self.say((HIS, charge.body, charge.control_id))
            if number % 3 == 0:
                self.paid[charge.charge_no] = charge.amount_fen
            else:
                await self._by_phone(charge, give_back=number % 6 == 2)
            await asyncio.sleep(0.03)

    async def _by_phone(self, charge: Charge, *, give_back: bool) -> None:
        trade = self.alipay.trade(charge.charge_no, charge.amount_fen)
        await self.say((ALIPAY, self.alipay.sign(self.alipay.fields(trade)), ""))
        self.paid[charge.charge_no] = charge.amount_fen
        if give_back:
            fields = self.alipay.refund_fields(trade, charge.amount_fen, f"B{charge.charge_no}")
            await self.say((ALIPAY, self.alipay.sign(fields), ""))
            self.paid[charge.charge_no] = 0

    async def say(self, message: Message) -> None:
        """Until it is acknowledged."""
        while not await self.tried(message):
            await asyncio.sleep(0.02)
        self.sent.append(message)

    async def tried(self, message: Message) -> bool:
        source, body, control_id = message
        try:
            if source == ALIPAY:
                return (await tell(self.hub.url(source), body, (0.0,))).ok
            async with HospitalHl7(*self.hub.address(source), timeout=10) as his:
                return (await his.told(body, control_id)).code == "AA"
        except AWAY:
            return False

    async def repeat(self, messages: list[Message]) -> None:
        """Everything once more, as somebody in charge of the source would have it sent again."""
        for message in messages:
            while not await self.tried(message):
                await asyncio.sleep(0.02)

    async def more(self, count: int) -> None:
        """Waits until so many more are acknowledged."""
        goal = len(self.sent) + count
        await until(lambda: len(self.sent) >= goal, f"{count} more are acknowledged", 60)

    async def __aenter__(self) -> Self:
        self._closing = False
        self._tasks = [asyncio.create_task(self._line()) for _ in range(self.lines)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Each line ends the charge it is at: what was sent was acknowledged, and is written down."""
        self._closing = True
        async with asyncio.timeout(60):
            await asyncio.gather(*self._tasks)


def told(xml: bytes) -> tuple[str, str, str]:
    """(bill code and number, charge, check code), as anybody reads them who holds the bill."""

    def one(name: bytes) -> str:
        (text,) = re.findall(b"<%s>([^<]*)</%s>" % (name, name), xml)
        return str(text.decode())

    return f"{one(b'EInvoiceCode')}-{one(b'EInvoiceNumber')}", one(b"BizCode"), one(b"RandomNumber")


def verdict(
    paid: dict[str, int],
    held: dict[str, tuple[str, str]],
    bills: list[tuple[str, str, str, str, int]],
    xml: Callable[[str], bytes],
) -> None:
    """Nothing is lost, doubled or used again.

    `held`: number → (charge, check code), from outside, before the fire. `bills`: (id, face, status, charge, total).
    """
    living: dict[str, list[int]] = {}
    numbers: dict[str, tuple[str, str]] = {}
    for id_, face, status, charge_no, total in bills:
        if status == "void":
            continue
        assert status in {"confirmed", "reversed"}, (id_, face, status, charge_no)
        number, charge, check = told(xml(id_))
        assert number not in numbers, f"{number} is on two bills"
        numbers[number] = charge, check
        assert charge == charge_no
        if face == "blue" and status != "reversed":
            living.setdefault(charge_no, []).append(total)
    for charge_no, fen in paid.items():
        assert living.get(charge_no, []) == ([fen] if fen else []), charge_no
    for number, known in held.items():
        assert numbers.get(number, known) == known, f"{number} is on another bill than payers hold"


async def done(*words: Any, code: int = 0) -> Any:
    """What a verb of the command says, as JSON; what it complains of where it fails as it should."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub.cli", "--lang", "en", *map(str, words)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    assert process.returncode == code, (words, out.decode(), err.decode())
    return json.loads(out.splitlines()[-1]) if not code else err.decode()
