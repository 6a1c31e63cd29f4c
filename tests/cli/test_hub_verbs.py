"""Verbs that look at a hub's data: what they print is as the surface says, and persons are masked."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

from hub.adapter import Delivery
from hub.config import load_units
from hub.engine.embedded.home import Home
from hub.engine.intake import Intake
from hub.ledger.reader import Reader
from hub.ledger.records import Batch
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.registry import mapping_path
from hub.simulators.hospital_hl7_words import Charge, Writer
from tests.cli.conftest import Command, World

SCHEMA = orjson.loads((Path(__file__).parents[2] / "schema" / "bill.v1.json").read_bytes())


def test_the_demo_reports_as_the_surface_says(world: World) -> None:
    report = world.report
    assert report["ok"], [entry for entry in report["expectations"] if not entry["ok"]]
    assert set(report) == {
        *("charges", "payments", "issued", "waiting", "parked", "seconds", "books", "expectations", "ok"),
    }
    assert (report["charges"], report["payments"], report["waiting"], report["parked"]) == (24, 24, 0, 0)
    assert report["issued"] == 24 + 2  # a red bill for the refund, and one for the write-off
    assert all(set(entry) == {"what", "ok"} for entry in report["expectations"])


def test_books_are_one_document(billhub: Command, world: World) -> None:
    shown = billhub("books", "--json", *world.at)
    assert shown.code == 0
    (books,) = shown.lines
    assert set(books) == {"sources", "bills", "numbers", "stock", "balanced"}
    for source in books["sources"]:
        assert source["received"] == sum(source[place] for place in ("applied", "duplicate", "parked", "refused"))
    for segment in books["numbers"]:
        taken = sum(segment[state] for state in ("used", "void", "reserved", "leased", "quarantined", "free"))
        assert taken == int(segment["to"]) - int(segment["from"]) + 1
    assert "balanced" in billhub("books", *world.at).out


def test_books_that_do_not_balance_end_with_one(billhub: Command, world: World, tmp_path: Path) -> None:
    shutil.copytree(world.data, tmp_path / "data")
    with sqlite3.connect(tmp_path / "data" / "ledger.db") as ledger:
        ledger.execute("UPDATE tally SET count = count + 1 WHERE source = 'his' AND place = 'applied'")
    assert billhub("books", "--data", tmp_path / "data").code == 1


def all_bills(billhub: Command, world: World, *more: str) -> list[dict[str, Any]]:
    shown = billhub("bills", "--json", *world.at, *more)
    assert shown.code == 0
    return shown.lines


def test_bills_have_the_shape_of_the_schema(billhub: Command, world: World) -> None:
    bills = all_bills(billhub, world)
    assert len(bills) == 26
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for bill in bills:
        validator.validate(bill)
        assert bill["schema"] == "billhub.bill/1"


def test_persons_are_masked_unless_a_reason_is_given(billhub: Command, world: World) -> None:
    for bill in all_bills(billhub, world):
        assert "*" in bill["payer"]["name"]
        assert "*" in bill["payer"].get("id_no", "*")
    revealed = all_bills(billhub, world, "--reveal", "一次核对")
    assert not any("*" in bill["payer"]["name"] for bill in revealed)
    with sqlite3.connect(world.data / "ledger.db") as ledger:
        rows = ledger.execute("SELECT actor, action, reason FROM audit ORDER BY seq DESC LIMIT 1").fetchall()
    assert [(action, reason) for _, action, reason in rows] == [("bills.reveal", "一次核对")]
    assert rows[0][0].startswith("cli")


def test_a_bill_is_found_by_any_of_its_keys(billhub: Command, world: World) -> None:
    bill = next(bill for bill in all_bills(billhub, world) if bill["payments"][0].get("trade_no", "").startswith("20"))
    number = f"{bill['bill_code']}-{bill['bill_number']}"
    keys = [bill["id"], bill["charge_no"], number, bill["payments"][0]["trade_no"], bill["visit_no"], message(world)]
    for key in keys:
        assert billhub("bills", key, "--json", *world.at).lines, key
    assert [found["id"] for found in billhub("bills", number, "--json", *world.at).lines] == [bill["id"]]
    number_only = billhub("bills", bill["bill_number"], "--json", *world.at).lines
    assert bill["id"] in {found["id"] for found in number_only}
    assert billhub("bills", "nothing-of-the-kind", *world.at).code == 1


def message(world: World) -> str:
    with sqlite3.connect(world.data / "ledger.db") as ledger:
        (found,) = ledger.execute("SELECT id FROM message WHERE source = 'his' AND case_id != '' LIMIT 1").fetchone()
    return str(found)


def test_bills_by_status_and_time(billhub: Command, world: World) -> None:
    assert {bill["status"] for bill in all_bills(billhub, world, "--status", "reversed")} == {"reversed"}
    assert len(all_bills(billhub, world, "--since", "2020-01-01T00:00:00+08:00")) == 26
    assert all_bills(billhub, world, "--since", "2120-01-01T00:00:00+08:00") == []
    assert billhub("bills", "--since", "yesterday", *world.at).code == 2
    assert billhub("bills", "--status", "lost", *world.at).code == 2


def test_exported_bills_verify_and_strangers_do_not(billhub: Command, world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported = billhub("export", "--out", out, "--json", *world.at)
    assert exported.code == 0
    assert len(exported.lines) == 26
    files = sorted(out.glob("*.xml"))
    assert [file.stem for file in files] == sorted(f"{o['bill_code']}-{o['bill_number']}" for o in exported.lines)
    good = billhub("verify", *files, "--json", *world.at)
    assert good.code == 0
    assert all(line["ok"] for line in good.lines)
    (tmp_path / "strangers").mkdir()
    unknown = billhub("verify", files[0], "--trust", tmp_path / "strangers")
    assert unknown.code == 1
    assert "unknown signer" in unknown.out
    files[0].write_bytes(files[0].read_bytes().replace(b"<TotalAmount>", b"<TotalAmount>1", 1))
    assert billhub("verify", files[0], *world.at).code == 1
    assert billhub("export", "nothing-of-the-kind", "--out", out, *world.at).code == 1


def test_numbers_are_received_and_shown(billhub: Command, world: World) -> None:
    taken = billhub("numbers", "receive", "demo-school", "41010199", "5", "14", "--json", *world.at)
    assert taken.code == 0
    assert taken.lines == [{"unit": "demo-school", "code": "41010199", "from": "0000000005", "to": "0000000014"}]
    stock = {line["code"]: line for line in billhub("numbers", "stock", "--json", *world.at).lines}
    assert stock["41010199"]["free"] == 10
    again = billhub("numbers", "receive", "demo-school", "41010199", "14", "20", *world.at)
    assert again.code == 1
    assert "BH-LED-012" in again.err
    misspelt = billhub("numbers", "receive", "demo-shcool", "41010199", "21", "30", *world.at)
    assert misspelt.code == 3
    assert "BH-CFG-010" in misspelt.err
    assert "demo-school" in misspelt.err


def test_keys_are_made_once(billhub: Command, tmp_path: Path) -> None:
    assert billhub("keys", "new", tmp_path / "keys", "--trust", tmp_path / "trust").code == 0
    assert (tmp_path / "keys" / "unit.key").stat().st_mode & 0o077 == 0
    assert list((tmp_path / "trust").glob("*.pem"))
    assert billhub("keys", "new", tmp_path / "keys").code == 3
    made = billhub("keys", "insurer", "life", "--out", tmp_path / "keys")
    assert made.code == 0
    assert made.out.strip() not in (tmp_path / "keys" / "insurer-life.json").read_text("ascii")


@dataclass(frozen=True)
class Parked:
    """A copy of the world in which a message waits for a person: it says a pay channel that no table knows."""

    world: World
    id: str
    charge: Charge

    def teach(self) -> None:
        """The unit writes a mapping of its own that knows the channel."""
        mine = self.world.units / "mappings" / "his" / "hl7v2"
        shutil.copytree(mapping_path("his/hl7v2/dft-p03").parent, mine)
        table = mine / "tables" / "pay-channels.csv"
        table.write_text(table.read_text("utf-8").rstrip("\n") + "\nBARTER,02,以物易物\n", "utf-8")


@pytest.fixture
def parked(world: World, tmp_path: Path) -> Parked:
    mine = World(tmp_path / "world", world.report)
    shutil.copytree(world.folder, mine.folder)
    home, units = Home(mine.data), load_units(mine.units)
    intake = Intake(units, home.vault())
    charge = Writer(77).charge(cash=True)
    delivery = Delivery(charge.body.replace(b"CASH", b"BARTER"), datetime.now(UTC), door="mllp")
    (submission,) = intake.take(intake.bound("demo-hospital/his"), delivery).submissions
    ledger = SqliteLedger(mine.data, {unit.unit.id: rules_of(unit) for unit in units})
    (verdict,) = ledger.apply(Batch([submission]), datetime.now(UTC), 0).verdicts
    ledger.close()
    assert verdict.place == "parked"
    return Parked(mine, submission.id, charge)


def test_nothing_parked_is_an_empty_list(billhub: Command, world: World) -> None:
    shown = billhub("parked", "list", "--json", *world.at)
    assert (shown.code, shown.out) == (0, "")


def test_the_parked_are_listed_and_shown_without_persons(billhub: Command, parked: Parked) -> None:
    (listed,) = billhub("parked", "list", "--json", *parked.world.at).lines
    assert listed["id"] == parked.id
    assert set(listed["fault"]) >= {"code", "what", "do"}
    shown = billhub("parked", "show", parked.id, "--json", *parked.world.at)
    assert (shown.code, shown.lines[0]["place"]) == (0, "parked")
    assert parked.charge.patient.name not in shown.out
    revealed = billhub("parked", "show", parked.id, "--reveal", "核对", *parked.world.at)
    assert parked.charge.patient.name in revealed.out
    assert billhub("parked", "show", "0" * 32, *parked.world.at).code == 1


def test_the_refused_are_listed_and_shown_without_persons(billhub: Command, parked: Parked) -> None:
    home, units, at = Home(parked.world.data), load_units(parked.world.units), parked.world.at
    intake = Intake(units, home.vault())
    delivery = Delivery(b"buyer=%s" % parked.charge.patient.name.encode(), datetime.now(UTC), door="http")
    bound = intake.bound("demo-hospital/alipay")
    ledger = SqliteLedger(parked.world.data, {unit.unit.id: rules_of(unit) for unit in units})
    ledger.apply(Batch(list(intake.take(bound, delivery).submissions)), datetime.now(UTC), 0)
    ledger.close()
    listed, *_ = billhub("parked", "list", "--refused", "--json", *at).lines
    assert (listed["unit"], listed["source"]) == ("demo-hospital", "alipay")
    assert listed["fault"]["code"].startswith("BH-ALI-")
    shown = billhub("parked", "show", listed["id"], "--json", *at)
    assert (shown.code, shown.lines[0]["what"], shown.lines[0]["fault"]) == (0, "refused", listed["fault"])
    assert parked.charge.patient.name not in shown.out
    assert parked.charge.patient.name in billhub("parked", "show", listed["id"], "--reveal", "核对", *at).out
    assert billhub("parked", "show", "refused-99", *at).code == 1


def test_a_dry_run_shows_what_a_replay_then_does(billhub: Command, parked: Parked) -> None:
    at = parked.world.at
    still = billhub("parked", "replay", parked.id, "--dry-run", "--json", *at)
    assert still.code == 1
    assert still.lines[0]["fault"]["code"].startswith("BH-MAP-")
    parked.teach()
    tried = billhub("parked", "replay", parked.id, "--dry-run", "--json", *at)
    assert tried.code == 0
    due = {"charge_no": parked.charge.charge_no, "face": "blue", "status": "due", "total_fen": parked.charge.amount_fen}
    assert tried.lines == [{"id": parked.id, "place": "applied", "bills": [due]}]
    assert len(billhub("parked", "list", "--json", *at).lines) == 1
    done = billhub("parked", "replay", parked.id, *at)
    assert done.code == 0
    assert "applied" in done.out
    assert billhub("parked", "list", "--json", *at).out == ""
    (bill,) = billhub("bills", parked.charge.charge_no, "--json", *at).lines
    assert (bill["status"], bill["total_fen"]) == ("due", parked.charge.amount_fen)
    assert billhub("parked", "replay", parked.id, *at).code == 1  # it is parked no more
    assert billhub("parked", "replay", parked.id, "--data", parked.world.data).code == 2
    assert billhub("books", *at).code == 0


def test_the_reader_and_the_command_agree(billhub: Command, world: World) -> None:
    home = Home(world.data)
    look = Reader(home.folder, home.vault())
    assert billhub("books", "--json", *world.at).lines == [orjson.loads(orjson.dumps(look.books()))]
    look.close()
