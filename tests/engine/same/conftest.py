"""Both hubs, once: started together, every scenario played on both, and up until the last test has looked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.engine.same.cast import Cast
from tests.engine.same.end import end_of
from tests.engine.same.scenarios import SCENARIOS
from tests.engine.same.sites import Site, cluster, embedded
from tests.engine.same.words import End, Scenario

AT_ONCE = 6
"""Scenarios that are played at the same time: their units meet in the same batches."""
STILL = 10.0
"""Seconds without any change after which an end that is not the wanted one is taken for the end."""

Played = dict[tuple[str, str], tuple[End, Cast] | Exception]
"""(scenario, site) → its end, and the cast with the answers it heard; or what went wrong"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sites(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Site]]:
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(embedded(tmp_path_factory.mktemp("embedded"), SCENARIOS))
        second = await stack.enter_async_context(cluster(tmp_path_factory.mktemp("cluster"), SCENARIOS))
        yield [await first.up(), await second.up()]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def played(request: pytest.FixtureRequest, sites: list[Site]) -> Played:
    """Every scenario on both sites; where scenarios are chosen by name, those."""
    found: Played = {}
    chosen = [one.callspec.params.get("scenario") for one in request.session.items if hasattr(one, "callspec")]
    scenarios = [one for one in SCENARIOS if one in chosen] or SCENARIOS
    turn = asyncio.Semaphore(AT_ONCE)

    async def play(site: Site, scenario: Scenario) -> None:
        async with turn:
            try:
                found[scenario.name, site.name] = await _played(site, scenario)
            except Exception as error:  # noqa: BLE001  (told by the scenario's own test)
                found[scenario.name, site.name] = error

    await asyncio.gather(*(play(site, scenario) for scenario in scenarios for site in sites))
    return found


async def _played(site: Site, scenario: Scenario) -> tuple[End, Cast]:
    """The scenario's end: the one it was written for as soon as it is there, else what is there when nothing moves."""
    cast = Cast(site, scenario)
    await cast.play()
    loop = asyncio.get_running_loop()
    wanted = replace(scenario.end, numbers=())
    found, since = await end_of(site, scenario.name, numbers=False), loop.time()
    while found != wanted and loop.time() < since + STILL:
        await asyncio.sleep(0.1)
        before, found = found, await end_of(site, scenario.name, numbers=False)
        since = since if found == before else loop.time()
    return await end_of(site, scenario.name), cast
