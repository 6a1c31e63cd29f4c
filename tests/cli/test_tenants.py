"""Two units of a region tree on one hub: numbers from above, a pause, closed doors, a flood, books by region."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from hub.bill.numbering import SHANGHAI
from hub.cli.checking import check_paths
from hub.cli.main import APP
from hub.config import load_regions, load_units
from hub.errors import Config
from hub.regions import read_regions
from hub.simulators.hospital_hl7 import HospitalHl7
from tests.api.test_access import UNIT
from tests.badinput.hub import Hub

CODE = f"410601{datetime.now(UTC).astimezone(SHANGHAI).year % 100:02d}"
REGIONS = """\
regions:
  "410000": {name: 河南省}
  "410100": {name: 郑州市}
  "410105": {name: 金水区}
"""
HOSPITAL, SCHOOL = "demo-hospital", "demo-school"


class Tenants(Hub):
    """The hub, and its command line."""

    def json(self, *verb: str, code: int = 0) -> list[dict[str, Any]]:
        done = CliRunner().invoke(APP, [*verb, "--data", str(self.world.data), "--json"])
        assert done.exit_code == code, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    def say(self, *verb: str, code: int = 0) -> str:
        done = CliRunner().invoke(APP, [*verb, "--data", str(self.world.data)])
        assert done.exit_code == code, done.output
        return str(done.output)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://{self.ready['http']}{path}", trust_env=False, timeout=20)

    def due(self) -> int:
        return int(self.books()["bills"].get("due", 0))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    made = Tenants(tmp_path_factory.mktemp("tenants"), numbers=0)
    (made.world.units / "regions.yaml").write_text(REGIONS, "utf-8")
    made.edit("hospital", ('region: "410100"}', 'region: "410105"}\nnumbers: {low: 5, refill: 20}'))
    made.edit("school", ("bills:\n", "quota: {per_second: 1, burst: 3}\nbills:\n"))
    try:
        yield made.start()
        assert made.stop() == 0
    finally:
        made.close()


async def charges(hub: Hub, seed: int, count: int) -> list[str]:
    async with HospitalHl7(*hub.mllp(), seed=seed) as his:
        return [(await his.send_charge(cash=True))[0].charge_no for _ in range(count)]


def issued(hub: Hub, numbers: list[str]) -> bool:
    return all(hub.statuses(no) and hub.statuses(no)[0] in {"issued", "confirmed"} for no in numbers)


def test_numbers_come_down_the_tree_and_bills_wait_for_them(hub: Tenants) -> None:
    first = asyncio.run(charges(hub, 1, 2))
    hub.wait(lambda: "BH-LED-010" in hub.alarms())
    hub.json("numbers", "receive", "410000", CODE, "1", "1000")
    hub.wait(lambda: issued(hub, first))
    (given,) = hub.json("numbers", "allot", "410100", CODE, "100", "-c", str(hub.world.units), "--from", "410000")
    assert int(given["until"]) - int(given["from"]) == 99
    assert "BH-LED-060" in hub.say("numbers", "allot", "410100", CODE, "5000", "-c", str(hub.world.units), code=1)
    assert "BH-LED-061" in hub.say("numbers", "allot", "410000", CODE, "1", code=1)
    assert "BH-RGN-007" in hub.say("numbers", "receive", "420000", CODE, "2000", "2001", code=1)
    tree = {row["node"]: row for row in hub.json("numbers", "stock", "--region", "41", "-c", str(hub.world.units))}
    assert tree["410000"]["received"] == 1000
    assert tree["410000"]["used"] == tree["410105"]["used"] == tree[HOSPITAL]["used"] == 2
    assert tree["410100"]["free"] == 100 + tree[HOSPITAL]["free"]
    assert set(tree) == {"410000", "410100", "410105", HOSPITAL}
    assert {row["node"] for row in hub.json("numbers", "stock", "--region", "410105")} == {"410105", HOSPITAL}


def test_books_are_asked_by_region_and_add_up_to_the_whole(hub: Tenants) -> None:
    hub.wait(lambda: set(hub.json("books")[0]["bills"]) == {"confirmed"})
    (whole,) = hub.json("books")
    (county,) = hub.json("books", "--region", "410105")
    (city,) = hub.json("books", "--region", "4101")
    (elsewhere,) = hub.json("books", "--region", "411300")
    assert {book["source"].partition("/")[0] for book in county["sources"]} == {HOSPITAL}
    assert city == whole | {"stock": [row for row in whole["stock"] if row["region"] != "410000"]}
    assert elsewhere["sources"] == elsewhere["numbers"] == []
    assert "BH-RGN-007" in hub.say("books", "--region", "999", code=1)


def test_a_paused_unit_is_taken_in_and_not_issued_over_a_restart(hub: Tenants) -> None:
    hub.json("units", "pause", HOSPITAL, "--reason", "its seal is checked")
    kept = asyncio.run(charges(hub, 2, 3))
    assert hub.due() == 3
    (listed,) = [row for row in hub.json("units", "list") if row["id"] == HOSPITAL]
    assert listed["paused"]["reason"] == "its seal is checked"
    assert hub.get("/readyz").json()["ready"]
    hub.wait(lambda: f'billhub_paused{{unit="{HOSPITAL}",doors="open"}} 1' in hub.get("/metrics").text)
    assert "its seal is checked" in hub.get("/console/?lang=en").text
    assert hub.stop() == 0
    hub.start()
    assert hub.due() == 3
    assert "BH-LED-063" in hub.say("units", "resume", SCHOOL, code=1)
    assert "BH-CFG-010" in hub.say("units", "pause", "nobody", "--reason", "x", code=3)
    hub.json("units", "resume", HOSPITAL)
    hub.wait(lambda: issued(hub, kept))
    assert hub.get("/readyz").json()["ready"]


async def test_a_unit_paused_with_its_doors_is_told_to_come_again(hub: Tenants) -> None:
    hub.json("units", "pause", HOSPITAL, "--reason", "moves house", "--doors")
    answer = await hub.post("demo-hospital/alipay", b"notify")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert answer.json()["code"] == "BH-LED-062"
    assert answer.text != "success", "Alipay comes again"
    before = hub.counts("demo-hospital/his")["received"]
    async with HospitalHl7(*hub.mllp(), seed=3) as his:
        waiting = asyncio.create_task(his.send_charge(cash=True))
        school = await hub.post("demo-school/upload", b"a,b\n")
        assert school.status_code < 500, "the other unit feels nothing"
        assert not waiting.done()
        assert hub.counts("demo-hospital/his")["received"] == before
        await asyncio.to_thread(hub.json, "units", "resume", HOSPITAL)
        charge, ack = await waiting
    assert ack.code == "AA"
    hub.wait(lambda: issued(hub, [charge.charge_no]))


async def test_a_units_flood_is_turned_away_and_the_others_pass(hub: Tenants) -> None:
    answers = [await hub.post("demo-school/upload", b"flood,%d\n" % n) for n in range(8)]
    turned = [answer for answer in answers if answer.status_code == 429]
    assert turned
    assert turned[0].headers["content-type"] == "application/problem+json"
    assert turned[0].json()["code"] == "BH-ENG-020"
    assert int(turned[0].headers["retry-after"]) >= 1
    passed = await charges(hub, 4, 10)
    assert len(passed) == 10
    hub.wait(lambda: issued(hub, passed))
    assert hub.books()["balanced"]


def test_the_console_shows_a_region_and_what_is_below_it(hub: Tenants) -> None:
    page = hub.get("/console/?lang=zh").text
    assert all(name in page for name in ("河南省", "郑州市", "金水区", "示例人民医院", "示例大学"))
    county = hub.get("/console/?lang=zh&region=410105").text
    assert "示例人民医院" in county
    assert "示例大学" not in county
    assert "示例大学" in hub.get("/console/?lang=zh&region=%3Cscript%3E").text, "no region: everything"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('regions:\n  "4101": {name: 郑州市}\n', "BH-RGN-001", "2:3"),
        ('regions:\n  "410000": {}\n', "BH-RGN-002", "2:3"),
        ('regions:\n  "410000": {name: 河南省}\n  "410105": {name: 金水区}\n', "BH-RGN-003", "3:3"),
        ('regions:\n  "410000": {name: 河南省}\n  "410100": {name: 郑州市, under: "410100"}\n', "BH-RGN-004", "3:25"),
        ('regions:\n  "410000": {name: 河南省, below: "1"}\n', "BH-RGN-002", "2:25"),
        ("areas: {}\n", "BH-RGN-002", "1:1"),
    ],
)
def test_a_wrong_tree_is_named_by_its_place(tmp_path: Path, text: str, code: str, place: str) -> None:
    file = tmp_path / "regions.yaml"
    file.write_text(text, "utf-8")
    regions, findings = read_regions(file)
    assert regions is None
    assert (findings[0].fault.code.code, f"{findings[0].line}:{findings[0].column}") == (code, place)
    for lang in ("zh", "en"):
        assert findings[0].fault.do(lang)
    with pytest.raises(Config):
        load_regions(file)


def test_a_unit_must_stand_in_the_tree(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UNIT.format(id="a", scopes="bills:read", sees="issued"), "utf-8")
    (tmp_path / "regions.yaml").write_text('regions:\n  "420000": {name: 湖北省}\n', "utf-8")
    with pytest.raises(Config):
        load_units(tmp_path)
    _, findings = check_paths([tmp_path])
    assert [(found.fault.code.code, found.line) for found in findings] == [("BH-RGN-005", 1)]
    tree = '  "410000": {name: 河南省}\n  "419000": {name: 省直辖}\n  "410100": {name: 郑州市, under: "410000"}\n'
    (tmp_path / "regions.yaml").write_text("regions:\n" + tree, "utf-8")
    (unit,) = load_units(tmp_path)
    assert [region.code for region in unit.above] == ["410100", "410000"]
