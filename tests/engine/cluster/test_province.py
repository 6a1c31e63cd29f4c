"""The whole way on a cluster: a door over real sockets, Kafka, a Faust worker, PostgreSQL, an issuer, a signed bill."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from hub.issuing.verify import verify_einvoice
from hub.ledger.aad import document_aad
from hub.security.certificates import Trust
from hub.simulators.hospital_hl7 import HospitalHl7
from tests.engine.cluster.province import Province, province
from tests.hubprocess import HubProcess, running

pytestmark = pytest.mark.timeout(240)
HIS = "demo-hospital/his"


async def pay(place: Province, hub: HubProcess, count: int, seed: int = 1) -> list[str]:
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


async def verified(place: Province) -> set[str]:
    """The charges whose bills are issued and verify."""
    trust = Trust.from_folder(place.world.data / "trust")
    found = set()
    question = "SELECT b.id, b.unit, b.charge_no, d.xml FROM bill b JOIN document d ON d.bill_seq = b.seq"
    for id_, unit, charge_no, xml in await place.rows(question):
        assert verify_einvoice(place.vault.open(unit, document_aad(id_, "xml"), xml), trust).ok
        found.add(charge_no)
    return found


async def test_a_payment_becomes_a_bill_through_kafka_and_postgres(tmp_path: Path) -> None:
    async with province(tmp_path) as place, running(place.machine("door", "worker", "issuer")) as hub:
        assert set(hub.ready) == {"pid", "http", "doors"}
        charges = await pay(place, hub, 10)
        await place.until_bills(issued=10)
        assert await verified(place) == set(charges)
        assert await place.tally() == {"applied": 20}
        assert await hub.stop() < 10
