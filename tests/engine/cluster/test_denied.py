"""Rights that are taken away while a cluster runs: probes and one line say which, and it goes on when they are back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub.simulators.hospital_hl7 import HospitalHl7, WrongAck
from tests.engine.cluster.acls import allow, revoke
from tests.engine.cluster.province import province
from tests.engine.cluster.test_seen import HIS, Seen, bad, ready
from tests.tracing.backend import Backend

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio]


async def test_what_kafka_denies_is_said_until_it_is_granted_again(tmp_path: Path) -> None:
    async with province(tmp_path, guarded=True, door={"ack_seconds": 2}) as place:
        hub = place.machine("door", "worker", "issuer")
        await hub.start()
        seen = Seen(place, hub, hub, "", Backend())
        port = int(place.kafka.servers[0].rpartition(":")[2])
        issued = 0

        async def charge() -> None:
            nonlocal issued
            assert await seen.charge(f"A{issued}") == "AA"
            issued += 1

        await seen.until_ready("/readyz", ready)
        await charge()
        await place.until_bills(issued=issued)

        revoke(port, "hub", "topic", "billhub.", "write")
        async with HospitalHl7(*hub.address(HIS), prefix="W", timeout=4) as his:
            with pytest.raises(WrongAck):
                await his.send_charge()
        found = await seen.until_ready("/readyz", bad("broker"))
        assert found["code"] == "BH-CLU-014"
        assert "write to topic billhub.events" in found["title"]
        assert (await seen.get("/readyz?for=messages")).status_code == 503
        allow(port, "hub", "topic", "billhub.", "write")
        await seen.until_ready("/readyz", ready)  # though nobody sends meanwhile
        await charge()
        await place.until_bills(issued=issued)

        for resource, name, says in (
            ("topic", "billhub.", "read topic billhub.events"),
            ("group", "billhub.workers", "read as group billhub.workers"),
        ):
            before = len(hub.log)
            revoke(port, "hub", resource, name, "read")
            found = await seen.until_ready("/readyz", bad("broker"))
            assert found["code"] == "BH-CLU-014"
            assert says in found["title"]
            await charge()
            assert "Traceback" not in hub.log[before:]
            assert hub.log[before:].count("BH-CLU-014") == 1
            allow(port, "hub", resource, name, "read")
            await seen.until_ready("/readyz", ready)
            await place.until_bills(issued=issued)
        assert len(set(await asyncio.to_thread(hub.children, "worker"))) == 1
