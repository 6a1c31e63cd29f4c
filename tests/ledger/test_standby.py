"""Commits that wait for a standby which is gone or silent: never half done, never seen too early, and said so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml

from hub.errors import Retry, Unknown
from hub.ledger.backups.postgres import _run
from hub.ledger.looking import Window, postgres_window
from hub.ledger.migrate import migrate_postgres
from hub.ledger.port import SharedLedger
from hub.ledger.postgres import commits, open_ledger, sync
from hub.ledger.postgres.limited import limited
from hub.ledger.postgres.standing import Standing, standing
from hub.ledger.records import Batch
from hub.local.postgres import LocalPostgres
from hub.local.standby import NAME, LocalStandby
from hub.security.vault import open_vault
from tests.cli.conftest import Command
from tests.ledger.book import RULES, START, charge, message

Pair = tuple[LocalPostgres, LocalStandby]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """A primary, and a standby on whose disk every commit of it has to be."""
    with LocalPostgres(tmp_path / "primary") as primary:
        migrate_postgres(primary.dsn())
        with LocalStandby(primary, tmp_path / "standby") as standby:
            primary.change(synchronous_standby_names=NAME)
            _until(primary, "SELECT true FROM pg_stat_replication WHERE sync_state = 'sync'")
            yield primary, standby


def _until(server: LocalPostgres, question: str) -> None:
    """Asks in a transaction each time: within one, PostgreSQL shows its processes as they were at the first look."""
    end = time.monotonic() + 60
    with psycopg.connect(server.dsn(), autocommit=True) as line:
        while line.execute(question).fetchone() != (True,):  # type: ignore[arg-type]
            assert time.monotonic() < end, question
            time.sleep(0.02)


def _seen(server: LocalPostgres) -> Standing:
    window: Window = postgres_window(server.dsn())
    try:
        with window.look() as look:
            return standing(look)
    finally:
        window.close()


async def _opened(server: LocalPostgres) -> SharedLedger:
    return await open_ledger(server.dsn(), {"demo": RULES}, owner="test", connections=2)


async def _refused(ledger: SharedLedger) -> str:
    with pytest.raises(Retry) as fault:
        await ledger.apply(Batch([message("a", charge())]), START)
    return fault.value.code.code


def _count(server: LocalPostgres, question: str) -> int:
    with psycopg.connect(server.dsn()) as line:
        row = line.execute(question).fetchone()  # type: ignore[call-overload]
        return int(row[0])


WAIT = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.mark.parametrize("silent", [False, True], ids=["gone", "silent"])
def test_a_commit_that_waits_for_a_lost_standby_is_no_commit(
    pair: Pair, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called off, it would be done without the standby, and a repeat of the message would be answered as applied."""
    primary, standby = pair
    monkeypatch.setattr(commits, "COMMIT_SECONDS", 0.5)

    async def run() -> None:
        ledger = await _opened(primary)
        if silent:
            standby.freeze()
        else:
            standby.stop(at_once=True)
            _until(primary, "SELECT NOT EXISTS (SELECT FROM pg_stat_replication)")
        for _ in range(4):
            assert await _refused(ledger) == "BH-LED-028"
        assert _count(primary, "SELECT count(*) FROM message") == 0
        assert _count(primary, WAIT) == 1  # however often it is tried
        seen = _seen(primary)
        assert seen.waits > 0.5
        assert seen.alone is not silent
        with pytest.raises(Retry) as fault:
            await _opened(primary)
        assert fault.value.code.code == "BH-LED-028"
        if silent:
            standby.thaw()
        else:
            standby.start()
        _until(primary, f"SELECT ({WAIT}) = 0")
        result = await ledger.apply(Batch([message("a", charge())]), START)
        assert result.redelivered == 1
        assert _count(primary, "SELECT count(*) FROM message") == 1
        await ledger.close()

    try:
        asyncio.run(run())
    finally:
        if silent:
            standby.thaw()


def test_who_gives_up_waiting_does_not_call_the_commit_off(pair: Pair) -> None:
    primary, standby = pair

    async def run() -> None:
        ledger = await _opened(primary)
        standby.stop(at_once=True)
        waits = asyncio.create_task(ledger.apply(Batch([message("a", charge())]), START))
        await asyncio.to_thread(_until, primary, f"SELECT ({WAIT}) = 1")
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        await ledger.close()
        assert _count(primary, "SELECT count(*) FROM message") == 0

    asyncio.run(run())
    assert _count(primary, WAIT) == 1


def test_a_standby_knows_when_it_is_behind(pair: Pair) -> None:
    primary, standby = pair
    primary.change(synchronous_standby_names="")
    while (level := _seen(standby)).behind:  # servers write a little by themselves
        assert level.standby
    with psycopg.connect(standby.dsn(), autocommit=True) as line:
        line.execute("SELECT pg_wal_replay_pause()")
        _write(primary)
        _until(standby, "SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()")
        assert _seen(standby).behind > 0
        line.execute("SELECT pg_wal_replay_resume()")
    while _seen(standby).behind:
        continue
    primary.stop(at_once=True)  # it has replayed all it got, and knows of nothing that came after
    _until(standby, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)")
    _until(standby, "SELECT pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn()")
    assert _seen(standby).behind > 0


def _write(server: LocalPostgres) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as line:
        line.execute("CREATE TABLE more (a int)")


# verbs that write by themselves, and wait


@pytest.fixture
def lost(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """The same, with a database that nobody migrated; the standby is gone, and little patience."""
    primary, standby = pair
    with psycopg.connect(primary.dsn(), autocommit=True) as line:
        line.execute("CREATE DATABASE fresh")
    standby.stop(at_once=True)
    _until(primary, "SELECT NOT EXISTS (SELECT FROM pg_stat_replication)")
    monkeypatch.setattr(commits, "COMMIT_SECONDS", 0.5)
    return pair


def hub_file(server: LocalPostgres, folder: Path, database: str = "postgres") -> Path:
    """A hub.yaml for a database; no broker is asked for anything."""
    (folder / "password").write_text(server.password)
    open_vault(folder / "master.key", has_data=False)
    found = {"servers": [f"127.0.0.1:{server.port}"], "database": database, "user": "postgres"}
    hub = {
        "kafka": {"servers": ["127.0.0.1:9"]},
        "postgres": {**found, "password_file": "password"},
        "keys": {"master": "master.key"},
    }
    (folder / "hub.yaml").write_text(yaml.safe_dump(hub))
    return folder / "hub.yaml"


def test_an_epoch_that_waits_for_a_lost_standby_says_that_it_may_be_there(
    lost: Pair, billhub: Command, tmp_path: Path
) -> None:
    primary, standby = lost
    words = ("epoch", "open", "--no-kafka", "--reason", "snapshot", "--data", hub_file(primary, tmp_path))
    for _ in range(3):  # none waits behind another
        done = billhub(*words)
        assert (done.code, done.out) == (3, "")
        assert done.err.startswith("billhub: BH-LED-042")
        assert "epoch show" in done.err
        assert done.err.count("\n") == 1
        assert _count(primary, WAIT) == 1
    assert _count(primary, "SELECT count(*) FROM epoch") == 0
    standby.start()
    _until(primary, f"SELECT ({WAIT}) = 0")
    assert _count(primary, "SELECT count(*) FROM epoch WHERE state = 'held'") == 1
    shown = billhub("epoch", "show", "--data", tmp_path / "hub.yaml", "--json")
    assert [one["source"] for one in shown.lines if one["state"] == "held"] == ["snapshot"]


def test_a_migration_that_waits_for_a_lost_standby_goes_on_when_it_is_back(
    lost: Pair, billhub: Command, tmp_path: Path
) -> None:
    primary, standby = lost
    hub = hub_file(primary, tmp_path, "fresh")
    done = billhub("migrate", "--to", hub)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("billhub: BH-LED-042")
    standby.start()
    _until(primary, f"SELECT ({WAIT}) = 0")
    assert billhub("migrate", "--to", hub).code == 0


def test_a_tool_and_a_statement_that_commits_by_itself_are_not_waited_for_either(lost: Pair) -> None:
    primary, standby = lost
    with sync.connect(primary.dsn(), autocommit=True) as line:
        with pytest.raises(Unknown), limited(primary.dsn(), line):
            line.execute("CREATE TABLE more (a int)")
        assert line.closed
    with pytest.raises(Unknown):
        _run("psql", primary.dsn(), "-X", "-d", "fresh", "-c", "CREATE TABLE other (a int)")
    standby.start()
    _until(primary, f"SELECT ({WAIT}) = 0")
    assert _count(primary, "SELECT count(*) FROM more") == 0


def test_what_is_long_and_waits_for_no_standby_goes_on(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    primary, _ = pair
    monkeypatch.setattr(commits, "COMMIT_SECONDS", 0.1)
    with sync.connect(primary.dsn()) as line, limited(primary.dsn(), line):
        line.execute("SELECT pg_sleep(1.5)")
        line.execute("CREATE TABLE more (a int)")
        line.commit()
    assert _count(primary, "SELECT count(*) FROM more") == 0
