"""Commits that wait for a standby, and are never called off.

A commit that is called off while it waits is done all the same, without the standby, and the server tells everybody so.
So a limit of time here ends the connection and not the wait: nobody sees such a transaction before the standby has it.
What waits on at the server holds one of its connections, and as long as one does, no other is begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from hub.ledger.postgres.faults import UNCONFIRMED

COMMIT_SECONDS: Final = 15.0
"""How long a commit may wait; less than the driver's own limit, at which it would be called off."""
WAITING: Final = (
    "SELECT coalesce(extract(epoch FROM max(clock_timestamp() - state_change)), 0)::float8 FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event = 'SyncRep'"
)
"""Seconds that the oldest commit of this login has waited for a standby."""


@asynccontextmanager
async def transaction(connection: Any) -> AsyncIterator[None]:
    """A transaction around the block, committed at its end.

    Raises:
        Retry: no answer came: it is committed, or will be, or was lost; nobody knows yet.
    """
    made = connection.transaction()
    await made.start()
    try:
        yield
    except BaseException:
        await made.rollback()
        raise
    answer = asyncio.ensure_future(made.commit())
    try:
        done, _ = await asyncio.wait((answer,), timeout=COMMIT_SECONDS)
    finally:
        if not answer.done():
            connection.terminate()
            answer.add_done_callback(asyncio.Task.exception)  # that the connection is gone is known
    if not done:
        raise UNCONFIRMED(seconds=round(COMMIT_SECONDS))
    answer.result()


async def check_copied(connection: Any) -> None:
    """Whether commits come through.

    Raises:
        Retry: one has waited for its standby too long.
    """
    seconds = await connection.fetchval(WAITING)
    if seconds > COMMIT_SECONDS:
        raise UNCONFIRMED(seconds=round(seconds))
