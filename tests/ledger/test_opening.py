"""A PostgreSQL that is away, too old, not migrated, newer, or closed to us: a clear word, and the right kind of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.errors import Config, Fault, Retry
from hub.ledger import looking, migrate, window
from hub.ledger.postgres import open_ledger, open_listener, open_reader, pool
from hub.ledger.records import Batch
from hub.metrics.catalogue import POOL_EMPTY
from tests.ledger.book import RULES, VAULT, charge, message
from tests.ledger.shared import PostgresBook, Server


def refusal(dsn: str) -> Fault:
    async def run() -> None:
        ledger = await open_ledger(dsn, {"demo": RULES}, owner="test")
        await ledger.close()

    with pytest.raises(Fault) as fault:
        asyncio.run(run())
    return fault.value


@pytest.fixture
def own(server: Server) -> Iterator[str]:
    """A database that is thrown away after the test."""
    dsn = server.database(fresh=True)
    yield dsn
    server.drop(dsn)


def nobody_listens() -> str:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    return f"postgresql://postgres:x@127.0.0.1:{port}/postgres"


def test_a_server_that_is_away_is_waited_for() -> None:
    dsn = nobody_listens()
    fault = refusal(dsn)
    assert (type(fault), fault.code.code) == (Retry, "BH-LED-020")
    for look in (lambda: open_reader(dsn, VAULT).books(), lambda: migrate.migrate_postgres(dsn)):
        with pytest.raises(Retry) as away:
            look()
        assert away.value.code.code == "BH-LED-020"


def test_an_old_server_is_refused(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "OLDEST_SERVER", 99)
    monkeypatch.setattr(migrate, "OLDEST_SERVER", 99)
    fault = refusal(own)
    assert (type(fault), fault.code.code) == (Config, "BH-LED-023")
    with pytest.raises(Config) as old:
        migrate.migrate_postgres(own)
    assert old.value.code.code == "BH-LED-023"


def test_a_database_without_a_schema_says_what_to_run(server: Server) -> None:
    fault = refusal(server.local.dsn("postgres"))
    assert (type(fault), fault.code.code, fault.values) == (
        Config,
        "BH-LED-024",
        {"found": "0", "needed": window.HEAD},
    )
    assert "billhub migrate" in fault.do("en")


def test_a_migration_that_was_cut_off_is_not_worked_on(server: Server, own: str) -> None:
    server.sql("UPDATE alembic_version SET version_num = '0000'", own.rpartition("/")[2])
    assert refusal(own).code.code == "BH-LED-024"


def test_a_database_of_a_newer_release_is_refused(server: Server, own: str) -> None:
    server.sql("UPDATE alembic_version SET version_num = '9999'", own.rpartition("/")[2])
    assert refusal(own).code.code == "BH-LED-005"
    with pytest.raises(Config) as newer:
        migrate.migrate_postgres(own)
    assert newer.value.code.code == "BH-LED-005"


@pytest.mark.parametrize("change", [("postgres:", "postgres:wrong"), ("postgres:", "nobody:")])
def test_who_may_not_log_in_is_told_so(own: str, change: tuple[str, str]) -> None:
    fault = refusal(own.replace(f"//{change[0]}", f"//{change[1]}"))
    assert (type(fault), fault.code.code) == (Config, "BH-LED-025")


def test_a_database_that_is_not_there_is_told_so(own: str) -> None:
    fault = refusal(own.rpartition("/")[0] + "/nothing")
    assert (type(fault), fault.code.code) == (Config, "BH-LED-025")


@pytest.mark.parametrize("dsn", ["mysql://x@y/z", "postgresql://u@127.0.0.1:port/x", "nonsense"])
def test_what_is_no_address_is_told_so(dsn: str) -> None:
    fault = refusal(dsn)
    assert (type(fault), fault.code.code) == (Config, "BH-LED-027")


def test_no_fault_quotes_a_password(own: str) -> None:
    secret = own.split(":")[2].partition("@")[0]
    for dsn in (own.replace("127.0.0.1", "127.0.0.1.invalid"), own + "?sslmode=verify-full", own + "?nonsense=1"):
        assert secret not in str(refusal(dsn))


def test_a_full_pool_says_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "FREE_SECONDS", 0.05)
    book = PostgresBook(server=server)

    async def run() -> None:
        ledger = await open_ledger(book.dsn, book.rules, owner="small", connections=1)
        holds = ledger._database._pool  # type: ignore[attr-defined]
        async with holds.acquire():
            with pytest.raises(Retry) as full:
                await ledger.apply(Batch([message("a", charge())]), book.now)
        assert full.value.code.code == "BH-LED-021"
        assert (await ledger.apply(Batch([message("a", charge())]), book.now)).verdicts[0].place == "applied"
        await ledger.close()

    book.runner.run(run())
    book.close()
    server.give_back(book.dsn)


def test_too_many_connections_is_an_outage_and_no_defect(server: Server, own: str) -> None:
    name = own.rpartition("/")[2]
    server.sql(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    server.sql("CREATE ROLE few LOGIN PASSWORD 'few'")
    try:
        fault = refusal(own.replace(own.split("//")[1].partition("@")[0], "few:few"))
        assert (type(fault), fault.code.code) == (Retry, "BH-LED-021")
    finally:
        server.sql("DROP ROLE few")


def test_a_standby_takes_no_transaction_and_says_it_is_busy(server: Server, own: str) -> None:
    server.sql(f"ALTER DATABASE {own.rpartition('/')[2]} SET default_transaction_read_only = on")

    async def run() -> None:
        ledger = await open_ledger(own, {"demo": RULES}, owner="test")
        with pytest.raises(Retry) as fault:
            await ledger.apply(Batch([message("a", charge())]), PostgresBook.now)
        assert fault.value.code.code == "BH-LED-021"
        await ledger.close()

    asyncio.run(run())


def test_a_standby_that_takes_over_is_found(server: Server) -> None:
    """Connections to a server that was a standby are not kept: the next one is asked of the address again."""
    book = PostgresBook(server=server)
    name = book.dsn.rpartition("/")[2]

    async def run() -> None:
        server.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        ledger = await open_ledger(book.dsn, book.rules, owner="test", connections=1)
        with pytest.raises(Retry):
            await ledger.apply(Batch([message("a", charge())]), book.now)
        server.sql(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        assert (await ledger.apply(Batch([message("a", charge())]), book.now)).verdicts[0].place == "applied"
        await ledger.close()

    book.runner.run(run())
    book.close()
    server.give_back(book.dsn)


def test_a_listener_on_a_database_that_is_not_ready_stops_at_start(server: Server) -> None:
    book = PostgresBook(server=server)

    async def run() -> None:
        with pytest.raises(Config):
            await open_listener(server.local.dsn("postgres"), book.ledger.shared).start()

    book.runner.run(run())
    book.close()
    server.give_back(book.dsn)


def test_the_server_of_our_own_comes_back_on_its_port_with_its_data(tmp_path: Path) -> None:
    own = Server()
    try:
        book = PostgresBook(server=own)
        book.take(charge())
        port, pid = own.local.port, own.local.pid
        own.local.stop()
        own.local.start()
        assert (own.local.port, own.local.pid != pid) == (port, True)
        assert book.one("SELECT count(*) FROM message") == 1
        book.ledger.shared.cut()
    finally:
        own.remove()
    assert not own.local.folder.exists()


def test_a_pool_that_is_exhausted_says_so_and_is_counted(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    book = PostgresBook(server=server)
    monkeypatch.setattr(pool, "FREE_SECONDS", 0.05)

    async def run() -> None:
        database = await pool.Database.open(book.dsn, "test", connections=1)
        held, done = asyncio.Event(), asyncio.Event()

        async def hold(_connection: object) -> None:
            held.set()
            await done.wait()

        holder = asyncio.create_task(database.run(hold))
        await held.wait()
        before = POOL_EMPTY.values.get((), [0.0])[0]
        for call in (database.ask("SELECT 1"), database.run(hold)):
            with pytest.raises(Retry, match="no connection became free") as fault:
                await call
            assert fault.value.code.code == "BH-LED-021"
        assert POOL_EMPTY.values[()] == [before + 2]
        done.set()
        await holder
        assert await database.ask("SELECT 1")
        await database.close()

    book.runner.run(run())
    book.close()
    server.give_back(book.dsn)


def test_a_reader_that_finds_no_connection_says_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "FREE_SECONDS", 0.05)
    dsn = server.database()
    reads = looking.postgres_window(dsn)
    held = ExitStack()

    def look_and_stay() -> None:
        for _ in range(100):
            held.enter_context(reads.look())

    with held, pytest.raises(Retry, match=r"BH-LED-021.*connections for reading are in use"):
        look_and_stay()
    with reads.look() as look:
        assert look.exec_driver_sql("SELECT 1").scalar() == 1
    reads.close()
    server.give_back(dsn)
