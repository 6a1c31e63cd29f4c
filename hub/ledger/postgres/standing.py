"""How a PostgreSQL stands, by its own word: its schema, and whether copies keep up. A login without rights may ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from hub.ledger.postgres.commits import WAITING
from hub.ledger.window import serves_postgres

_BEHIND: Final = """
SELECT pg_is_in_recovery(), CASE
    WHEN NOT pg_is_in_recovery() THEN 0
    WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
    ELSE extract(epoch FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))
END"""
"""Who has replayed all that came is up to date only while more can come."""
_ALONE: Final = """
SELECT NOT pg_is_in_recovery() AND current_setting('synchronous_standby_names') <> ''
AND current_setting('synchronous_commit') <> 'local' AND NOT EXISTS (SELECT FROM pg_stat_replication)"""


@dataclass(frozen=True, slots=True)
class Standing:
    """At one moment; as it is here for a ledger that is no server."""

    revision: str = ""
    serves: str = ""
    """the oldest schema whose programs this one still serves"""
    standby: bool = False
    behind: float = 0.0
    """seconds a standby is behind, at most: since the last transaction it has heard of"""
    waits: float = 0.0
    """seconds that the oldest commit of this login has waited for a standby"""
    alone: bool = False
    """commits wait for a standby, and none follows"""


def standing(look: Connection) -> Standing:
    """Asks the server."""
    revision, serves = serves_postgres(lambda question: look.execute(text(question)).scalar())
    standby, behind = look.execute(text(_BEHIND)).one()
    waits, alone = look.scalar(text(WAITING)), look.scalar(text(_ALONE))
    return Standing(revision, serves, bool(standby), max(0.0, float(behind)), float(waits or 0), bool(alone))
