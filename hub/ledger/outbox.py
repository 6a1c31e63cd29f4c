"""What decisions ask the world to do, until it is done, on SQLite; inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import orjson

from hub.ledger.records import FaultRecord
from hub.ledger.rows import fault_text

_DUE: Final = """
SELECT id, unit, subject, payload, attempts FROM outbox WHERE kind = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?"""
_DONE: Final = "DELETE FROM outbox WHERE id = ?"
_LATER: Final = "UPDATE outbox SET due_at = ?, attempts = attempts + 1, fault = ? WHERE id = ?"


def due(connection: sqlite3.Connection, kind: str, limit: int, at: str) -> list[dict[str, Any]]:
    """Effects to go out, oldest first: {id, unit, subject, attempts, and the payload's own names}."""
    return [
        {"id": id_, "unit": unit, "subject": subject, "attempts": attempts, **orjson.loads(payload)}
        for id_, unit, subject, payload, attempts in connection.execute(_DUE, (kind, at, limit))
    ]


def done(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Effects that are out."""
    connection.executemany(_DONE, [(id_,) for id_ in ids])


def later(connection: sqlite3.Connection, id_: int, due_at: str, fault: FaultRecord | None) -> None:
    """An effect to try again."""
    connection.execute(_LATER, (due_at, fault_text(fault), id_))
