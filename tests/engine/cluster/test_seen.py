"""A cluster seen from outside while things go wrong: probes tell the truth at once, metrics add up, nothing stalls."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
import pytest_asyncio
import yaml

from drills.machine import Machine
from drills.place import Place
from hub.engine.cluster.connection import client_options
from hub.engine.cluster.producer import SteadyProducer
from hub.engine.cluster.records import SCHEMA, pack
from hub.hubfile import load_hub
from hub.ledger.migrate import migrate_postgres
from hub.ledger.window import HEAD
from hub.simulators.hospital_hl7 import HospitalHl7
from tests.certificates import identity
from tests.engine.cluster.province import province
from tests.hubprocess import PATIENCE, until
from tests.ledger.book import charge, message
from tests.ledger.test_window import TAKES, Releases
from tests.metrics.judge import judged, samples
from tests.tracing.backend import Backend, backend
from tests.tracing.whole import names_nobody, told_of, whole

pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]
HIS = "demo-hospital/his"
QUICK = 15.0
"""A probe that takes longer than this hangs on something."""


@dataclass
class Seen:
    """Two machines: one with doors, one behind it that shows no pages and answers probes on an address of its own."""

    place: Place
    front: Machine
    back: Machine
    probes: str
    traces: Backend

    async def get(self, path: str, *, back: bool = False) -> httpx.Response:
        base = self.probes if back else self.front.ready["http"]
        async with httpx.AsyncClient(timeout=QUICK, trust_env=False) as client:
            return await client.get(f"http://{base}{path}", headers={"accept-language": "en"})

    async def metrics(self, *, back: bool = False) -> dict[str, float]:
        page = (await self.get("/metrics", back=back)).text
        judged(page)
        return samples(page)

    async def until_metrics(self, wanted: dict[str, float], *, back: bool = False) -> dict[str, float]:
        """Children show what they counted once a second, and the books are counted now and then."""
        found: dict[str, float] = {}
        try:
            async with asyncio.timeout(2 * PATIENCE):
                while not wanted.items() <= (found := await self.metrics(back=back)).items():
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError({name: found.get(name) for name in wanted}) from None
        return found

    async def until_ready(self, path: str, wanted: Callable[[dict[str, Any]], bool], *, back: bool = False) -> Any:
        """Asks until the answer is as wanted; each single answer must be there at once."""
        async with asyncio.timeout(2 * PATIENCE):
            while not wanted(found := (await self.get(path, back=back)).json()):
                await asyncio.sleep(0.05)
        return found

    async def charge(self, prefix: str) -> str:
        async with HospitalHl7(*self.front.address(HIS), prefix=prefix, timeout=20) as his:
            return (await his.send_charge(cash=True))[1].code

    async def until_tally(self, **wanted: int) -> None:
        async with asyncio.timeout(2 * PATIENCE):
            while not wanted.items() <= (await self.place.tally()).items():
                await asyncio.sleep(0.05)


def ready(found: dict[str, Any]) -> bool:
    return bool(found["ready"])


def bad(check: str) -> Callable[[dict[str, Any]], bool]:
    return lambda found: not found["ready"] and not found["checks"][check]["ok"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seen(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seen]:
    folder = tmp_path_factory.mktemp("province")
    server, ca = identity(folder)
    (folder / "collector.token").write_text("let me in")
    async with backend(server) as (traces, endpoint), province(folder, door={"ack_seconds": 5}) as place:
        traces.login = {"authorization": "Bearer let me in"}
        front, back = place.machine("door"), place.machine("worker", "issuer")
        with socket.create_server(("127.0.0.1", 0)) as sock:
            probes = f"127.0.0.1:{sock.getsockname()[1]}"
        hub = yaml.safe_load(place.hub.read_text("utf-8"))
        login = {"Authorization": {"scheme": "Bearer", "file": str(folder / "collector.token")}}
        hub |= {"traces": {"endpoint": endpoint, "one_in": 1, "ca": str(ca), "headers": login}}
        hub["kafka"]["record_mib"] = 1
        place.hub.write_text(yaml.safe_dump(hub), "utf-8")
        back.hub = place.hub.with_name("hub-back.yaml")
        back.hub.write_text(yaml.safe_dump(hub | {"probes": probes}), "utf-8")
        await back.start()
        await front.start()
        yield Seen(place, front, back, probes, traces)


async def test_every_role_is_seen_and_counters_outlive_a_process(seen: Seen) -> None:
    for back in (False, True):
        found = await seen.until_ready("/readyz", ready, back=back)
        assert found["checks"].keys() == {"database", "schema", "broker", "lag", "issuing", "children"}
        assert (await seen.get("/healthz", back=back)).text == "ok"
    for number in range(3):
        assert await seen.charge(f"A{number}") == "AA"
    await seen.place.until_bills(issued=3)
    behind = await seen.until_metrics(
        {
            'billhub_issued_total{role="issuer"}': 3,
            'billhub_issue_seconds_count{role="issuer"}': 3,
            'billhub_taken_total{role="worker",place="applied"}': 3,
            'billhub_batch_messages_sum{role="worker"}': 3,
            'billhub_processes{role="worker"}': 1,
            'billhub_lag_records{topic="billhub.events"}': 0,
            "billhub_due": 0,
            "billhub_starved": 0,
        },
        back=True,
    )
    assert behind['billhub_commit_seconds_count{role="worker"}'] >= 1
    assert behind['billhub_pool_wait_seconds_count{role="issuer"}'] > 0
    front = await seen.until_metrics(
        {
            'billhub_produce_packed_sum{role="door"}': 3,
            'billhub_deliveries_total{role="door",how="taken"}': 3,
            "billhub_books_balanced": 1,
            'billhub_bills{status="issued"}': 3,
        }
    )
    assert front['billhub_produce_seconds_count{role="door"}'] >= 1
    (worker,) = seen.back.children("worker")
    os.kill(worker, signal.SIGKILL)
    found = await seen.until_ready("/readyz", bad("children"), back=True)
    assert found["code"] == "BH-SEE-003"
    assert "worker" in found["title"]
    assert await seen.charge("B") == "AA"
    await seen.place.until_bills(issued=4)
    await seen.until_ready("/readyz", ready, back=True)
    again = {
        'billhub_taken_total{role="worker",place="applied"}': 4,
        'billhub_process_restarts_total{role="worker"}': 1,
    }
    await seen.until_metrics(again, back=True)


SPANS = {
    "receive": ("billhub-door", ""),
    "produce": ("billhub-door", "receive"),
    "take": ("billhub-worker", "receive"),
    "commit": ("billhub-worker", "take"),
    "issue": ("billhub-issuer", "take"),
    "sign": ("billhub-issuer", "issue"),
}


async def test_one_trace_leads_from_the_door_to_the_bill_and_names_nobody(seen: Seen) -> None:
    async with HospitalHl7(*seen.front.address(HIS), prefix="T", timeout=20) as his:
        charge, ack = await his.send_charge(cash=True)
        assert ack.code == "AA"
    question = "SELECT m.id FROM message m JOIN bill b ON b.charge_event = m.id || '-0' WHERE b.charge_no = $1"
    async with asyncio.timeout(2 * PATIENCE):
        while not (rows := await seen.place.rows(question, charge.charge_no)):
            await asyncio.sleep(0.05)
    spans = await whole(seen.traces, rows[0][0], SPANS)
    assert [link.span_id for link in spans["produce"].links] == [spans["receive"].span_id]
    assert [link.span_id for link in spans["take"].links] == [spans["produce"].span_id]
    assert told_of(spans["commit"])["db.system.name"] == "postgresql"
    names_nobody(seen.traces, spans["issue"], charge)


async def test_records_that_no_hub_or_a_newer_one_wrote_cost_only_themselves(seen: Seen) -> None:
    before = await seen.place.tally()
    newer = message("newer", charge("N1"))
    head = [newer.id, "demo-hospital", "his", newer.at, newer.fingerprint, newer.body]
    later = msgspec.msgpack.encode([SCHEMA + 1, [*head, {"events": "in another form"}]])
    producer = SteadyProducer(client_options(load_hub(seen.place.hub)), 1 << 20)
    await producer.start()
    for value in (b"\x00garbage", pack([later]), b""):
        await producer.send("billhub.events", 0, value)
    await producer.close()
    assert await seen.charge("G") == "AA"
    await seen.until_tally(refused=before.get("refused", 0) + 2, parked=before.get("parked", 0) + 1)
    kept = dict(await seen.place.rows("SELECT fault::json->>'code', count(*) FROM refused GROUP BY 1"))
    assert sum(kept.values()) == 2


async def test_a_message_that_no_record_can_hold_is_refused_at_the_door(seen: Seen) -> None:
    """MLLP takes 4 MiB, a record here 1: what lies between is refused with a code before anything of it is produced."""
    before = (await seen.place.tally()).get("refused", 0)
    async with HospitalHl7(*seen.front.address(HIS), prefix="BIG", timeout=20) as his:
        charge = his.writer.charge()
        body = charge.body + (b"NTE|1||" + b"x" * 1000 + b"\r") * 1500
        assert (await his.told(body, charge.control_id)).code == "AE"
    await seen.until_tally(refused=before + 1)
    size, fault = (await seen.place.rows("SELECT length(sealed), fault FROM refused ORDER BY seq DESC LIMIT 1"))[0]
    assert size < 1 << 20
    assert "BH-CLU-003" in fault


async def test_units_are_read_anew_or_not_at_all(seen: Seen) -> None:
    file = seen.place.world.units / "hospital.yaml"
    good = file.read_text("utf-8")
    machine = seen.front.process
    assert machine is not None

    def reload(text: str) -> None:
        file.write_text(text, "utf-8")
        machine.send_signal(signal.SIGHUP)

    async def until_answered(code: str) -> None:
        """Children take the units a moment after the parent."""
        async with asyncio.timeout(2 * PATIENCE):
            while await seen.charge(f"P{time.monotonic_ns()}") != code:
                await asyncio.sleep(0.05)

    try:
        reload(good.replace("mappings: [his/hl7v2/dft-p03, his/hl7v2/adt]", "mappings: [his/hl7v2/adt]"))
        await until_answered("AR")  # charges mean nothing to it now
        reload(good + "\nnonsense: [")
        await until(lambda: "the units were not changed" in seen.front.log, "it says so")
        assert await seen.charge("Q") == "AR"  # as they were read before
    finally:
        reload(good)
    await until_answered("AA")


async def test_a_database_that_hangs_hangs_no_probe(seen: Seen) -> None:
    await seen.until_ready("/readyz", ready)
    seen.place.postgres.freeze()
    try:
        found = await seen.until_ready("/readyz", bad("database"))
        assert found["status"] == 503
        assert found["type"] == f"urn:billhub:fault:{found['code']}"
        since = found["checks"]["database"]["since"]
        assert (await seen.get("/readyz")).status_code == 503
        assert (await seen.get("/readyz")).json()["checks"]["database"]["since"] == since
        assert (await seen.get("/readyz?for=messages")).status_code == 200
        assert (await seen.get("/healthz")).status_code == 200
        assert (await seen.metrics())["billhub_ready"] == 0
        assert await seen.charge("H") == "AA"  # Kafka has it
    finally:
        seen.place.postgres.thaw()
    await seen.until_ready("/readyz", ready)
    await seen.until_ready("/readyz", ready, back=True)


async def test_a_broker_that_is_away_is_said_and_comes_back(seen: Seen) -> None:
    seen.place.kafka.kill()
    found = await seen.until_ready("/readyz", bad("broker"))
    assert found["checks"]["broker"]["code"] in {"BH-CLU-019", "BH-SEE-001"}
    assert (await seen.get("/readyz?for=messages")).status_code == 503
    assert found["checks"]["database"]["ok"]
    await asyncio.to_thread(seen.place.kafka.start)
    await seen.until_ready("/readyz", ready)
    assert await seen.charge("K") == "AA"


async def test_doors_open_while_the_database_is_away(seen: Seen) -> None:
    before = len(await seen.place.rows("SELECT 1 FROM bill WHERE status = 'issued'"))
    await asyncio.to_thread(seen.place.postgres.stop)
    late = seen.place.machine("door")
    await late.start()
    other = Seen(seen.place, late, seen.back, seen.probes, seen.traces)
    assert "doors open without it" in late.log
    assert await other.charge("D") == "AA"
    await other.until_ready("/readyz", bad("database"))
    assert (await other.get("/readyz?for=messages")).status_code == 200
    await asyncio.to_thread(seen.place.postgres.start)
    await other.until_ready("/readyz", ready)
    async with asyncio.timeout(2 * PATIENCE):
        while len(await seen.place.rows("SELECT 1 FROM bill WHERE status = 'issued'")) <= before:
            await asyncio.sleep(0.1)
    await late.stop()


async def _told(seen: Seen, role: str, **postgres: Any) -> str:
    """The one line with which a machine refuses to start."""
    machine = seen.place.machine(role)
    hub = yaml.safe_load(seen.place.hub.read_text("utf-8"))
    hub["postgres"].update(postgres)
    machine.hub = seen.place.hub.with_name(f"wrong-{len(seen.place.machines)}.yaml")
    machine.hub.write_text(yaml.safe_dump(hub), "utf-8")
    await machine.launch()
    assert await machine.died() == 3
    (line,) = [line for line in machine.log.splitlines() if line.startswith("billhub: ")]
    assert "Traceback" not in machine.log
    return line


async def test_a_program_on_the_next_schema_works_and_on_one_that_took_away_it_stops(
    seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machines run the program as it is; the databases were migrated by releases to come, or not at all."""
    dsn = seen.place.postgres.dsn
    for name in ("rolled", "bare"):
        line = await asyncpg.connect(dsn())
        await line.execute(f"CREATE DATABASE {name}")
        await line.close()
    assert "BH-LED-024" in await _told(seen, "issuer", database="bare")
    releases = Releases(tmp_path / "scripts", monkeypatch)
    await asyncio.to_thread(migrate_postgres, dsn("rolled"))
    releases.next(serves=HEAD)
    await asyncio.to_thread(releases.migrate, dsn("rolled"))
    old = seen.place.machine("issuer")
    hub = yaml.safe_load(seen.place.hub.read_text("utf-8"))
    hub["postgres"]["database"] = "rolled"
    old.hub = seen.place.hub.with_name("rolled.yaml")
    old.hub.write_text(yaml.safe_dump(hub), "utf-8")
    await old.start()
    await old.stop()
    releases.next(serves=releases.head, change=TAKES)
    await asyncio.to_thread(releases.migrate, dsn("rolled"))
    line = await _told(seen, "issuer", database="rolled")
    assert "BH-LED-005" in line
    assert releases.head in line
    assert "install the newer release" in line
    server = await asyncpg.connect(dsn())
    await server.execute("CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 0")
    await server.close()
    (seen.place.world.folder / "few").write_text("few")
    assert "BH-LED-021" in await _told(seen, "issuer", user="few", password_file="few")
