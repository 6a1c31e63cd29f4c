"""What is not moved, and a move whose sides differ: nobody starts on a truth that is not whole."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hub.errors import Config, Retry
from hub.ledger import mark
from hub.ledger.lock import FolderLock
from hub.ledger.sqlite import SqliteLedger
from hub.ledger.sqlite_file import FILE
from hub.ledger.window import HEAD
from tests.ledger.book import SqliteBook
from tests.ledger.moving.lived import RULES_SIGNED, moving, target
from tests.ledger.shared import PostgresBook, Server


def code_of(fault: pytest.ExceptionInfo[Config]) -> str:
    return fault.value.code.code


def test_a_running_hub_is_not_moved(folder: Path, dsn: str) -> None:
    lock = FolderLock(folder)
    with pytest.raises(Config) as fault:
        moving(folder, dsn)
    assert code_of(fault) == "BH-LED-006"
    lock.release()
    assert mark.read(folder) is None


def test_a_target_with_other_data_is_refused_and_neither_side_is_touched(
    folder: Path, dsn: str, server: Server
) -> None:
    book = PostgresBook(server=server, dsn=dsn).numbers()
    with pytest.raises(Config) as fault:
        moving(folder, dsn)
    assert code_of(fault) == "BH-LED-033"
    assert mark.read(folder) is None
    assert book.segment()["free"] == 100
    book.close()
    SqliteLedger(folder, RULES_SIGNED).close()


def test_a_target_of_another_move_is_refused(folder: Path, dsn: str, tmp_path: Path) -> None:
    SqliteBook(folder=tmp_path / "other").numbers().close()
    moving(tmp_path / "other", dsn)
    with pytest.raises(Config) as fault:
        moving(folder, dsn)
    assert code_of(fault) == "BH-LED-033"


def test_a_target_that_is_not_migrated_is_refused(folder: Path, server: Server) -> None:
    server.sql("CREATE DATABASE bare")
    with pytest.raises(Config) as fault:
        moving(folder, server.local.dsn("bare"))
    assert code_of(fault) == "BH-LED-024"
    server.sql("DROP DATABASE bare")


@pytest.mark.parametrize(("version", "code"), [("9999", "BH-LED-005"), ("0000", "BH-LED-032")])
def test_a_source_of_another_schema_is_refused(folder: Path, dsn: str, version: str, code: str) -> None:
    with sqlite3.connect(folder / FILE) as other:
        other.execute("UPDATE alembic_version SET version_num = ?", (version,))
    other.close()
    with pytest.raises(Config) as fault:
        moving(folder, dsn)
    assert code_of(fault) == code
    assert HEAD in str(fault.value.values.values())


def test_who_does_not_own_the_tables_is_told_so_first(folder: Path, dsn: str, server: Server) -> None:
    server.sql("CREATE ROLE mover LOGIN PASSWORD 'x' IN ROLE billhub_worker")
    with pytest.raises(Config) as fault:
        moving(folder, dsn.replace(f"postgres:{server.local.password}@", "mover:x@"))
    assert code_of(fault) == "BH-LED-035"
    assert mark.read(folder) is None
    server.sql("DROP ROLE mover")


def test_a_target_that_is_away_is_said_so(folder: Path, dsn: str) -> None:
    with pytest.raises(Retry) as fault:
        moving(folder, dsn.rpartition(":")[0] + ":1/none")
    assert fault.value.code.code == "BH-LED-020"


# both sides differ


def test_a_row_that_was_changed_on_the_way_is_found_and_the_target_stays_closed(
    folder: Path, dsn: str, server: Server
) -> None:
    server.sql(
        "CREATE FUNCTION bends() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.total := NEW.total + 1; RETURN NEW; END $$;"
        "CREATE TRIGGER bends BEFORE INSERT ON bill FOR EACH ROW WHEN (NEW.seq = 2) EXECUTE FUNCTION bends()",
        dsn.rpartition("/")[2],
    )
    report = moving(folder, dsn)
    assert not report.equal
    assert [table.name for table in report.tables if not table.equal] == ["bill"]
    with pytest.raises(Config) as fault:
        target(server, dsn)
    assert code_of(fault) == "BH-LED-031"
    with pytest.raises(Config) as fault:
        SqliteLedger(folder, RULES_SIGNED)
    assert code_of(fault) == "BH-LED-031"


def test_a_row_of_somebody_else_is_found(folder: Path, dsn: str, server: Server) -> None:
    server.sql(
        "CREATE FUNCTION adds() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO journal_kept VALUES (999999, 'x'); RETURN NULL; END $$;"
        "CREATE TRIGGER adds AFTER INSERT ON tally FOR EACH STATEMENT EXECUTE FUNCTION adds()",
        dsn.rpartition("/")[2],
    )
    report = moving(folder, dsn)
    assert [table.name for table in report.tables if not table.equal] == ["journal_kept"]


def test_a_target_made_anew_takes_the_move_from_its_beginning(folder: Path, dsn: str, server: Server) -> None:
    server.sql("ALTER TABLE bill ADD CHECK (seq < 3)", dsn.rpartition("/")[2])
    with pytest.raises(Exception, match="bill_seq_check"):
        moving(folder, dsn)
    other = server.database(fresh=True)
    assert moving(folder, other).equal
    with pytest.raises(Config) as fault:  # what is half there must not be completed as well
        moving(folder, dsn)
    assert code_of(fault) == "BH-LED-041"
    server.drop(other)
