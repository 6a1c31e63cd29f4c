"""Names a database among all others, so that programs can tell whether they work on the same one."""

from __future__ import annotations

import hashlib
from typing import Final

from hub.ledger.postgres.faults import postgres_faults
from hub.ledger.postgres.pool import connect

_NAME: Final = """
SELECT system_identifier::text || '/' || (SELECT oid::text FROM pg_database WHERE datname = current_database())
FROM pg_control_system()"""


async def database_name(dsn: str) -> str:
    """Twelve letters: the same for every program on it and on a standby of it, other ones for a copy by dump.

    Raises:
        Retry, Config: as whoever opens it.
    """
    line = await connect(dsn, "billhub start")
    try:
        with postgres_faults():
            return hashlib.sha256((await line.fetchval(_NAME)).encode()).hexdigest()[:12]
    finally:
        line.terminate()
