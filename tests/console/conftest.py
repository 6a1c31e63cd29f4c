"""One running hub and one browser for all pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from hub.simulators.hospital_hl7 import HospitalHl7
from tests.badinput.hub import Hub

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    running = Hub(tmp_path_factory.mktemp("hub"), numbers=6)
    try:
        yield running.start()
        assert running.stop() == 0
    finally:
        running.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        chromium = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page that fails the test when the browser has anything to complain about."""
    opened = await browser.new_page(viewport={"width": 1400, "height": 900}, locale="zh-CN")
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert not complaints


async def pay(hub: Hub, seed: int, *, paid: int = 0, unpaid: int = 0, prefix: str = "") -> list[str]:
    """Charges in cash, and charges nobody has paid; their numbers."""
    async with HospitalHl7(*hub.mllp(), seed=seed, prefix=prefix) as his:
        made = [await his.send_charge(cash=index < paid) for index in range(paid + unpaid)]
    assert {ack.code for _, ack in made} == {"AA"}
    return [charge.charge_no for charge, _ in made]
