"""An address of several servers: one that answers nothing, or refuses, keeps nobody from the one that does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from hub.errors import Config, Retry
from hub.ledger.postgres import open_ledger, open_listener
from hub.ledger.postgres.servers import any_server, each
from tests.ledger.shared import Server


@pytest.fixture
def silent() -> Iterator[str]:
    """A machine that takes connections and never says a word, as one without power behind a live switch."""
    with socket.create_server(("127.0.0.1", 0), backlog=20) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def own() -> Iterator[str]:
    """A migrated database on a server of the module's own."""
    server = Server()
    yield server.database()
    server.remove()


def beside(dsn: str, *others: str) -> str:
    """The address with other servers before its own."""
    parts = urlsplit(dsn)
    login, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{login}@{','.join((*others, host))}").geturl()


def test_each_server_gets_the_whole_address() -> None:
    dsn = "postgresql://u:p%40@[::1]:1,db2:2/b?target_session_attrs=read-write"
    assert each(dsn) == [
        "postgresql://u:p%40@[::1]:1/b?target_session_attrs=read-write",
        "postgresql://u:p%40@db2:2/b?target_session_attrs=read-write",
    ]


async def test_a_silent_first_server_does_not_hide_the_second(own: str, silent: str) -> None:
    dsn = beside(own, silent)
    ledger = await open_ledger(dsn, {}, owner="t", connections=1)
    listener = open_listener(dsn, ledger)
    await listener.start()
    await ledger.ping()
    await listener.close()
    await ledger.close()


async def test_all_silent_or_gone_is_a_retry_and_a_wrong_login_is_told(own: str, silent: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Retry):
        await open_ledger(f"postgresql://u@{gone},{silent}/b", {}, owner="t")
    host = urlsplit(own).netloc.rpartition("@")[2]
    with pytest.raises(Config):
        await open_ledger(f"postgresql://nobody:x@{host},{host}/b", {}, owner="t")
    with pytest.raises(Retry):  # the one that is away may be the one that lets us in
        await open_ledger(f"postgresql://nobody:x@{host},{gone}/b", {}, owner="t")


async def test_a_connection_that_comes_too_late_is_not_left_open(own: str) -> None:
    line = await any_server(beside(own, urlsplit(own).netloc.rpartition("@")[2]), timeout=30)
    await line.execute("SET application_name = 'mine'")

    async def others() -> int:
        question = (
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return int(await line.fetchval(question))

    async with asyncio.timeout(60):
        while await others():
            await asyncio.sleep(0.05)
    await line.close()
    assert isinstance(line, asyncpg.Connection)
