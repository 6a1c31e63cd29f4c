"""Traces of an embedded hub, in both shapes: the same spans as a cluster's, but for Kafka's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import yaml

from hub.ledger.sqlite import FILE
from hub.simulators.hospital_hl7 import HospitalHl7
from hub.simulators.hospital_hl7_words import Charge
from tests.certificates import identity
from tests.hubprocess import HubProcess, Town, running, town, until
from tests.metrics.judge import samples
from tests.tracing.backend import backend
from tests.tracing.rotel import rotel
from tests.tracing.whole import names_nobody, told_of, whole

HIS = "demo-hospital/his"
ROLES = ("core", "door", "issuer")
SPANS = {
    "receive": ("billhub-door", ""),
    "take": ("billhub-core", "receive"),
    "commit": ("billhub-core", "take"),
    "issue": ("billhub-issuer", "take"),
    "sign": ("billhub-issuer", "issue"),
}
SHAPES = pytest.mark.parametrize(("doors", "issuers"), [(0, 0), (2, 1)], ids=["single", "processes"])


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


def traced(place: Town, endpoint: str, doors: int = 1, issuers: int = 1, **more: object) -> HubProcess:
    """A hub that traces every message."""
    file = place.world.folder / "traces.yaml"
    file.write_text(yaml.safe_dump({"traces": {"endpoint": endpoint, "one_in": 1, **more}}), "utf-8")
    hub = place.hub(doors, issuers)
    hub.options = ("--traces", str(file))
    return hub


async def paid_in_cash(hub: HubProcess, prefix: str = "T") -> Charge:
    async with HospitalHl7(*hub.address(HIS), prefix=prefix, charset="GB18030") as his:
        charge, ack = await his.send_charge(cash=True)
    assert ack.code == "AA"
    return charge


async def message_of(hub: HubProcess, charge: Charge) -> str:
    """The id of the message that brought a charge, once its bill is issued."""
    with sqlite3.connect(f"file:{hub.data / FILE}?mode=ro", uri=True) as line:

        def found() -> list[tuple[str]]:
            question = "SELECT charge_event FROM bill WHERE charge_no = ? AND status IN ('issued', 'confirmed')"
            return line.execute(question, (charge.charge_no,)).fetchall()

        await until(lambda: bool(found()), "the bill is issued")
        return found()[0][0].rpartition("-")[0]


@SHAPES
async def test_one_trace_leads_from_a_message_to_the_issued_bill_and_names_nobody(
    place: Town, doors: int, issuers: int
) -> None:
    server, ca = identity(place.world.folder)
    (place.world.folder / "token").write_text("let me in\n")
    async with backend(server) as (seen, endpoint):
        seen.login = {"authorization": "Bearer let me in"}
        login = {"Authorization": {"scheme": "Bearer", "file": "token"}}
        hub = traced(place, endpoint, doors, issuers, ca=ca.name, headers=login)
        async with running(hub):
            charge = await paid_in_cash(hub)
            wanted = SPANS if doors else {name: ("billhub-core", parent) for name, (_, parent) in SPANS.items()}
            spans = await whole(seen, await message_of(hub, charge), wanted)
            assert told_of(spans["receive"]) == {
                "billhub.place": "applied",
                "billhub.answer": "durable",
                "billhub.unit": "demo-hospital",
                "billhub.source": "his",
                "billhub.kind": told_of(spans["take"])["billhub.kind"],
                "billhub.key": told_of(spans["issue"])["billhub.key"].replace("charge_no", "charge"),
            }
            assert told_of(spans["commit"]) == {"db.system.name": "sqlite", "db.operation.batch.size": 1}
            names_nobody(seen, spans["issue"], charge)
            before = len(seen.spans)
            await paid_in_cash(hub, "U")
            assert await hub.stop() < 10
            assert len(seen.spans) > before  # an orderly end sends what is left
        assert "let me in" not in hub.log


async def test_a_collector_of_another_make_understands_the_whole_trace(place: Town) -> None:
    """Rotel takes it from the hub, and tells on what it has understood."""
    async with backend() as (seen, endpoint), rotel(place.world.folder, endpoint) as collector:
        seen.login = {"authorization": "Bearer let me in"}
        hub = traced(place, collector)
        async with running(hub):
            charge = await paid_in_cash(hub)
            spans = await whole(seen, await message_of(hub, charge), SPANS)
            names_nobody(seen, spans["issue"], charge)
        assert "BH-SEE" not in hub.log


async def test_a_collector_that_refuses_or_is_gone_costs_no_bill(place: Town) -> None:
    key = place.world.folder / "vendor"
    key.write_text("wrong-secret")
    async with contextlib.AsyncExitStack() as open_:
        seen, endpoint = await open_.enter_async_context(backend())
        seen.login = {"x-vendor-key": "right"}
        hub = traced(place, endpoint, headers={"X-Vendor-Key": {"file": "vendor"}})
        async with running(hub):
            for prefix in ("A", "B"):
                await message_of(hub, await paid_in_cash(hub, prefix))
            await until(lambda: hub.log.count("BH-SEE-011") == 3, "each of core, door and issuer says it once")
            key.write_text("right")
            await until(lambda: hub.log.count("takes spans again") == 3, "each says that it is over")
            await until(lambda: len(seen.spans) == 10, "nothing was lost")
            await until_counted(hub, 10)
            await open_.aclose()
            await message_of(hub, await paid_in_cash(hub, "C"))
            await until(lambda: hub.log.count("BH-SEE-012") == 3, "each says it")
            assert await hub.stop() < 10
        assert hub.log.count("BH-SEE-011") == 3
        assert "wrong-secret" not in hub.log


async def until_counted(hub: HubProcess, sent: int) -> None:
    """Children show what they counted once a second."""
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(30):
        while True:
            page = samples((await client.get(f"http://{hub.ready['http']}/metrics")).text)
            if sum(page.get(f'billhub_spans_total{{role="{role}",how="sent"}}', 0) for role in ROLES) == sent:
                return
            await asyncio.sleep(0.1)


async def test_a_hub_whose_login_cannot_be_read_does_not_start(place: Town) -> None:
    hub = traced(place, "http://127.0.0.1:1/v1/traces", headers={"X-Vendor-Key": {"file": "missing"}})
    await hub.launch()
    assert await hub.died() == 3
    assert "BH-CFG-016" in hub.log
    assert "Traceback" not in hub.log


async def test_an_issuer_that_dies_leaves_the_trace_to_the_next(place: Town) -> None:
    async with backend() as (seen, endpoint):
        hub = traced(place, endpoint)
        async with running(hub):
            (issuer,) = hub.children("issuer")
            os.kill(issuer, signal.SIGSTOP)
            charge = await paid_in_cash(hub)
            os.kill(issuer, signal.SIGKILL)
            trace = bytes.fromhex(await message_of(hub, charge))

            def told(name: str) -> int:
                return sum(span.trace_id == trace and span.name == name for _, span in seen.spans)

            await until(lambda: told("issue") == 1 and told("sign") == 1, "it is told once")
