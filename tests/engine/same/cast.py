"""The cast of a scenario on one site: plays its steps over real sockets, and hears what is answered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from hub.cli.opened import replayed
from hub.cli.replaying import replay
from hub.simulators import school, unionpay
from hub.simulators.hospital_hl7 import HospitalHl7, read_ack
from tests.engine.same.end import end_of
from tests.engine.same.peers import asked, his_of, notified, told_by_union
from tests.engine.same.sites import Site
from tests.engine.same.units import TYPES
from tests.engine.same.words import (
    Alipay,
    Bosssoft,
    Do,
    Fees,
    Hl7,
    Raw,
    Scenario,
    Step,
    Together,
    Union,
    Until,
    WriteOff,
)

PATIENCE = 60.0
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Cast:
    """Everybody who talks to the scenario's unit."""

    site: Site
    scenario: Scenario
    answers: list[tuple[Step, str]] = field(default_factory=list)
    bodies: dict[Step, bytes] = field(default_factory=dict)
    trades: dict[str, unionpay.Trade] = field(default_factory=dict)
    bills: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        return self.scenario.name

    async def play(self, steps: tuple[Step, ...] | None = None) -> None:
        """Plays steps one after another; the answers are noted, not judged."""
        async with contextlib.AsyncExitStack() as stack:
            lane = _Lane(self, stack, await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=30)))
            for step in self.scenario.steps if steps is None else steps:
                if isinstance(step, Together):
                    await asyncio.gather(*(self.play(one) for one in step.lanes))
                else:
                    answer = await lane.play(step)
                    self.answers.append((step, answer))

    def body(self, step: Step, make: Callable[[], bytes]) -> bytes:
        """The bytes of a step: the same each time it is played."""
        if step not in self.bodies:
            self.bodies[step] = make()
        return self.bodies[step]

    async def until(self, step: Until) -> None:
        """Waits for something the hub does by itself.

        Raises:
            TimeoutError: it did not come; says what is there instead.
        """
        now: Any = None
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = await self.site.rows(
                        f"SELECT status, count(*) FROM bill WHERE unit = '{self.unit}' GROUP BY status"
                    )
                    now = dict(found)
                    if now == dict(step.bills) and (step.parked is None or step.parked == await self._parked()):
                        return
                    await asyncio.sleep(0.03)
        except TimeoutError:
            raise TimeoutError(
                f"{step} did not come on {self.site.name}: {now}, {await end_of(self.site, self.unit)}"
            ) from None

    async def _parked(self) -> int:
        return len(await asyncio.to_thread(self.site.reader.parked, self.unit))

    async def do(self, step: Do) -> str:
        """What a person, or the platform, does."""
        if step.what == "receive":
            first, last = step.values
            segment = self.site.segment(self.unit, TYPES["outpatient"], first, last)
            await self.site.command("numbers.receive", **segment, actor="test")
        elif step.what == "release":
            due = await self.site.rows(f"SELECT id FROM bill WHERE unit = '{self.unit}' AND status = 'due'")
            return str(await self.site.command("bills.release", bill_ids=[id_ for (id_,) in due], actor="test"))
        elif step.what == "platform":
            platform = self.site.peers[self.unit].platform
            assert platform is not None
            platform.mood = replace(platform.mood, mode=step.values[0], times=None)
        elif step.what == "gateway":
            trade, state = step.values
            self.trades[trade].state = state
        elif step.what == "mend":
            name, line = step.values
            table = self.site.world.units / "mappings" / "his" / "own" / "tables" / name
            table.write_text(table.read_text("utf-8") + line + "\n", "utf-8")
        else:
            return await self._replay()
        return ""

    async def _replay(self) -> str:
        """Every parked message of the unit, read again by today's mapping."""
        parked = await asyncio.to_thread(self.site.reader.parked, self.unit)
        ids = [entry["id"] for entry in parked if entry["what"] == "message"]
        places = []
        read_again = await asyncio.to_thread(lambda: list(replay(self.site.data, self.site.world.units, ids)))
        for _id, submission, shown in read_again:
            if submission is None:
                places.append(shown["fault"]["code"])
            else:
                told = await self.site.command("parked.replay", submission=replayed(submission), actor="test")
                places.append(told["place"])
        return " ".join(sorted(places))


@dataclass
class _Lane:
    """One sender's connections; a sender waits for each answer."""

    cast: Cast
    stack: contextlib.AsyncExitStack
    client: httpx.AsyncClient
    his: HospitalHl7 | None = None

    async def play(self, step: Step) -> str:
        match step:
            case Hl7():
                return await self._hl7(step.text.encode())
            case Alipay():
                return (await self._post(step.source, self.cast.body(step, lambda: notified(self.cast, step)))).text
            case Union():
                body = self.cast.body(step, lambda: told_by_union(self.cast, step))
                return str((await self._post(step.source, body)).status_code)
            case Bosssoft():
                return await self._bosssoft(step)
            case WriteOff():
                bill = self.cast.bills[step.charge]
                reply = await his_of(self.cast).write_off(bill["billBatchCode"], bill["billNo"])
                return reply.result
            case Fees():
                return await self._fees(step)
            case Raw(source="his"):
                return await self._hl7(step.body)
            case Raw():
                answer = await self._post(step.source, step.body, step.path)
                return answer.text if answer.text in {"success", "fail"} else str(answer.status_code)
            case Until():
                await self.cast.until(step)
                return ""
            case Do():
                return await self.cast.do(step)
            case Together():
                raise AssertionError("lanes hold no lanes")

    async def _hl7(self, body: bytes) -> str:
        if self.his is None:
            address = self.cast.site.hub.address(f"{self.cast.unit}/his")
            self.his = await self.stack.enter_async_context(HospitalHl7(*address))
        (ack,) = await self.his.send(body)
        return read_ack(ack.raw).code

    async def _post(self, source: str, body: bytes, path: str = "") -> httpx.Response:
        url = self.cast.site.hub.url(f"{self.cast.unit}/{source}{path}")
        return await self.client.post(url, content=body, headers=FORM)

    async def _bosssoft(self, step: Bosssoft) -> str:
        his = his_of(self.cast)
        body = self.cast.body(step, lambda: his.request(asked(step), step.misbehave)[0])  # type: ignore[arg-type]
        url = self.cast.site.hub.url(f"{self.cast.unit}/bosssoft/invoiceEBillOutpatient")
        answer = await self.client.post(url, content=body, headers={"content-type": "application/json; charset=utf-8"})
        reply = his.opened(answer.content)
        if reply.ok:
            self.cast.bills[step.charge] = reply.message
        return reply.result

    async def _fees(self, step: Fees) -> str:
        peer = school.School(step.seed, step.misbehave)  # type: ignore[arg-type]
        rows = peer.rows(step.students)
        if not step.paid:
            rows = [[*row[:14], *[""] * 4] for row in rows]
        table = peer.csv(rows)
        name = f"fees-{step.seed}-{step.students}-{step.paid}.csv"
        if step.drop:
            peer.drop(self.cast.site.world.units / "inboxes" / self.cast.unit, name, table)
            return ""
        summary = await peer.upload(self.cast.site.hub.url(f"{self.cast.unit}/fees"), name, table)
        codes = sorted(
            {fault["code"] for fault in summary["faults"]} | {summary.get("error", {}).get("code", "")} - {""}
        )
        counts = (f"{place} {summary[place]}" for place in ("applied", "duplicate", "parked", "refused"))
        return " ".join([*(text for text in counts if not text.endswith(" 0")), *codes])
