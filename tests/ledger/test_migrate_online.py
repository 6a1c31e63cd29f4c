"""PostgreSQL is migrated while others work: the same schema, short locks, and a step that was cut off is made again."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool

from hub.errors import Retry
from hub.ledger import migrate, window
from hub.ledger.postgres import sync
from hub.ledger.schema import METADATA
from tests.ledger.book import charge, payment
from tests.ledger.shared import PostgresBook, Server

BASE = window.HEAD
LATER = f"{int(BASE) + 1:04d}"
NEXT = f'''
"""A later step."""

import sqlalchemy as sa
from alembic import op

from hub.ledger.migrations import online

revision = "{LATER}"
down_revision = "{BASE}"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("bill", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    online.create_index("bill_note", "bill", ["note"])
'''


@pytest.fixture
def own(server: Server) -> Iterator[str]:
    dsn = server.database(fresh=True)
    yield dsn
    server.drop(dsn)


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release with one more step."""
    scripts = tmp_path / "migrations"
    shutil.copytree(Path(migrate.__file__).parent / "migrations", scripts)
    (scripts / "versions" / "r9999_later.py").write_text(NEXT, "utf-8")
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    monkeypatch.setattr(migrate, "HEAD", LATER)
    monkeypatch.setattr(migrate, "LOCK_MILLISECONDS", 50)


def revision(dsn: str) -> str:
    with sync.connect(dsn) as connection:
        return migrate.revision_of_postgres(connection)


def differences(dsn: str) -> list[Any]:
    engine = sync.engine(dsn, pool=NullPool)

    def ours(_thing: Any, name: str | None, kind: str, *_: Any) -> bool:
        return not (kind == "table" and str(name).startswith("journal_") and name != "journal_kept")

    with engine.connect() as connection:
        opts = {"compare_type": True, "include_object": ours}
        found = compare_metadata(MigrationContext.configure(connection, opts=opts), METADATA)
    engine.dispose()
    return found


def test_migrating_from_nothing_gives_the_schema(own: str) -> None:
    assert differences(own) == []
    assert revision(own) == window.HEAD


def test_a_difference_would_be_seen(server: Server, own: str) -> None:
    server.sql("ALTER TABLE bill DROP COLUMN starved", own.rpartition("/")[2])
    assert differences(own) != []


def test_all_text_sorts_by_its_bytes(own: str) -> None:
    with sync.connect(own) as look:
        other = look.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C' "
            "AND table_name <> 'alembic_version'"
        ).fetchall()
    assert other == []


def test_rows_are_handed_over_in_the_shape_of_their_tables(own: str) -> None:
    with sync.connect(own) as look:
        shapes = look.execute(
            "SELECT left(t.typname, -3), a.attname, format_type(a.atttypid, NULL) FROM pg_type t "
            "JOIN pg_attribute a ON a.attrelid = t.typrelid WHERE t.typname LIKE '%\\_in' AND t.typtype = 'c'"
        ).fetchall()
        columns = look.execute(
            "SELECT table_name, column_name, replace(data_type, 'character varying', 'text') "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        ).fetchall()
    assert {table for table, _, _ in shapes} >= {"message", "journal", "event", "key", "matter", "bill", "document"}
    assert set(shapes) <= set(columns)


def test_migrating_again_touches_nothing(own: str) -> None:
    migrate.migrate_postgres(own)
    assert differences(own) == []


def test_a_later_step_is_made_while_a_ledger_works(server: Server, own: str, later: None) -> None:
    book = PostgresBook.__new__(PostgresBook)
    with pytest.MonkeyPatch.context() as old:
        old.setattr("hub.ledger.postgres.pool.HEAD", BASE)
        book.__init__(server=server, dsn=own)  # type: ignore[misc]
    book.numbers()
    book.take(charge("C1"), payment("C1"))
    stop = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            n = 0
            while not stop.is_set():
                n += 1
                book.take(charge(f"X{n}"), payment(f"X{n}", trade=f"X{n}"))
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    migrate.migrate_postgres(own)
    stop.set()
    worker.join()
    assert not failed
    assert revision(own) == LATER
    assert len(book.issue(1000)) == len(book.bills())
    book.close()


def test_a_step_that_finds_its_table_locked_gives_way_and_comes_again(own: str, later: None) -> None:
    with psycopg.connect(own) as other:
        other.execute("LOCK TABLE bill IN ACCESS SHARE MODE")
        with pytest.raises(Retry) as fault:
            migrate.migrate_postgres(own, tries=2, pause=0.01)
        assert fault.value.code.code == "BH-LED-021"
        assert revision(own) == BASE
        released = threading.Timer(0.2, other.rollback)
        released.start()
        migrate.migrate_postgres(own, pause=0.05)
        released.join()
    assert revision(own) == LATER


def test_an_index_that_was_cut_off_is_made_anew(server: Server, own: str, later: None) -> None:
    name = own.rpartition("/")[2]
    server.sql("ALTER TABLE bill ADD COLUMN note text NOT NULL DEFAULT ''", name)
    server.sql("CREATE INDEX bill_note ON bill (note)", name)
    server.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bill_note'::regclass", name)
    server.sql("ALTER TABLE bill DROP COLUMN note", name)
    server.sql("ALTER TABLE bill ADD COLUMN spare text NOT NULL DEFAULT ''", name)
    server.sql("CREATE INDEX bill_note ON bill (spare)", name)
    server.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bill_note'::regclass", name)
    migrate.migrate_postgres(own)
    found = server.sql(
        "SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = 'bill_note'::regclass",
        name,
    )
    assert found[0][0] is True
    assert "(note)" in found[0][1]


def test_two_who_migrate_at_once_take_turns(server: Server, later: None) -> None:
    server.sql("CREATE DATABASE migrated_twice")
    dsn = server.local.dsn("migrated_twice")
    failed: list[BaseException] = []

    def run() -> None:
        try:
            migrate.migrate_postgres(dsn, pause=0.05, tries=1000)
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert revision(dsn) == LATER
    server.drop(dsn)


def test_who_finds_another_migrating_for_too_long_says_so(own: str) -> None:
    with sync.connect(own, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(7411260127)")
        with pytest.raises(Retry) as fault:
            migrate.migrate_postgres(own, tries=2, pause=0.01)
    assert fault.value.code.code == "BH-LED-021"


def test_a_step_that_fails_leaves_the_one_before_it(own: str, later: None, tmp_path: Path) -> None:
    script = tmp_path / "migrations" / "versions" / "r9999_later.py"
    good = script.read_text("utf-8")
    script.write_text(good.replace("    online.", "    raise KeyboardInterrupt\n    online."), "utf-8")
    with pytest.raises(KeyboardInterrupt):
        migrate.migrate_postgres(own)
    assert revision(own) == BASE
    assert differences(own) == []
    script.write_text(good, "utf-8")
    migrate.migrate_postgres(own)
    assert revision(own) == LATER
