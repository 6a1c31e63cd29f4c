"""Connections to PostgreSQL, and transactions that begin anew where they met another one.

What a process leaves open when it freezes or its machine goes, the server ends: its locks must not outlive it long.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Final, TypeVar

from hub.errors import Fault
from hub.ledger import window
from hub.ledger.faults import MOVE_UNFINISHED, UNFINISHED
from hub.ledger.postgres.commits import check_copied, transaction
from hub.ledger.postgres.faults import (
    BAD_DSN,
    BUSY,
    COLLIDED,
    NO_DRIVER,
    NOT_MIGRATED,
    UNCONFIRMED,
    WRONG_VERSION,
    Collision,
    collided,
    postgres_faults,
    read_only,
    sqlstate_of,
)
from hub.ledger.postgres.servers import any_server
from hub.ledger.window import HEAD, OLDEST_SERVER
from hub.metrics.catalogue import POOL_EMPTY, POOL_SECONDS

log = logging.getLogger("billhub.ledger")

TRIES: Final = 12
"""How often a transaction begins anew before its caller is told to come again."""
PAUSE_SECONDS: Final = 0.005
"""The first pause between two tries; each next one is longer, and all are of random length."""
CONNECT_SECONDS: Final = 5.0
CALL_SECONDS: Final = 30.0
FREE_SECONDS: Final = 10.0
"""How long a call waits for a free connection."""
SETTINGS: Final = {
    "timezone": "UTC",
    "default_transaction_isolation": "read committed",
    "lock_timeout": "10s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "15s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    # every statement names its rows; a plan made while a table was small must not read all of it when it is big
    "enable_seqscan": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
_UNKNOWN_SETTING: Final = frozenset({"42704", "22023"})
_DURABLE: Final = """
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"""

Result = TypeVar("Result")
Connection = Any
"""An `asyncpg.Connection`; the driver has no types of its own."""


class Database:
    """A pool of connections on a database whose schema is this program's."""

    def __init__(self, pool: Any, random: Random) -> None:
        self._pool = pool
        self._random = random
        self._unconfirmed = False

    @classmethod
    async def open(cls, dsn: str, name: str, *, connections: int, random: Random | None = None) -> Database:
        """Connects; `name` is what the server lists us as.

        Raises:
            Retry: away.
            Config: too old, not migrated or newer, or no rights.
        """
        with postgres_faults():
            driver = _driver()
            with _address():
                pool = await driver.create_pool(
                    dsn,
                    connect=any_server,
                    min_size=1,
                    max_size=connections,
                    timeout=CONNECT_SECONDS,
                    command_timeout=CALL_SECONDS,
                    server_settings={"application_name": name[:63], **SETTINGS},
                    init=_init,
                    reset=_keep,
                )
            try:
                async with pool.acquire() as connection:
                    await check(connection)
                    await check_open(connection)
                    await check_copied(connection)
            except BaseException:
                pool.terminate()
                raise
        return cls(pool, random or Random())  # noqa: S311  (pauses need no secret)

    async def run(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Does some work in a transaction; begins anew, with everything read again, where it met another.

        Raises:
            Retry: away, or it met others again and again.
        """
        for tried in range(1, TRIES + 1):
            try:
                return await self._once(work)
            except Exception as error:
                if not collided(error):
                    raise
                log.debug("try %s of a transaction: %s", tried, type(error).__name__)
                if tried == TRIES:
                    raise COLLIDED(tries=TRIES) from error
            await asyncio.sleep(PAUSE_SECONDS * tried * self._random.random())
        raise AssertionError("unreachable")

    async def _once(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        with postgres_faults():
            connection = await self._free()
            try:
                if self._unconfirmed:
                    await check_copied(connection)
                    self._unconfirmed = False
                async with transaction(connection):
                    return await work(connection)
            except Exception as error:
                if collided(error):
                    raise Collision(sqlstate_of(error)) from error
                if isinstance(error, Fault) and error.code is UNCONFIRMED:
                    self._unconfirmed = True
                if read_only(error):  # the address may name another server that takes transactions by now
                    await self._pool.expire_connections()
                raise
            finally:
                await self._pool.release(connection)

    async def _free(self) -> Connection:
        """A connection of the pool, or a clear word where none becomes free."""
        try:
            with POOL_SECONDS.timed():
                return await self._pool.acquire(timeout=FREE_SECONDS)
        except TimeoutError as error:
            POOL_EMPTY.add()
            raise BUSY(found="no connection became free") from error

    async def ask(self, question: str, *values: object) -> list[Any]:
        """The rows of one question, outside any transaction."""
        with postgres_faults():
            connection = await self._free()
            try:
                return list(await connection.fetch(question, *values))
            finally:
                await self._pool.release(connection)

    async def close(self) -> None:
        """Closes in order; what does not end soon is cut off."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    def cut(self) -> None:
        """Closes the sockets and says no word more, as the end of the process would."""
        self._pool.terminate()


async def connect(dsn: str, name: str) -> Connection:
    """A single connection, for listening.

    Raises:
        Retry, Config: as `Database.open`.
    """
    with postgres_faults():
        settings = {"application_name": name[:63], **SETTINGS}
        _driver()
        with _address():
            return await any_server(
                dsn, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS, server_settings=settings
            )


@contextmanager
def _address() -> Iterator[None]:
    """What a driver says of an address it cannot read may quote a part of the password: it is not passed on."""
    try:
        yield
    except ValueError:
        raise BAD_DSN() from None
    except Exception as error:
        if sqlstate_of(error) in _UNKNOWN_SETTING:
            raise BAD_DSN() from error
        raise


def _driver() -> Any:
    try:
        import asyncpg
    except ImportError as error:
        raise NO_DRIVER() from error
    return asyncpg


async def check(connection: Connection) -> None:
    """Whether server and schema are what this program needs.

    Raises:
        Config: they are not.
    """
    if connection.get_server_version().major < OLDEST_SERVER:
        found = connection.get_settings().server_version.partition(" ")[0]
        raise WRONG_VERSION(found=found, needed=str(OLDEST_SERVER))
    found, serves = "", ""
    if await connection.fetchval(window.REVISION):
        found = await connection.fetchval(window.VERSION) or ""
        serves = window.served(found, await connection.fetchval(window.COMMENT))
    if newer := window.newer(found, serves, HEAD):
        raise newer
    if found < HEAD:
        raise NOT_MIGRATED(found=found or "0", needed=HEAD)


async def check_open(connection: Connection) -> None:
    """Whether anybody may work here: not while a ledger is being moved in (`hub.ledger.moving`).

    Raises:
        Config: it is half there, or was not compared yet.
    """
    moving = await connection.fetchval("SELECT current_database() WHERE to_regclass('moving') IS NOT NULL")
    if moving:
        raise MOVE_UNFINISHED(to=moving)
    if await connection.fetchval("SELECT to_regclass('restoring') IS NOT NULL"):
        raise UNFINISHED()


async def _init(connection: Connection) -> None:
    """Durable means durable, whatever the server's default is."""
    await connection.execute(_DURABLE)


async def _keep(_connection: Connection) -> None:
    """Nothing is left behind in a session, so nothing is reset: that spares a question a call."""
