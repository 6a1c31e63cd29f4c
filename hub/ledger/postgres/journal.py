"""The days of the journal: made ahead by whoever tidies, dropped by the owner when their time is over.

What comes on a day that has no part of its own lies in `journal_rest`, and moves when the day is made.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from hub.ledger.postgres import sync
from hub.ledger.postgres.faults import postgres_faults
from hub.ledger.postgres.limited import limited
from hub.ledger.postgres.pool import Connection
from hub.metrics.catalogue import TIDIED

AHEAD: Final = 7
"""Days made beyond today."""
KEPT_DAYS: Final = 90
"""How long a body is kept that is behind no bill."""
REFUSED_AT_ONCE: Final = 500
_TIDY: Final = "SELECT journal_tidy($1)"
_TIDY_REFUSED: Final = "SELECT refused_tidy($1, $2)"
_AHEAD: Final = "SELECT journal_ahead($1::date, $2)"
_DROP: Final = "SELECT journal_drop(%s::date)"


def days_ahead(now: datetime) -> frozenset[str]:
    """The days, in UTC, that ought to be there."""
    today = now.astimezone(UTC).date()
    return frozenset((today + timedelta(days=n)).isoformat() for n in range(AHEAD + 1))


async def make_ahead(connection: Connection, now: datetime) -> int:
    """Makes the days that are missing; returns how many."""
    return int(await connection.fetchval(_AHEAD, now.astimezone(UTC).date(), AHEAD))


async def retire(connection: Connection, days: int) -> bool:
    """Drops the oldest day, and some refused bodies, whose time is over; returns whether there may be more.

    The server judges by its own clock, and keeps 30 days whatever is asked.
    """
    dropped = int(await connection.fetchval(_TIDY, days))
    bodies = int(await connection.fetchval(_TIDY_REFUSED, days, REFUSED_AT_ONCE))
    TIDIED.add(dropped, "days")
    TIDIED.add(bodies, "refused")
    return bool(dropped) or bodies == REFUSED_AT_ONCE


def drop_before(dsn: str, before: date) -> int:
    """Drops the days before one, as the owner; bytes behind bills, and of what is parked, are kept. Returns how many.

    Raises:
        Retry: away, or somebody reads an old day just now.
        Config: the role is not the owner.
        Unknown: it waits for a lost standby; it may be committed.
    """
    with postgres_faults(), sync.connect(dsn) as connection, limited(dsn, connection):
        row = connection.execute(_DROP, (before,)).fetchone()
        connection.commit()
        return int(row[0]) if row else 0
