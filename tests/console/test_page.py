"""The operators' page in a real browser: readable in both languages, live, quiet in the browser's own console."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from hub.demo.world import CHINA
from tests.badinput.hub import Hub
from tests.console.conftest import pay

AXE = Path(__file__).parent / "vendor" / "axe.min.js"


def console(hub: Hub, lang: str) -> str:
    return f"http://{hub.ready['http']}/console/?lang={lang}"


def part(page: Page, name: str) -> Any:
    return page.locator(f"[sse-swap={name}]")


async def test_an_empty_hub_says_what_is_not_there_yet(hub: Hub, page: Page) -> None:
    await page.goto(console(hub, "zh"))
    await expect(part(page, "bills")).to_have_text("还没有票据。")
    await expect(part(page, "parked")).to_have_text("没有挂起的消息。")
    await expect(part(page, "state")).to_contain_text("运行中")


async def test_a_bill_issued_meanwhile_appears_without_reload(hub: Hub, page: Page) -> None:
    await page.goto(console(hub, "zh"))
    await page.evaluate("window.kept = true")
    (charge,) = await pay(hub, 1, paid=1)
    row = part(page, "bills").locator("tr", has_text=charge)
    await expect(row).to_contain_text("已加签", timeout=10_000)
    assert await page.evaluate("window.kept")  # the same document: nothing was loaded anew


async def test_focus_stays_where_it_was_while_figures_change(hub: Hub, page: Page) -> None:
    await page.goto(console(hub, "en"))
    await part(page, "bills").focus()
    (charge,) = await pay(hub, 2, paid=1)
    await expect(part(page, "bills").locator("tr", has_text=charge)).to_be_visible(timeout=10_000)
    assert await page.evaluate("document.activeElement.getAttribute('sse-swap')") == "bills"


async def test_persons_are_masked(hub: Hub, page: Page) -> None:
    await pay(hub, 3, paid=1)
    await page.goto(console(hub, "zh"))
    await expect(part(page, "bills").locator("tbody tr").first).to_contain_text("*")
    text = await page.content()
    assert not any(name in text for name in ("张测试", "李样例", "王示范", "赵模拟", "吴演练", "欧阳试验"))


async def test_an_empty_segment_is_an_alarm_until_numbers_come(hub: Hub, page: Page) -> None:
    await page.goto(console(hub, "en"))
    charges = await pay(hub, 4, paid=6, unpaid=1)
    await expect(part(page, "alarms")).to_contain_text("no numbers are left for bill code", timeout=10_000)
    await expect(part(page, "figures").locator(".tile.due dt")).to_have_text("Due")
    await expect(part(page, "figures").locator(".tile.waiting .age")).to_contain_text("oldest", timeout=10_000)
    code = f"410601{datetime.now(CHINA).year % 100:02d}"
    data = ("--data", str(hub.world.data))
    assert hub.billhub("numbers", "receive", "demo-hospital", code, "7", "9000", *data)[0] == 0
    await expect(part(page, "alarms")).to_be_empty(timeout=10_000)
    await expect(part(page, "bills").locator("tr", has_text=charges[5])).to_contain_text("Confirmed", timeout=10_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_axe_finds_nothing(hub: Hub, browser: Browser, lang: str, scheme: Any) -> None:
    await pay(hub, 5, paid=1, unpaid=1, prefix=f"{lang}{scheme}")
    page = await browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True)
    await page.goto(console(hub, lang))
    await page.add_script_tag(content=AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run()")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert await page.evaluate("document.documentElement.scrollWidth") == 390  # only tables scroll sideways


async def test_headers_keep_the_page_to_itself(hub: Hub) -> None:
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://{hub.ready['http']}") as client:
        for method in ("GET", "HEAD"):
            answer = await client.request(method, "/console/", headers={"Accept-Language": "en"})
            assert answer.status_code == 200
            assert bool(answer.content) == (method == "GET")
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["cache-control"] == "no-store"
            assert "set-cookie" not in answer.headers
        page = (await client.get("/console/", params={"lang": "en"})).text
        assert '<html lang="en">' in page
        assert '<html lang="en">' in (await client.get("/console/")).text  # remembered
        assert "<script>" not in page
        assert " style=" not in page
        assert (await client.get("/", follow_redirects=False)).headers["location"] == "/console/"
