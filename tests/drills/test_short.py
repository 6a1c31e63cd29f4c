"""The drills in their short form: what can die does, under one load; and a verdict that can say no."""

from __future__ import annotations

import json
from pathlib import Path

import asyncpg
import pytest

from drills.catalogue import catalogue
from drills.hand import Hand
from drills.play import played
from drills.verdict import Verdict
from hub.simulators.fiscal_books import Refused
from tests.engine.cluster.broker import CACHE

STORIES = (
    *("kill-worker", "kill-issuer", "kill-door", "broker-restart", "postgres-killed"),
    *("kill-relay", "zombie", "postgres-failover"),
)
DAMAGE = {
    "UPDATE bill SET total = total + 1 WHERE seq = (SELECT min(seq) FROM bill)": "no charge that was acknowledged",
    "DELETE FROM document WHERE bill_seq = (SELECT min(seq) FROM bill)": "every bill verifies",
    "UPDATE bill SET status = 'void' WHERE seq = (SELECT max(seq) FROM bill)": "every bill came to its end",
    "UPDATE segment SET next = next + 1 WHERE id = (SELECT id FROM segment ORDER BY next DESC LIMIT 1)": "used + void",
    "UPDATE tally SET count = count + 100000 WHERE place = 'applied'": "acknowledged ≤ Σ tallies ≤ sent",
}
"""What is done to the database, and the expectation that must notice it."""


@pytest.mark.timeout(540)
async def test_whatever_dies_nothing_acknowledged_is_lost_and_nothing_issued_twice(tmp_path: Path) -> None:
    drills = catalogue()
    async with played([drills[name] for name in STORIES], tmp_path, CACHE, short=True, tell=print) as (hand, report):
        assert report.ok, json.dumps(report.json(), ensure_ascii=False, indent=1)
        assert len(report.expectations) >= 12
        await the_verdict_notices(hand)


async def the_verdict_notices(hand: Hand) -> None:
    line = await asyncpg.connect(hand.place.postgres.dsn())
    for statement in DAMAGE:
        await line.execute(statement)
    await line.close()
    assert hand.place.platform is not None
    with pytest.raises(Refused):
        await hand.place.platform.sign(
            b"<EInvoice>what no unit signed<EInvoiceSignature></EInvoiceSignature></EInvoice>"
        )
    verdict = Verdict(hand.place, hand.load, hand.allowed)
    await verdict.judge()
    wrong = [one.what for one in verdict.expectations if not one.ok]
    for expected in (*DAMAGE.values(), "the platform saw every number with one content"):
        assert any(what.startswith(expected) for what in wrong), (expected, wrong)
