"""The whole way on a cluster: a door over real sockets, Kafka, a Faust worker, PostgreSQL, an issuer, a signed bill."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

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
from hub.simulators.hospital_hl7 import HospitalHl7
from tests.engine.cluster.province import province
from tests.hubprocess import HubProcess, running

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
        await hub.stop()


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
        await hub.stop()


async def asked(his: Bosssoft, data: dict[str, Any]) -> Reply | None:
    """The answer with the bill; None while the hub cannot judge yet, for it has not met its database."""
    body, kind = his.request(data)
    url = f"{his.url}/invoiceEBillOutpatient"
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(url, content=body, headers={"content-type": kind})
    return his.opened(answer.content) if answer.status_code == 200 else None
