"""Probes and metrics, as the tools that read them expect."""

from __future__ import annotations

import re
from typing import Any, cast

from hub.api.probes import metrics_text
from hub.ledger.reader import Reader
from tests.api.conftest import Client, issue
from tests.badinput.hub import Hub

SAMPLE = re.compile(
    r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?P<labels>([a-z_]+="([^"\\\n]|\\["\\n])*",?)+)\})? (?P<value>[0-9.e+-]+)'
)


def samples(text: str) -> dict[str, int]:
    """Checks the text format line by line: HELP and TYPE before the samples of a family, each sample once."""
    assert text.endswith("\n")
    found: dict[str, int] = {}
    family = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split()[2]
            assert family not in {name.partition("{")[0] for name in found}
        elif line.startswith("# TYPE "):
            assert line.split()[2:] in ([family, "counter"], [family, "gauge"])
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match["name"] == family
            series = line.rpartition(" ")[0]
            assert series not in found
            found[series] = int(match["value"])
    return found


async def test_probes_answer_get_and_head(client: Client) -> None:
    async with client("") as http:
        for path in ("/healthz", "/readyz", "/metrics"):
            got, head = await http.get(path), await http.head(path)
            assert (got.status_code, head.status_code) == (200, 200)
            assert got.content
            assert not head.content
        assert (await http.get("/readyz")).json() == {"ready": True}


async def test_metrics_count_what_came(hub: Hub, client: Client) -> None:
    await issue(hub, 1, 3)
    async with client("") as http:
        answer = await http.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(answer.text)
    assert found['billhub_messages_total{source="demo-hospital/his",place="applied"}'] == 3
    assert found['billhub_bills{status="confirmed"}'] == 3
    assert found["billhub_books_balanced"] == 1
    assert found["billhub_parked"] == 0


def test_label_values_are_escaped() -> None:
    class Odd:
        def books(self) -> dict[str, Any]:
            book = {"source": 'a"b\\c\nd', "applied": 1, "duplicate": 0, "parked": 0, "refused": 0}
            return {"sources": [book], "bills": {}, "numbers": [], "balanced": False}

        def parked_count(self) -> int:
            return 2

        def alarms(self) -> list[dict[str, Any]]:
            return []

    found = samples(metrics_text(cast("Reader", Odd())))
    assert found['billhub_messages_total{source="a\\"b\\\\c\\nd",place="applied"}'] == 1
    assert found["billhub_books_balanced"] == 0
