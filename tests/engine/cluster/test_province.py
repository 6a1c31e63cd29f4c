"""The whole way on a cluster: a door over real sockets, Kafka, a Faust worker, PostgreSQL, an issuer, a signed bill."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from drills.place import Place
from hub.demo.world import APP_ID
from hub.issuing.verify import verify_einvoice
from hub.ledger.aad import document_aad
from hub.ledger.postgres.journal import AHEAD
from hub.security.certificates import Trust
from hub.simulators.hospital_bosssoft import Hospital as Bosssoft
from hub.simulators.hospital_bosssoft import Reply
from hub.simulators.hospital_hl7 import HospitalHl7, WrongAck
from tests.engine.cluster.province import province
from tests.hubprocess import HubProcess, running, until

pytestmark = pytest.mark.timeout(240)
HIS = "demo-hospital/his"


async def pay(place: Place, hub: HubProcess, count: int, seed: int = 1) -> list[str]:
    """Charges by HL7, each paid by an Alipay notify over HTTP; their numbers."""
    numbers = []
    async with HospitalHl7(*hub.address(HIS), seed=seed, prefix=f"S{seed}") as his, httpx.AsyncClient() as channel:
        for _ in range(count):
            charge, ack = await his.send_charge()
            assert ack.code == "AA"
            body = place.world.alipay.paid(charge.charge_no, charge.amount_fen)
            kind = {"content-type": "application/x-www-form-urlencoded"}
            answer = await channel.post(hub.url("demo-hospital/alipay"), content=body, headers=kind)
            assert answer.text == "success"
            numbers.append(charge.charge_no)
    return numbers


async def verified(place: Place) -> set[str]:
    """The charges whose bills are issued and verify."""
    trust = Trust.from_folder(place.world.data / "trust")
    found = set()
    question = "SELECT b.id, b.unit, b.charge_no, d.xml FROM bill b JOIN document d ON d.bill_seq = b.seq"
    for id_, unit, charge_no, xml in await place.rows(question):
        assert verify_einvoice(place.vault.open(unit, document_aad(id_, "xml"), xml), trust).ok
        found.add(charge_no)
    return found


async def test_a_payment_becomes_a_bill_through_a_guarded_kafka_and_postgres(tmp_path: Path) -> None:
    async with province(tmp_path, guarded=True) as place, running(place.machine("door", "worker", "issuer")) as hub:
        assert set(hub.ready) == {"pid", "http", "doors"}
        charges = await pay(place, hub, 10)
        await place.until_bills(issued=10)
        assert await verified(place) == set(charges)
        assert await place.tally() == {"applied": 20}
        (days,) = await place.rows("SELECT count(*) FROM pg_inherits WHERE inhparent = 'journal'::regclass")
        assert days[0] == 1 + 1 + AHEAD  # the rest, today, and the days to come
        assert await hub.stop() < 10


class Load:
    """Hospitals that send charges paid in cash, one after another on each line; it notes what was acknowledged."""

    def __init__(self, hub: HubProcess, lines: int = 4) -> None:
        self._hub = hub
        self._lines = lines
        self._tasks: list[asyncio.Task[None]] = []
        self._seeds = itertools.count(1000)
        self.acked: list[str] = []

    async def _line(self) -> None:
        while True:
            seed = next(self._seeds)
            try:
                async with HospitalHl7(*self._hub.address(HIS), seed=seed, prefix=f"L{seed}", timeout=15) as his:
                    while True:
                        charge, ack = await his.send_charge(cash=True)
                        if ack.code == "AA":
                            self.acked.append(charge.charge_no)
                        await asyncio.sleep(0.01)
            except (OSError, WrongAck):
                await asyncio.sleep(0.05)

    async def more(self, count: int, seconds: float = 60) -> None:
        """Waits until so many more are acknowledged."""
        wanted = len(self.acked) + count
        await until(lambda: len(self.acked) >= wanted, f"{count} more are acknowledged", seconds)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._line()) for _ in range(self._lines)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def settled(place: Place, acked: list[str], seconds: float = 90) -> None:
    """Everything acknowledged is issued and verifies, and no number stands on two bills."""

    async def waiting() -> list[str]:
        found = await place.rows("SELECT charge_no FROM bill WHERE status = 'issued' AND charge_no = ANY($1)", acked)
        return sorted(set(acked) - {charge_no for (charge_no,) in found})

    async with asyncio.timeout(seconds):
        while await waiting():
            await asyncio.sleep(0.1)
    await place.until_bills(issued=len(await place.rows("SELECT 1 FROM bill")))
    assert set(acked) <= await verified(place)
    numbers = await place.rows("SELECT bill_code, bill_number FROM bill")
    assert len(set(numbers)) == len(numbers)
    charges = await place.rows("SELECT charge_no FROM bill")
    assert len(set(charges)) == len(charges)


async def test_whatever_dies_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    async with province(tmp_path, worker={"processes": 2, "patience_seconds": 2}) as place:
        hub = place.machine("door", "worker", "issuer")
        async with running(hub):
            async with Load(hub) as load:
                await load.more(20)
                for role in ("worker", "issuer", "door", "worker"):
                    victim, *_ = hub.children(role)
                    os.kill(victim, signal.SIGKILL)
                    await until(lambda: victim not in hub.children(role), "it is dead")  # noqa: B023
                    await load.more(20)
                place.kafka.kill()
                await asyncio.to_thread(place.kafka.start)
                await load.more(20)
                place.postgres.stop(at_once=True)
                await load.more(50)  # doors go on: what they take lies on Kafka
                await until(lambda: "the worker ends with 75" in hub.log, "a worker gives up what it has in hand")
                await asyncio.to_thread(place.postgres.start)
                await load.more(20)
            await settled(place, load.acked)
            assert set(await place.tally()) == {"applied"}  # what Kafka delivers again is nobody's repeat
            metrics = httpx.get(f"http://{hub.ready['http']}/metrics").text
            assert "billhub_books_balanced 1" in metrics
            assert hub.alive


async def test_all_roles_serve_everybody(tmp_path: Path) -> None:
    """Who expects the bill gets it in the answer; the platform countersigns; the channel is asked; pages show it."""
    async with province(tmp_path, peers=True) as place, running(place.machine()) as hub, httpx.AsyncClient() as client:
        his = Bosssoft(hub.url("demo-hospital/bosssoft"), APP_ID, place.world.bosssoft_key, 1)
        data = his.bill("outpatient")
        async with asyncio.timeout(60):
            while not (reply := await asked(his, data)):
                await asyncio.sleep(0.1)
        again = await his.issue(data)
        assert reply.message["billNo"] == again.message["billNo"] == "0000000001"
        await place.until_bills(confirmed=1)
        async with HospitalHl7(*hub.address(HIS), prefix="U") as hospital:
            charge, _ = await hospital.send_charge()
        told = await place.world.unionpay.pay(hub.url("demo-hospital/unionpay"), charge.charge_no, charge.amount_fen)
        assert told[1] == 200
        await place.until_bills(confirmed=2)
        base = f"http://{hub.ready['http']}"
        for path in ("/healthz", "/readyz", "/metrics", "/console/", "/api/openapi.json"):
            assert (await client.get(base + path)).status_code == 200, path
        assert await hub.stop() < 10


async def asked(his: Bosssoft, data: dict[str, Any]) -> Reply | None:
    """The answer with the bill; None while the hub cannot judge yet, for it has not met its database."""
    body, kind = his.request(data)
    url = f"{his.url}/invoiceEBillOutpatient"
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(url, content=body, headers={"content-type": kind})
    return his.opened(answer.content) if answer.status_code == 200 else None
