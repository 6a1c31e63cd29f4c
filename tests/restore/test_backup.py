"""A backup proves itself, and a restore takes nothing that is not what it says, into nothing that holds anything."""

from __future__ import annotations

import json
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.main import APP
from hub.demo.world import build, write_units
from hub.engine.embedded.home import Home
from hub.ledger import migrate, window
from hub.ledger.backups import manifest as manifests
from hub.ledger.backups import sqlite
from hub.security.vault import Vault, key_id, read_master_keys, rotate
from hub.simulators.fiscal_books import make_keys
from tests.ledger.book import SqliteBook, charge, message, payment
from tests.ledger.shared import PostgresBook, Server

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def nothing(*_: object) -> None:
    """No bar."""


class Place:
    """A lived-in data folder, its units, and the verbs."""

    def __init__(self, folder: Path) -> None:
        self.world = build(folder / "world", 1)
        make_keys(self.world.platform_keys)
        write_units(self.world, "http://127.0.0.1:1", "http://127.0.0.1:1/")
        self.data = folder / "data"
        Home(self.data).make()
        Home(self.data).vault()
        book = SqliteBook(folder=self.data).numbers()
        book.take(charge(), payment())
        book.issue()
        book.take(charge("C2"), payment("C2", trade="T2"))
        book.close()
        self.backup = folder / "backups" / "one"

    def verb(self, *words: Any, code: int = 0) -> str:
        done = CliRunner().invoke(APP, list(map(str, words)))
        assert done.exit_code == code, (words, done.output, done.exception)
        return done.output

    def make(self, to: Path | None = None) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(self.verb("backup", to or self.backup, "--data", self.data, "--json"))
        return made

    def target(self, name: str = "new", *, key: bool = True) -> Path:
        folder = self.data.with_name(name)
        folder.mkdir()
        if key:
            shutil.copyfile(self.data / "master.key", folder / "master.key")
        return folder

    def restore(self, target: Path, *words: Any, code: int = 0, source: Path | None = None) -> str:
        outside = ("--no-archive", "none was kept", "--no-platform", "not in this test")
        where = ("--data", target, "-c", self.world.units)
        return self.verb("restore", source or self.backup, *where, *outside, *words, code=code)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("lived"))


@pytest.fixture
def place(lived: Place, tmp_path: Path) -> Place:
    """A backup of its own, and places to restore to."""
    made = Place.__new__(Place)
    made.world, made.data, made.backup = lived.world, tmp_path / "data", tmp_path / "backups" / "one"
    shutil.copytree(lived.data, made.data)
    made.make()
    return made


def test_a_backup_says_what_it_holds_and_not_the_key(place: Place) -> None:
    told = json.loads((place.backup / "manifest.json").read_text("utf-8"))
    assert (told["engine"], told["schema"], told["epoch"], told["change"]) == ("sqlite", window.HEAD, 1, 1)
    assert {table["name"]: table["rows"] for table in told["tables"]} | {"bill": 2, "message": 2, "audit": 1} == {
        table["name"]: table["rows"] for table in told["tables"]
    }
    assert told["balanced"]
    key = (place.data / "master.key").read_bytes().strip()
    assert all(key not in path.read_bytes() for path in place.backup.rglob("*") if path.is_file())
    assert "BH-BAK-009" in place.verb("backup", place.backup, "--data", place.data, code=3)


def test_a_backup_is_put_back_as_it_was_and_held(place: Place) -> None:
    new = place.target()
    place.restore(new)
    (shown, *_) = [json.loads(line) for line in place.verb("books", "--data", new, "--json").splitlines()]
    assert shown["balanced"]
    assert shown["numbers"][0] | {"used": 1, "quarantined": 99, "free": 0} == shown["numbers"][0]
    assert place.restore(new)  # once more: nothing is done twice
    (epoch,) = [json.loads(line) for line in place.verb("epoch", "show", "--data", new, "--json").splitlines()]
    assert (epoch["number"], epoch["state"]) == (2, "held")
    assert epoch["steps"]["archive"] == {"skipped": "none was kept"}
    resumed = json.loads(place.verb("epoch", "resume", "--data", new, "-c", place.world.units, "--json"))
    assert resumed == {"epoch": 2, "freed": 0, "unmatched": 0, "taken": 0}
    assert "BH-LED-052" in place.verb("epoch", "resume", "--data", new, "-c", place.world.units, code=1)
    assert "BH-BAK-004" in place.restore(new, code=3)  # it has gone on since
    place.verb("numbers", "void", "41060126", "3", "12", "--reason", "accounted", "--data", new)
    assert "0000000013-0000000100" in place.verb("numbers", "quarantine", "--data", new)


def test_what_is_not_as_it_was_is_not_put_back(place: Place, tmp_path: Path) -> None:
    new = place.target()
    assert "BH-BAK-001" in place.restore(new, code=3, source=tmp_path / "nowhere")
    whole = (place.backup / "ledger.db").read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:5000] + b"x" + whole[5001:], None):
        (place.backup / "ledger.db").unlink(missing_ok=True)
        if broken is not None:
            (place.backup / "ledger.db").write_bytes(broken)
        assert "BH-BAK-002" in place.restore(new, code=3)
    told = (place.backup / "manifest.json").read_text("utf-8")
    for changed in (told.replace('"change": 1', '"change": 2'), told[:-20]):
        (place.backup / "manifest.json").write_text(changed, "utf-8")
        assert "BH-BAK-002" in place.restore(new, code=3)
    assert not (new / "ledger.db").exists()


def test_a_key_that_does_not_open_it_is_told_before_anything_is_done(place: Place) -> None:
    new = place.target(key=False)
    assert "BH-SEC-" in place.restore(new, code=3)
    Home(new).vault()  # a key of its own
    assert "BH-BAK-003" in place.restore(new, code=3)
    assert not (new / "ledger.db").exists()
    shutil.copyfile(place.data / "master.key", new / "master.key")
    rotate(new / "master.key")  # a later key beside it opens it still
    place.restore(new)


def test_a_backup_of_a_newer_release_or_another_database_is_refused(place: Place) -> None:
    keys = read_master_keys(place.data / "master.key")
    names, secret = [key_id(key).hex() for key in keys], Vault(keys).secret(manifests.PURPOSE)
    found = manifests.read(place.backup, place.data, names, secret)
    new = place.target()
    for values, code in (({"schema": "9999"}, "BH-BAK-005"), ({"engine": "postgresql"}, "BH-BAK-006")):
        told = {name: getattr(found, name) for name in found.__struct_fields__} | values
        manifests.write(place.backup, manifests.Manifest(**told), secret)
        assert code in place.restore(new, code=3)


def test_a_point_in_time_takes_the_backup_before_it(place: Place) -> None:
    first = json.loads((place.backup / "manifest.json").read_text("utf-8"))["made_at"]
    second = place.make(place.backup.with_name("two"))["made_at"]
    assert first < second
    just = (datetime.fromisoformat(second) - timedelta(milliseconds=1)).isoformat()
    folder = place.backup.parent
    assert manifests.find(folder, datetime.fromisoformat(just)) == place.backup
    assert manifests.find(folder, None).name == "two"
    early = (datetime.fromisoformat(first) - timedelta(seconds=1)).isoformat()
    assert "BH-BAK-001" in place.restore(place.target(), "--to-time", early, code=3, source=folder)
    assert "--to-time" in place.restore(place.target("other"), "--to-time", "yesterday", code=2, source=folder)


def test_an_archive_has_to_be_named_or_renounced(place: Place) -> None:
    new = place.target()
    words = ("restore", place.backup, "--data", new, "-c", place.world.units)
    assert "--no-archive" in place.verb(*words, code=2)
    assert "BH-ARC-001" in place.verb(*words, "--archive", new / "nowhere", "--no-platform", "x", code=3)


def test_an_epoch_is_opened_by_hand_after_a_snapshot(place: Place) -> None:
    place.verb("epoch", "open", "--reason", "snapshot of Monday", "--data", place.data)
    shown = place.verb("epoch", "show", "--data", place.data)
    assert "held" in shown
    place.verb("epoch", "resume", "--data", place.data, "-c", place.world.units)


def test_an_epoch_that_is_opened_by_hand_reads_back_what_others_know(place: Place) -> None:
    units = ("-c", place.world.units)
    words = ("epoch", "open", "--reason", "snapshot of Monday", "--data", place.data, *units)
    assert "BH-ARC-001" in place.verb(*words, "--archive", place.data / "nowhere", code=3)
    assert "BH-LED-053" in place.verb("epoch", "resume", "--data", place.data, *units, code=3)
    for _ in range(2):  # the same words go on with what is held
        place.verb(*words, "--no-platform", "away for good")
        shown = place.verb("epoch", "show", "--data", place.data)
        assert "away for good" in shown
        assert "finished" in shown
        assert "\n3 " not in f"\n{shown}"
    place.verb("epoch", "resume", "--data", place.data, *units)


def test_a_snapshot_is_one_moment_while_a_writer_goes_on(tmp_path: Path) -> None:
    book = SqliteBook(folder=tmp_path / "data").numbers(1, 100_000)
    stop, failed = threading.Event(), list[BaseException]()

    def work() -> None:
        n = 0
        try:
            while not stop.is_set():
                n += 1
                book.apply(
                    *(
                        message(f"{n}-{k}", charge(f"C{n}-{k}"), payment(f"C{n}-{k}", trade=f"{n}-{k}"))
                        for k in range(20)
                    )
                )
                book.issue()
        except BaseException as error:  # noqa: BLE001  (shown by the test)
            failed.append(error)

    base = manifests.Manifest("", "", "", "", 1, 0, "", 0, "", [], [], balanced=False)
    worker = threading.Thread(target=work)
    worker.start()
    try:
        for n in range(3):
            (tmp_path / str(n)).mkdir()
            made = sqlite.make(tmp_path / "data", tmp_path / str(n), base, nothing)
            assert made.balanced
            rows = {table.name: table.rows for table in made.tables}
            assert rows["message"] % 20 == 0  # whole batches, each in one transaction
    finally:
        stop.set()
        worker.join()
    assert failed == []
    book.close()


def test_a_database_of_the_first_schema_is_migrated_with_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    upgrade = command.upgrade
    with monkeypatch.context() as old:
        old.setattr(command, "upgrade", lambda config, _to: upgrade(config, "0001"))
        (tmp_path / "data").mkdir()
        migrate.migrate_sqlite(tmp_path / "data" / "ledger.db")
    from contextlib import closing

    from hub.ledger.sqlite_file import connect

    with closing(connect(tmp_path / "data" / "ledger.db")) as line:
        assert migrate.revision_of(line) == "0001"
        line.execute(
            "INSERT INTO segment (unit, code, first, last, next, received_at) "
            "VALUES ('demo', '41060126', 1, 100, 1, '')"
        )
    book = SqliteBook(folder=tmp_path / "data")
    book.take(charge(), payment())
    assert len(book.issue()) == 1
    assert book.books()["balanced"]
    assert book.segment()["used"] == 1
    book.close()


def test_a_shared_database_of_the_first_schema_is_migrated_with_its_rows(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    upgrade = command.upgrade
    server.sql("CREATE DATABASE first_schema")
    dsn = server.local.dsn("first_schema")
    monkeypatch.setattr("hub.ledger.postgres.roles.grant", lambda _connection: None)  # it names tables of today
    with monkeypatch.context() as old:
        old.setattr(command, "upgrade", lambda config, _to: upgrade(config, "0001"))
        migrate.migrate_postgres(dsn)
    server.sql(
        "INSERT INTO segment (unit, code, first, last, next, received_at) VALUES ('demo', '41060126', 1, 100, 11, '');"
        "INSERT INTO number_block (unit, code, first, last, next, lease_owner, lease_until) "
        "VALUES ('demo', '41060126', 1, 10, 1, 'gone', '-infinity')",
        "first_schema",
    )
    migrate.migrate_postgres(dsn)
    book = PostgresBook(server=server, dsn=dsn)
    book.take(charge(), payment())
    assert [work.bill_number for work in book.issue()] == ["0000000001"]  # out of the block of the old schema
    assert book.rows("SELECT epoch FROM number_block") == [(1,)]
    assert book.books()["balanced"]
    book.close()
    server.drop(dsn)
