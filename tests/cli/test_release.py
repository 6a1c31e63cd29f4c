"""Bills of a kind that a person issues: due until somebody names them, one unit at a time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.adapter import Delivery
from hub.config import load_units
from hub.engine.embedded.home import Home
from hub.engine.intake import Intake
from hub.ledger.records import Batch
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.simulators.hospital_hl7 import HospitalHl7
from hub.simulators.hospital_hl7_words import Writer
from tests.badinput.hub import Hub
from tests.cli.conftest import Command, World

BY_HAND = ('type: "0601", issue: on_payment', 'type: "0601", issue: manual')


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path, numbers=100)
    made.edit("hospital", BY_HAND)
    try:
        yield made.start()
        assert made.stop() == 0
    finally:
        made.close()


async def test_a_bill_waits_for_a_person_and_the_running_hub_issues_it(hub: Hub) -> None:
    async with HospitalHl7(*hub.mllp(), seed=1) as his:
        charge, _ = await his.send_charge(cash=True)
    assert hub.statuses(charge.charge_no) == ["due"]
    release = ("release", charge.charge_no, "--json", "--data", str(hub.world.data))
    code, said = hub.billhub(*release)
    assert (code, json.loads(said)) == (0, {"due": 1, "released": 1})
    hub.wait(lambda: hub.statuses(charge.charge_no) == ["confirmed"])
    code, said = hub.billhub(*release)
    assert (code, json.loads(said)) == (1, {"due": 0, "released": 0})


def test_a_key_of_two_units_releases_nothing_until_one_is_named(billhub: Command, world: World, tmp_path: Path) -> None:
    mine = World(tmp_path / "world", world.report)
    shutil.copytree(world.folder, mine.folder)
    file = mine.units / "hospital.yaml"
    text = file.read_text("utf-8").replace(*BY_HAND)
    file.write_text(text, "utf-8")
    (mine.units / "clinic.yaml").write_text(text.replace("demo-hospital", "demo-clinic"), "utf-8")
    units = load_units(mine.units)
    rules = {unit.unit.id: rules_of(unit) for unit in units}
    intake, charge = Intake(units, Home(mine.data).vault()), Writer(77).charge(cash=True)
    for unit in ("demo-hospital", "demo-clinic"):
        ledger = SqliteLedger(mine.data, rules)
        taken = intake.take(intake.bound(f"{unit}/his"), Delivery(charge.body, datetime.now(UTC), door="mllp"))
        ledger.apply(Batch(list(taken.submissions)), datetime.now(UTC), 0)
        ledger.close()
    unclear = billhub("release", charge.charge_no, *mine.at)
    assert unclear.code == 2
    assert "demo-clinic, demo-hospital" in unclear.err
    named = billhub("release", charge.charge_no, "--unit", "demo-hospital", "--json", *mine.at)
    assert (named.code, named.lines) == (0, [{"due": 1, "released": 1}])
    again = billhub("release", charge.charge_no, "--unit", "demo-hospital", "--json", *mine.at)
    assert (again.code, again.lines) == (1, [{"due": 1, "released": 0}])
    ledger = SqliteLedger(mine.data, rules)
    assert [work.unit for work in ledger.apply(Batch(), datetime.now(UTC), 9).work] == ["demo-hospital"]
    ledger.close()
