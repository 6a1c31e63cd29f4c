"""Old programs on a newer schema: they go on where its steps only added, and say so and stop where one took away."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.errors import Config
from hub.ledger import migrate, window
from hub.ledger.sqlite import SqliteLedger
from tests.ledger.book import charge, payment
from tests.ledger.shared import PostgresBook, Server

STEP = '''
"""A later step."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
serves = "{serves}"


def upgrade():
    {change}
'''
ADDS = 'op.add_column("bill", sa.Column("note_{revision}", sa.Text(), nullable=False, server_default=""))'
TAKES = 'op.drop_index("bill_change", "bill")'


class Releases:
    """Releases to come: each with one more step, which serves programs from some revision on."""

    def __init__(self, scripts: Path, patch: pytest.MonkeyPatch) -> None:
        self._scripts = scripts
        self._patch = patch
        self.head = window.HEAD
        shutil.copytree(migrate.SCRIPTS, scripts)
        (scripts / "env.py").write_text((migrate.SCRIPTS / "env.py").read_text("utf-8"), "utf-8")

    def next(self, serves: str, change: str = ADDS) -> str:
        before, self.head = self.head, f"{int(self.head) + 1:04}"
        step = STEP.replace("{change}", change).format(revision=self.head, before=before, serves=serves)
        (self._scripts / "versions" / f"r{self.head}_step.py").write_text(step, "utf-8")
        return self.head

    def migrate(self, database: str | Path) -> None:
        """As the newest release does."""
        with self._patch.context() as newer:
            newer.setattr(migrate, "SCRIPTS", self._scripts)
            newer.setattr(migrate, "HEAD", self.head)
            if isinstance(database, str):
                migrate.migrate_postgres(database)
            else:
                migrate.migrate_sqlite(database)


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releases:
    return Releases(tmp_path / "scripts", monkeypatch)


@pytest.fixture
def own(server: Server) -> Iterator[str]:
    dsn = server.database(fresh=True)
    yield dsn
    server.drop(dsn)


def opened(server: Server, dsn: str) -> PostgresBook:
    """The ledger as this program opens it."""
    return PostgresBook(server=server, dsn=dsn)


def test_a_program_works_on_the_next_schema_that_only_added(server: Server, own: str, releases: Releases) -> None:
    running = opened(server, own)
    running.numbers()
    running.take(charge("C1"), payment("C1", trade="T1"))
    releases.next(serves=window.HEAD)
    releases.migrate(own)
    running.take(charge("C2"), payment("C2", trade="T2"))  # it was running while the step was made
    started = opened(server, own)  # and one that starts afterwards works, too
    started.sent = running.sent
    started.take(charge("C3"), payment("C3", trade="T3"))
    assert len(running.issue()) + len(started.issue()) == 3
    migrate.migrate_postgres(own)  # of the old release: nothing to do, and nothing is undone
    running.close()
    started.close()


def test_a_program_refuses_a_schema_that_took_away_what_it_uses(server: Server, own: str, releases: Releases) -> None:
    added = releases.next(serves=window.HEAD)
    releases.migrate(own)
    opened(server, own).close()
    taken = releases.next(serves=added, change=TAKES)
    releases.migrate(own)
    for attempt in (lambda: opened(server, own), lambda: migrate.migrate_postgres(own)):
        with pytest.raises(Config, match="BH-LED-005") as fault:
            attempt()
        assert fault.value.values == {"found": taken, "known": window.HEAD}


def test_a_schema_whose_step_says_nothing_serves_its_own_programs_only(
    server: Server, own: str, releases: Releases
) -> None:
    releases.next(serves=window.HEAD)
    releases.migrate(own)
    server.sql("COMMENT ON TABLE alembic_version IS NULL", own.rpartition("/")[2])
    with pytest.raises(Config, match="BH-LED-005"):
        opened(server, own)


def test_a_new_program_on_an_old_schema_says_migrate(
    server: Server, own: str, releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases.next(serves=window.HEAD)
    monkeypatch.setattr("hub.ledger.postgres.pool.HEAD", releases.head)
    with pytest.raises(Config, match=r"BH-LED-024.*run billhub migrate") as fault:
        raise_with_what_to_do(server, own)
    assert releases.head in str(fault.value)


def raise_with_what_to_do(server: Server, dsn: str) -> None:
    try:
        opened(server, dsn)
    except Config as fault:
        raise Config(fault.code, fault.do("en"), **fault.values) from None


def test_a_data_folder_is_judged_the_same_way(tmp_path: Path, releases: Releases) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    SqliteLedger(folder, {}).close()
    added = releases.next(serves=window.HEAD)
    releases.migrate(folder / "ledger.db")
    SqliteLedger(folder, {}).close()
    releases.next(serves=added, change=TAKES)
    releases.migrate(folder / "ledger.db")
    with pytest.raises(Config, match="BH-LED-005"):
        SqliteLedger(folder, {})
    with sqlite3.connect(folder / "ledger.db") as line:
        assert window.served_sqlite(releases.head, line.execute("PRAGMA user_version").fetchone()[0]) == added


def test_every_step_says_whom_it_serves() -> None:
    for script in sorted((migrate.SCRIPTS / "versions").glob("r*.py")):
        assert "\nserves = " in script.read_text("utf-8"), script.name
