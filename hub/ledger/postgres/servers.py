"""One connection to whichever of an address's servers does, however the others fail.

The driver asks them one after another within one limit of time: a machine that lost its power answers nothing at all,
takes the whole of that time, and the server that was promoted in its place would never be asked.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

SILENT_SECONDS: Final = 1.0
"""How long a server may be silent before the next one is asked, too."""


def each(dsn: str) -> list[str]:
    """The address once for each server that it names before its path."""
    parts = urlsplit(dsn)
    login, at, hosts = parts.netloc.rpartition("@")
    return [urlunsplit(parts._replace(netloc=f"{login}{at}{host}")) for host in hosts.split(",")]


async def any_server(dsn: str, **options: Any) -> Any:
    """A connection to the first server that does; takes the options of `asyncpg.connect`.

    Raises:
        Exception: as the driver's; of several, the one that is most likely to pass.
    """
    from asyncpg import connect

    servers = each(dsn)
    if len(servers) == 1:
        return await connect(dsn, **options)
    asked: set[asyncio.Task[Any]] = set()
    failed: list[BaseException] = []
    try:
        for server in servers:
            asked.add(asyncio.ensure_future(connect(server, **options)))
            found = await _first(asked, failed, SILENT_SECONDS)
            if found is not None:
                return found
        found = await _first(asked, failed, None)
        if found is not None:
            return found
    finally:
        await _leave(asked)
    raise min(failed, key=_hopeless)


async def _first(asked: set[asyncio.Task[Any]], failed: list[BaseException], seconds: float | None) -> Any:
    """The first connection that is made; None where all failed or time is over. Who answered is asked no more."""
    while asked:
        done, _ = await asyncio.wait(asked, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            return None
        for task in done:
            error = task.exception()
            if error is None:
                asked.remove(task)
                return task.result()
            asked.remove(task)
            failed.append(error)
    return None


async def _leave(asked: set[asyncio.Task[Any]]) -> None:
    """Whoever answers now is not needed."""
    for task in asked:
        task.cancel()
    for made in await asyncio.gather(*asked, return_exceptions=True):
        if not isinstance(made, BaseException):
            made.terminate()


def _hopeless(error: BaseException) -> tuple[bool, bool]:
    """A server that is away, or a standby, may do later; one that refuses us will not."""
    away = isinstance(error, (OSError, TimeoutError))
    return (not away, getattr(error, "sqlstate", None) is not None)
