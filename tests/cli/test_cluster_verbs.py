"""The verbs that look at a hub, or write to it, on a cluster's database: `--data` names its hub.yaml."""

from __future__ import annotations

import shutil
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
from hub.registry import mapping_path
from hub.simulators.hospital_hl7_words import Writer
from tests.cli.conftest import Command, Place, World


@pytest.fixture
def cluster(billhub: Command, world: World, place: Place) -> Path:
    """The demonstration's data, with a message nobody understands, in a cluster's database; its hub.yaml."""
    units = load_units(world.units)
    body = Writer(77).charge(cash=True).body.replace(b"CASH", b"BARTER")
    intake = Intake(units, Home(place.data).vault())
    taken = intake.take(intake.bound("demo-hospital/his"), Delivery(body, datetime.now(UTC), door="mllp"))
    ledger = SqliteLedger(place.data, {unit.unit.id: rules_of(unit) for unit in units})
    (verdict,) = ledger.apply(Batch(list(taken.submissions)), datetime.now(UTC), 0).verdicts
    ledger.close()
    assert verdict.place == "parked"
    assert billhub("migrate", "--to", place.hub).code == 0
    assert billhub("move", "--data", place.data, "--to", place.hub).code == 0
    return place.hub


def test_a_cluster_is_looked_at_and_written_to(
    billhub: Command, world: World, place: Place, cluster: Path, tmp_path: Path
) -> None:
    here, there = ("--data", place.data), ("--data", cluster)
    for verb in (("books",), ("numbers", "stock"), ("bills",)):
        shown = billhub(*verb, "--json", *there)
        assert shown.code == 0, shown.err
        assert sorted(shown.out.splitlines()) == sorted(billhub(*verb, "--json", *here).out.splitlines())
    assert billhub("export", "--out", tmp_path / "out", *there).code == 0
    assert len(list((tmp_path / "out").glob("*.xml"))) >= 24

    code = f"410601{datetime.now(UTC):%y}"
    taken = billhub("numbers", "receive", "demo-hospital", code, "5000001", "5000100", "--json", *there)
    assert taken.lines == [{"unit": "demo-hospital", "code": code, "from": "0005000001", "to": "0005000100"}]
    assert billhub("numbers", "receive", "demo-hospital", code, "5000001", "5000100", *there).code != 0
    stock = billhub("numbers", "stock", "--json", *there).lines
    assert [book["free"] for book in stock if book["from"] == "0005000001"] == [100]

    assert "BH-CFG-010" in billhub("units", "pause", "demo-hopsital", "--reason", "x", *there).err
    assert billhub("units", "pause", "demo-hospital", "--reason", "x", *there).code == 0
    assert billhub("units", "resume", "demo-hospital", *there).code == 0

    made = billhub("backup", tmp_path / "backup", "--json", *there)  # and no Kafka is there
    assert (made.code, made.lines[0].get("offsets")) == (0, None)
    assert "BH-CLU-030" in made.err
    assert "without offsets" in made.err

    (parked,) = billhub("parked", "list", "--json", *there).lines
    units = Path(shutil.copytree(world.units, tmp_path / "units"))
    still = billhub("parked", "replay", parked["id"], "--json", *there, "-c", units)
    assert (still.code, still.lines[0]["fault"]["code"][:7]) == (1, "BH-MAP-")
    shown = billhub("parked", "show", parked["id"], "--reveal", "核对", *there)
    assert "BARTER" in shown.out
    shutil.copytree(mapping_path("his/hl7v2/dft-p03").parent, units / "mappings" / "his" / "hl7v2")
    table = units / "mappings" / "his" / "hl7v2" / "tables" / "pay-channels.csv"
    table.write_text(table.read_text("utf-8").rstrip("\n") + "\nBARTER,02,以物易物\n", "utf-8")
    tried = billhub("parked", "replay", parked["id"], "--dry-run", "--json", *there, "-c", units)
    assert [bill["status"] for bill in tried.lines[0]["bills"]] == ["due"]
    assert billhub("parked", "replay", parked["id"], *there, "-c", units).code == 0
    assert billhub("parked", "list", "--json", *there).out == ""
    assert billhub("books", *there).code == 0
