"""Same truth on both engines: every scenario ends in the same bills, books and numbers, and those it was written for.

Answers are the same, too, and so is what the verbs of the command line print.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pprint import pformat
from typing import Any

import pytest

from hub.issuing.verify import verify_einvoice
from hub.security.certificates import Trust
from tests.engine.same.conftest import Played
from tests.engine.same.end import end_of
from tests.engine.same.scenarios import SCENARIOS
from tests.engine.same.sites import Site
from tests.engine.same.words import End, Scenario, wanted

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(480)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
async def test_a_scenario_ends_the_same(played: Played, scenario: Scenario) -> None:
    ends: list[End] = []
    for site in ("embedded", "cluster"):
        found = played[scenario.name, site]
        if isinstance(found, Exception):
            raise found
        end, cast = found
        assert [answer for _, answer in cast.answers] == [wanted(step, site) for step, _ in cast.answers], site
        assert end == scenario.end, f"{site}: {pformat(end, width=100)}"
        ends.append(end)
    assert ends[0] == ends[1]


async def test_nothing_moves_afterwards_and_bills_verify(sites: list[Site], played: Played) -> None:
    """An end that was only passed through is found here."""
    for site in sites:
        ends = {one.name: replace(one.end, numbers=()) for one in SCENARIOS if (one.name, site.name) in played}
        assert {unit: await end_of(site, unit, numbers=False) for unit in ends} == ends
        numbers = [(code, number) for _, code, number in site.reader.issued()]
        assert len(set(numbers)) == len(numbers)
        assert len(numbers) == sum(line.split()[2] in _OUT for end in ends.values() for line in end.bills)
        trust = Trust.from_folder(site.world.data / "trust")
        one_each = "SELECT min(id) FROM bill WHERE issued_at IS NOT NULL GROUP BY unit, face, status"
        documents = [site.reader.document(id_, "xml") for (id_,) in await site.rows(one_each)]
        assert all(verify_einvoice(xml or b"", trust).ok for xml in documents)
    assert _alarms(sites[0]) == _alarms(sites[1])


_OUT = ("issued", "confirmed", "reversing", "reversed")


def _alarms(site: Site) -> list[tuple[str, str, int, str]]:
    """What the pages and the metrics say is held up."""
    found = site.reader.alarms()
    return sorted((one["unit"], one["what"], one["count"], one["fault"]["en"]["code"]) for one in found)


PRINTED: dict[tuple[str, ...], set[str]] = {
    ("books",): set(),
    ("numbers", "stock"): set(),
    ("parked", "list"): {"id", "at", "case_id"},
    ("parked", "list", "--refused"): {"id", "at"},
    ("bills",): {"id", "at", "issued_at", "bill_number", "check_code", "trade_no", "paid_at"},
}
"""Verbs that look, and the names whose values may differ: ids that know the order of arrival, numbers, times."""


@pytest.mark.parametrize("verb", PRINTED, ids=" ".join)
async def test_a_verb_prints_the_same(sites: list[Site], played: Played, verb: tuple[str, ...]) -> None:
    told = await asyncio.gather(*(site.hub.command(*verb, "--json", "--data", str(site.data)) for site in sites))
    assert [code for code, *_ in told] == [0, 0], told
    lines = [[_same(json.loads(line), PRINTED[verb]) for line in out.splitlines()] for _, out, _ in told]
    assert sorted(map(json.dumps, lines[0])) == sorted(map(json.dumps, lines[1]))


def _same(found: Any, free: set[str]) -> Any:
    """Without what may differ. What issuers of a cluster hold in blocks of numbers counts as free."""
    if isinstance(found, list):
        return [_same(one, free) for one in found]
    if not isinstance(found, dict):
        return found
    kept = {name: _same(value, free) for name, value in found.items() if name not in free}
    if "leased" in kept:
        kept["free"] += kept.pop("leased")
    return kept
