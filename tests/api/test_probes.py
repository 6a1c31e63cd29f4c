"""Probes and metrics, as the tools that read them expect."""

from __future__ import annotations

import asyncio

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

        async with asyncio.timeout(30):  # children show what they counted once a second, the books are counted seldom
            while (found := await metrics()).get('billhub_bills{status="confirmed"}') != 3 or not found.get(
                'billhub_deliveries_total{role="door",how="taken"}'
            ):
                await asyncio.sleep(0.1)
    assert found['billhub_messages_total{source="demo-hospital/his",place="applied"}'] == 3
    assert found["billhub_books_balanced"] == 1
    assert found["billhub_parked"] == 0
    assert found["billhub_due"] == 0
    assert found['billhub_outbox{kind="confirm"}'] == 0
    assert found['billhub_taken_total{role="core",place="applied"}'] == 3
    assert found['billhub_issued_total{role="core"}'] == 3
    assert found['billhub_batch_messages_sum{role="core"}'] == 3
    assert found['billhub_effects_total{role="relay",kind="confirm",how="done"}'] == 3
    assert found['billhub_issue_seconds_count{role="issuer"}'] == 3
