"""The ledger on PostgreSQL (14 or newer): any number of workers, doors, issuers and relays on one database.

    ledger = await open_ledger(dsn, rules, owner="worker-3f2a")     # SharedLedger of hub/ledger/port.py
    listener = open_listener(dsn, ledger)                           # Listener of hub/ledger/port.py
    reader = open_reader(dsn, vault)                                # hub.ledger.reader.Reader

`dsn` is a URL as libpq reads it, with TLS, several hosts and a password file in its query:
`postgresql://billhub_worker@db1,db2/billhub?target_session_attrs=read-write&sslmode=verify-full&passfile=…`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hub.ledger.port import Listener, SharedLedger
from hub.ledger.rules import UnitRules

if TYPE_CHECKING:
    from hub.ledger.reader import Reader
    from hub.security.vault import Vault

__all__ = ["LEASE", "open_ledger", "open_listener", "open_reader"]

LEASE: Final = timedelta(seconds=30)


async def open_ledger(
    dsn: str,
    rules: Mapping[str, UnitRules],
    *,
    owner: str,
    lease: timedelta = LEASE,
    block: int = 50,
    connections: int = 4,
) -> SharedLedger:
    """Connects to a migrated database.

    Args:
        dsn: where, as which role.
        rules: of every unit; messages of a unit without rules are parked.
        owner: names this process among all, and is another one in its next life (`bury` says that one is over).
        lease: how long a bill, a block of numbers or an effect stays with who took it. Judged by the database's clock.
        block: how many numbers of a segment an issuer leases at once.
        connections: how many calls run at the same time; others wait.

    Raises:
        Retry: PostgreSQL cannot be reached.
        Config: its version, its schema or the role's rights do not do.
    """
    from hub.ledger.postgres.leasing import Issuer
    from hub.ledger.postgres.ledger import PostgresLedger
    from hub.ledger.postgres.pool import Database

    database = await Database.open(dsn, f"billhub {owner}", connections=connections)
    return PostgresLedger(database, rules, Issuer(owner, lease, block))


def open_listener(dsn: str, ledger: SharedLedger) -> Listener:
    """A listener, not started yet; `ledger` answers what it may have missed."""
    from hub.ledger.postgres.listening import PostgresListener

    return PostgresListener(dsn, ledger)


def open_reader(dsn: str, vault: Vault) -> Reader:
    """A read-only view, as the embedded one; nothing is connected yet."""
    from hub.ledger.looking import postgres_window
    from hub.ledger.reader import Reader

    return Reader(postgres_window(dsn), vault)
