"""`billhub move` and `billhub migrate`: what they print, how they end, and the demonstration's bills."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hub.engine.embedded.home import Home
from hub.ledger.postgres import open_reader
from hub.ledger.reader import Reader
from tests.cli.conftest import Command, Place, World, process
from tests.ledger.shared import Server


def all_bills(reader: Reader, units: list[str]) -> list[tuple[int, str]]:
    statuses = ("issued", "confirmed", "reversing", "reversed")
    return [(change, bill.model_dump_json()) for change, bill in reader.changes(0, 10_000, units, statuses)]


def in_some_order(shown: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(bill) for bill in shown)


def test_the_demonstration_moves_and_its_bills_are_the_same(billhub: Command, place: Place) -> None:
    assert billhub("migrate", "--to", place.hub, "--json").code == 0
    vault = Home(place.data).vault()
    before = Reader(place.data, vault)
    done = billhub("move", "--data", place.data, "--to", place.hub, "--json")
    assert done.code == 0, done.err
    (report,) = done.lines
    assert report["equal"]
    assert report["books"]["balanced"]
    assert report["books"] == before.books()
    rows = {table["table"]: table["rows"] for table in report["tables"]}
    assert rows["bill"] >= 24
    assert report["rows"] == sum(rows.values())
    assert str(place.dsn.rpartition("@")[0]) not in done.out, "no secret is printed"
    after = open_reader(place.dsn, vault)
    units = ["hospital", "school", *{book["source"].partition("/")[0] for book in report["books"]["sources"]}]
    bills = all_bills(before, units)
    assert len(bills) >= 24
    assert all_bills(after, units) == bills
    assert after.find() == before.find()
    assert in_some_order(after.find(status="waiting")) == in_some_order(before.find(status="waiting"))
    after.close()
    # again, and the hub on the folder
    again = billhub("move", "--data", place.data, "--to", place.hub, "--json")
    assert (again.code, again.lines[0]["already"]) == (0, True)


def test_a_hub_refuses_to_start_on_what_was_moved_until_the_mark_is_taken_back(
    billhub: Command, place: Place, world: World
) -> None:
    billhub("migrate", "--to", place.hub)
    assert billhub("move", "--data", place.data, "--to", place.hub).code == 0
    for lang, word in (("zh", "迁入"), ("en", "moved")):
        ran = process("--lang", lang, "run", "-c", world.units, "--data", place.data, "--http", "127.0.0.1:0")
        assert ran.code == 3
        assert "BH-LED-030" in ran.err
        assert word in ran.err
        assert "--undo-mark" in ran.err
    segment = ("demo-hospital", "41060199", "1", "9", "--data", place.data, "-c", world.units)
    refused = billhub("numbers", "receive", *segment)
    assert (refused.code, "BH-LED-030" in refused.err) == (3, True)
    assert billhub("books", "--data", place.data).code == 0, "it may be looked at"
    assert "BH-LED-040" in billhub("move", "--data", place.data, "--undo-mark").err
    undone = billhub("move", "--data", place.data, "--to", place.hub, "--undo-mark", "--json")
    assert undone.lines == [{"data": str(place.data), "undone": True}]
    assert billhub("numbers", "receive", *segment).code == 0


def test_a_database_that_is_not_migrated_is_named_with_what_to_do(billhub: Command, place: Place) -> None:
    ran = billhub("move", "--data", place.data, "--to", place.hub)
    assert ran.code == 3
    assert "BH-LED-024" in ran.err
    assert "billhub migrate" in ran.err


def test_another_master_key_is_found_before_anything_is_moved(billhub: Command, place: Place) -> None:
    billhub("migrate", "--to", place.hub)
    (place.hub.parent / "master.key").write_text("a" * 43 + "=\n")
    ran = billhub("move", "--data", place.data, "--to", place.hub)
    assert (ran.code, "BH-LED-036" in ran.err) == (3, True)
    assert not (place.data / "moved.json").exists()


def test_wrong_calls_are_told_apart(billhub: Command, place: Place, tmp_path: Path) -> None:
    assert billhub("move", "--data", place.data).code == 2
    assert billhub("move", "--data", place.data, "--to", tmp_path / "none.yaml").code == 2
    assert billhub("move", "--data", tmp_path / "none", "--to", place.hub).code == 3
    assert billhub("migrate").code == 2
    assert billhub("migrate", "--data", place.data, "--to", place.hub).code == 2


def test_sides_that_differ_end_with_one(billhub: Command, place: Place, server: Server) -> None:
    billhub("migrate", "--to", place.hub)
    server.sql(
        "CREATE FUNCTION drops() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER drops BEFORE INSERT ON bill FOR EACH ROW WHEN (NEW.seq = 2) EXECUTE FUNCTION drops()",
        "of_the_cli",
    )
    ran = billhub("move", "--data", place.data, "--to", place.hub, "--json")
    assert ran.code == 1
    (bad,) = [table for table in json.loads(ran.out)["tables"] if not table["equal"]]
    assert (bad["table"], bad["rows_there"]) == ("bill", bad["rows"] - 1)
    assert not json.loads(ran.out)["books_equal"]


def test_an_embedded_hub_is_migrated_too(billhub: Command, place: Place) -> None:
    assert billhub("migrate", "--data", place.data, "--json").lines[0]["database"] == str(place.data)
