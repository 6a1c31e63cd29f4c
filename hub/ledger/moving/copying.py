"""Copies the rows, a page a transaction, each with the note of how far it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Final

from hub.crashpoints import reach
from hub.ledger.moving import target as there
from hub.ledger.moving.tables import TABLES
from hub.ledger.moving.target import Target

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how many rows of it are, and how many it will be."""

_DAYS: Final = "SELECT DISTINCT substr(at, 1, 10) FROM message WHERE seq IN (SELECT message_seq FROM journal)"
_MAKE_DAY: Final = "SELECT journal_ahead($1::date, 0)"


async def copy(source: sqlite3.Connection, target: Target, progress: Progress) -> int:
    """Brings what the target has not got yet; returns how many rows that were."""
    await _make_days(source, target)
    reached = await there.reached(target.connection)
    total = sum(table.count(source) for table in TABLES)
    done = begun = sum(rows for _key, rows in reached.values())
    progress("copy", done, total)
    for table in TABLES:
        key, rows = reached[table.name]
        for page in table.pages(source, key):
            async with target.connection.transaction():
                await there.bring(target, table, page, rows)
                reach("copying")
            reach("copied")
            rows += len(page)
            done += len(page)
            progress("copy", done, total)
    return done - begun


async def _make_days(source: sqlite3.Connection, target: Target) -> None:
    """A part of the journal for each day that bodies lie on, so that they can be dropped day by day."""
    for (text,) in source.execute(_DAYS).fetchall():
        with suppress(ValueError):  # no day: its bodies lie with the rest
            await target.connection.execute(_MAKE_DAY, date.fromisoformat(text))
