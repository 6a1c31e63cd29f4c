"""Least privilege: what each role may do is enough for its program, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import psycopg
import pytest

from hub.errors import Config
from hub.ledger.migrate import migrate_postgres
from hub.ledger.postgres import journal, open_reader
from hub.ledger.records import FaultRecord
from tests.ledger.book import VAULT, charge, message, payment, refund, refused
from tests.ledger.shared import PostgresBook, Server

TABLES = ("message", "matter", "key", "bill", "journal", "event", "segment", "audit", "outbox", "document", "tally")


@dataclass
class Staff:
    """A database with users of each role."""

    dsn: str
    users: dict[str, str]

    def may(self, user: str, statement: str) -> bool:
        with psycopg.connect(self.users[user], autocommit=True) as connection:
            try:
                connection.execute(statement)  # type: ignore[arg-type]
            except psycopg.errors.InsufficientPrivilege:
                return False
        return True


@pytest.fixture(scope="module")
def staff(server: Server) -> Iterator[Staff]:
    dsn = server.database(fresh=True)
    users = {}
    for role in ("worker", "door", "reader"):
        server.sql(f"CREATE ROLE {role}_1 LOGIN PASSWORD 'secret' IN ROLE billhub_{role}")
        users[role] = dsn.replace(dsn.split("//")[1].partition("@")[0], f"{role}_1:secret")
    yield Staff(dsn, users)
    server.drop(dsn)
    for role in users:
        server.sql(f"DROP ROLE {role}_1")


@pytest.mark.parametrize("table", TABLES)
def test_a_worker_can_neither_drop_nor_alter_nor_empty(staff: Staff, table: str) -> None:
    assert not staff.may("worker", f"DROP TABLE {table}")
    assert not staff.may("worker", f"ALTER TABLE {table} ADD COLUMN x int")
    assert not staff.may("worker", f"TRUNCATE {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (x int)",
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM journal",
        "DELETE FROM bill",
        "DELETE FROM message",
        "DELETE FROM segment",
        "UPDATE void_number SET reason = ''",
        "SELECT journal_drop('2020-01-01')",
        "UPDATE alembic_version SET version_num = '0'",
    ],
)
def test_what_a_worker_need_not_do_it_may_not(staff: Staff, statement: str) -> None:
    assert not staff.may("worker", statement)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("user", ["reader", "door"])
def test_who_only_looks_cannot_write(staff: Staff, table: str, user: str) -> None:
    for statement in (f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES", f"DROP TABLE {table}"):
        assert not staff.may(user, statement)
    assert not staff.may(user, "SELECT nextval('seq_change')")
    assert not staff.may(user, "SELECT journal_ahead('2026-03-01', 1)")


def test_a_door_sees_no_bodies_and_no_audit_log(staff: Staff) -> None:
    for table in ("journal", "journal_kept", "refused", "audit"):
        assert not staff.may("door", f"SELECT * FROM {table}")
        assert staff.may("reader", f"SELECT * FROM {table}")
    assert staff.may("door", "SELECT * FROM bill")
    assert staff.may("door", "LISTEN billhub_verdicts")


def test_a_worker_can_do_all_of_a_hubs_work(staff: Staff, server: Server) -> None:
    book = PostgresBook(server=server, dsn=staff.users["worker"], block=5).numbers()
    book.take(charge(), payment())
    book.send(refused())
    parked = message("x", content="c", fault=FaultRecord("BH-MAP-100"))
    book.send(parked)
    book.send(parked)
    book.send(message("x", content="c", fault=FaultRecord("BH-MAP-101"), replay=True))
    book.issue()
    book.take(refund(), source="alipay")
    book.issue()
    assert book.ledger.tidy() is False
    book.runner.run(book.ledger.shared.outbox("confirm", 1, book.now))
    book.ledger.audit("a", "b", "c", "d", book.now)
    book.ledger.alarms()
    assert book.statuses() == ["reversed", "issued"]
    assert book.books()["balanced"]
    book.close()


def test_a_reader_and_a_door_can_show_what_they_are_for(staff: Staff) -> None:
    reader = open_reader(staff.users["reader"], VAULT)
    assert reader.books()["balanced"]
    reader.parked()
    reader.close()
    door = open_reader(staff.users["door"], VAULT)
    assert list(door.issued(["C1"]))
    door.close()


def test_only_the_owner_migrates_and_drops_days(staff: Staff) -> None:
    with pytest.raises(Config) as fault:
        journal.drop_before(staff.users["worker"], date(2020, 1, 1))
    assert fault.value.code.code == "BH-LED-025"
    with pytest.raises(Config):
        migrate_postgres(staff.users["worker"])


def test_granting_again_changes_nothing(staff: Staff) -> None:
    question = (
        "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND NOT relispartition "
        "ORDER BY 1"
    )
    with psycopg.connect(staff.dsn) as look:
        before = look.execute(question).fetchall()
    migrate_postgres(staff.dsn)
    with psycopg.connect(staff.dsn) as look:
        assert look.execute(question).fetchall() == before
