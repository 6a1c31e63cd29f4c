"""Which programs a schema serves: its own, and those of the release before where its last step only added.

Each revision says in `serves` the oldest revision whose programs still work on it. The database itself keeps that word,
because a program cannot read the steps that were written after it: PostgreSQL in the comment of `alembic_version`,
SQLite in `user_version`. The word names the revision it is of; a database without one serves its own programs only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from hub.errors import Fault
from hub.ledger.faults import DATABASE_NEWER

HEAD: Final = "0005"
"""The newest revision; a test compares it with the scripts."""
OLDEST_SERVER: Final = 14
"""The oldest PostgreSQL that does."""
_MARK: Final = re.compile(r"revision (\d+) serves (\d+)")
_BASE: Final = 10_000
"""SQLite keeps one number: the revision and the oldest it serves, four digits each."""
REVISION: Final = "SELECT CASE WHEN to_regclass('alembic_version') IS NULL THEN '' ELSE 'there' END"
VERSION: Final = "SELECT version_num FROM alembic_version"
COMMENT: Final = "SELECT obj_description(to_regclass('alembic_version'), 'pg_class')"


def serves_postgres(ask: Callable[[str], Any]) -> tuple[str, str]:
    """(revision, the oldest it serves) of a PostgreSQL database; empty for a fresh one. `ask` gives one value."""
    if not ask(REVISION):
        return "", ""
    found = str(ask(VERSION) or "")
    return found, served(found, ask(COMMENT))


def served(found: str, comment: object) -> str:
    """The oldest revision a schema serves, from the comment that stands beside it."""
    said = _MARK.fullmatch(str(comment or ""))
    return said[2] if said and said[1] == found else found


def served_sqlite(found: str, number: int) -> str:
    """The same, from the number that SQLite keeps."""
    revision, serves = divmod(number, _BASE)
    return f"{serves:04}" if f"{revision:04}" == found else found


def newer(found: str, serves: str, known: str, where: str = "") -> Fault | None:
    """Why a program that knows schemas up to `known` may not work on a newer one, or None where it may."""
    if found <= known or serves <= known:
        return None
    return DATABASE_NEWER(where, found=found, known=known)


def marking(revision: str, serves: str, dialect: str) -> str:
    """The statement by which a step leaves its word, in its own transaction."""
    number = int(revision) * _BASE + int(serves)
    if dialect == "postgresql":
        return f"COMMENT ON TABLE alembic_version IS 'revision {int(revision):04} serves {int(serves):04}'"
    return f"PRAGMA user_version = {number}"
