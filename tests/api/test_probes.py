"""Probes and metrics, as the tools that read them expect."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest

from hub.simulators.hospital_hl7 import HospitalHl7, WrongAck
from tests.api.conftest import Client, issue
from tests.badinput.hub import Hub
from tests.metrics.judge import judged, samples


async def test_probes_answer_get_and_head(client: Client) -> None:
    async with client("") as http:
        for path in ("/healthz", "/readyz", "/metrics"):
            got, head = await http.get(path), await http.head(path)
            assert (got.status_code, head.status_code) == (200, 200)
            assert got.content
            assert not head.content
        found = (await http.get("/readyz")).json()
        assert found["ready"] is True
        assert {name: check["ok"] for name, check in found["checks"].items()} == {
            "database": True,
            "issuing": True,
            "children": True,
        }
        assert (await http.get("/readyz?for=messages")).json()["checks"].keys() == {"database", "children"}


async def test_metrics_count_what_came(hub: Hub, client: Client) -> None:
    await issue(hub, 1, 3)
    async with client("") as http:

        async def metrics() -> dict[str, float]:
            answer = await http.get("/metrics")
            assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            judged(answer.text)
            return samples(answer.text)

        wanted = {
            'billhub_messages_total{source="demo-hospital/his",place="applied"}': 3,
            'billhub_bills{status="confirmed"}': 3,
            "billhub_books_balanced": 1,
            "billhub_parked": 0,
            "billhub_due": 0,
            'billhub_outbox{kind="confirm"}': 0,
            'billhub_deliveries_total{role="door",how="taken"}': 3,
            'billhub_taken_total{role="core",place="applied"}': 3,
            'billhub_batch_messages_sum{role="core"}': 3,
            'billhub_issued_total{role="core"}': 3,
            'billhub_issue_seconds_count{role="issuer"}': 3,
            'billhub_effects_total{role="relay",kind="confirm",how="done"}': 3,
        }
        async with asyncio.timeout(90):  # children show what they counted once a second, the books are counted seldom
            while not wanted.items() <= (found := await metrics()).items():
                await asyncio.sleep(0.1)
    assert found["billhub_ready"] == 1


async def test_a_database_that_takes_nothing_is_said_until_it_does(hub: Hub, client: Client) -> None:
    """No message need come for the hub to find out that it is over."""
    other = sqlite3.connect(hub.world.data / "ledger.db", isolation_level=None)
    async with client("") as http:

        async def until(ready: bool) -> Any:
            async with asyncio.timeout(90):
                while (found := (await http.get("/readyz", headers={"accept-language": "en"})).json())[
                    "ready"
                ] != ready:
                    await asyncio.sleep(0.1)
            return found

        await until(True)
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(WrongAck):
                async with HospitalHl7(*hub.mllp(), prefix="L", timeout=3) as his:
                    await his.send_charge()
            found = await until(False)
            assert (found["status"], found["check"], found["code"]) == (503, "database", "BH-LED-003")
            assert found["checks"]["children"]["ok"]
            assert (await http.get("/readyz?for=messages")).status_code == 503
            assert (await http.get("/healthz")).status_code == 200
        finally:
            other.rollback()
            other.close()
        await until(True)
