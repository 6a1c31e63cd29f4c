"""Takes a mark back, so that a hub may run on the source again, and never on both sides."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from hub.errors import Config
from hub.ledger import mark as marks
from hub.ledger.mark import Mark
from hub.ledger.moving import source as here
from hub.ledger.moving import target as there
from hub.ledger.moving.comparing import compare
from hub.ledger.moving.copying import Progress
from hub.ledger.moving.faults import NO_MARK, OTHER_TARGET, TARGET_WENT_ON, UNDO_NEEDS_TARGET

_MOVES_BY_ITSELF: Final = frozenset({"audit", "search", "search_new"})
"""The move's own row of the audit log; hashes are sorted in by whoever is idle."""


async def undo(folder: Path, dsn: str | None, *, progress: Progress) -> None:
    """Removes the mark; a target that is complete is closed first, if it has not gone on.

    Raises:
        Config: there is no mark; or it takes the target to tell whether going back loses anything, and it would.
    """
    with here.opened(folder) as source:
        try:
            mark = marks.read(folder)
        except Config:
            mark = Mark("", "moved", "?", "")  # unreadable: take the careful way
        if mark is None:
            raise NO_MARK(folder=str(folder))
        if dsn is not None:
            await _close(source, folder, dsn, mark, progress)
        elif mark.state == "moved":
            raise UNDO_NEEDS_TARGET(str(folder), to=mark.to)
        marks.remove(folder)


async def _close(source: sqlite3.Connection, folder: Path, dsn: str, mark: Mark, progress: Progress) -> None:
    async with there.connected(dsn) as target:
        connection = target.connection
        state = await there.state_of(connection)
        if state is None or (mark.id and state[1] != mark.id):
            raise OTHER_TARGET(str(folder), to=target.where)
        if state[0] == "moving":
            return
        async with connection.transaction():
            await there.alone(connection)
            tables = await compare(source, connection, progress, leave_out=_MOVES_BY_ITSELF)
            changed = [table.name for table in tables if not table.equal]
            if changed:
                raise TARGET_WENT_ON(target.where, found=", ".join(changed))
            await connection.execute("ALTER TABLE moved RENAME TO moving")
