"""Migrations end in the schema of schema.py, in one step that a crash undoes, and a newer database is left alone."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from hub.errors import Config, Retry
from hub.ledger import migrate, window
from hub.ledger.schema import METADATA
from hub.ledger.sqlite import SqliteLedger
from hub.ledger.sqlite_file import FILE
from tests.ledger.book import SqliteBook, charge, payment


def tables(path: Path) -> list[str]:
    look = sqlite3.connect(path)
    try:
        return [row[0] for row in look.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    finally:
        look.close()


def differences(path: Path) -> list[Any]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_object": lambda thing, *_: not thing.info}  # what SQLite has not
        found = compare_metadata(MigrationContext.configure(connection, opts=opts), METADATA)
    engine.dispose()
    return found


def test_migrating_from_nothing_gives_the_schema(tmp_path: Path) -> None:
    path = tmp_path / FILE
    migrate.migrate_sqlite(path)
    assert differences(path) == []


def test_a_difference_would_be_seen(tmp_path: Path) -> None:
    path = tmp_path / FILE
    migrate.migrate_sqlite(path)
    with sqlite3.connect(path) as other:
        other.execute("ALTER TABLE audit DROP COLUMN reason")
    assert differences(path) != []


def test_the_newest_revision_is_the_scripts_head() -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [window.HEAD]


def test_migrating_again_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / FILE
    migrate.migrate_sqlite(path)
    before = path.read_bytes()
    migrate.migrate_sqlite(path)
    assert path.read_bytes() == before


def test_an_interrupted_migration_leaves_the_old_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / FILE
    upgrade = migrate._upgrade

    def breaks(connection: Any) -> None:
        upgrade(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(migrate, "_upgrade", breaks)
    with pytest.raises(KeyboardInterrupt):
        migrate.migrate_sqlite(path)
    assert tables(path) == []
    monkeypatch.setattr(migrate, "_upgrade", upgrade)
    migrate.migrate_sqlite(path)
    assert differences(path) == []


def test_a_database_of_a_newer_release_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    book = SqliteBook(folder=tmp_path).numbers()
    book.close()
    path = tmp_path / FILE
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    before = path.read_bytes()
    with pytest.raises(Config) as fault:
        SqliteLedger(tmp_path, {})
    assert fault.value.code.code == "BH-LED-005"
    assert fault.value.values == {"found": "9999", "known": window.HEAD}
    assert path.read_bytes() == before


def test_a_migration_that_finds_the_database_locked_asks_to_come_again(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises((Retry, Config)) as fault:
        SqliteLedger(tmp_path, {})
    assert fault.value.code.code == "BH-LED-003"
    other.close()


def test_a_migration_into_a_folder_that_cannot_be_written_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = migrate._upgrade

    def on_a_full_disk(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 5")
        upgrade(connection)

    monkeypatch.setattr(migrate, "_upgrade", on_a_full_disk)
    with pytest.raises(Retry) as fault:
        SqliteLedger(tmp_path, {})
    assert fault.value.code.code == "BH-LED-003"
    monkeypatch.undo()
    SqliteLedger(tmp_path, {}).close()


def test_a_copy_of_the_files_is_a_ledger(tmp_path: Path) -> None:
    book = SqliteBook(folder=tmp_path / "a").numbers()
    book.take(charge(), payment())
    book.close()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    again = SqliteBook(folder=tmp_path / "b")
    assert len(again.issue()) == 1
