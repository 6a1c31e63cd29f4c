"""Grants the ledger's roles what each of them needs, and no more: see `roles.sql`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hub.ledger.postgres import sync

if TYPE_CHECKING:
    from sqlalchemy import Connection

FILE: Final = Path(__file__).with_name("roles.sql")


def grant(connection: Connection) -> None:
    """Runs the file, in a transaction of its own, as the owner of the tables."""
    sync.run(connection, FILE.read_text("utf-8"))
    connection.commit()
