"""Reads, and locks, what a batch of submissions may touch: cases in the order of their ids, then their bills.

What is read before it is locked may be outdated by the time it is written; the unique indexes on messages and keys say
so, and the transaction begins anew. Whoever holds a case's row decides about the case, its bills and its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from hub.flow.case import Case
from hub.ledger.applying import contradiction_id
from hub.ledger.held import Held, Known, Loaded
from hub.ledger.loading import numbered_keys, wanted_keys
from hub.ledger.postgres.faults import Collision
from hub.ledger.postgres.pool import Connection
from hub.ledger.records import Submission
from hub.ledger.rows import BILL_COLUMNS, bill_draft, fault_record

_MESSAGES: Final = """
SELECT id, fingerprint, place, fault, case_id, seq, at, repeated_at FROM message WHERE id = ANY($1::text[])"""
_KEYS: Final = "SELECT key, case_id FROM key WHERE key = ANY($1::text[])"
_NUMBERED: Final = """
SELECT n.key, b.case_id FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) n (key, unit, code, number)
JOIN bill b ON b.bill_code = n.code AND b.bill_number = n.number AND b.unit = n.unit"""
_FORWARDS: Final = """SELECT id, "into" FROM matter WHERE id = ANY($1::text[]) AND "into" <> ''"""
_CASES: Final = """
SELECT id, unit, status, facts, bills, "into" FROM matter WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE"""
_BILLS: Final = f"SELECT {BILL_COLUMNS} FROM bill b WHERE b.id = ANY($1::text[]) ORDER BY b.id FOR UPDATE"  # noqa: S608


@dataclass(slots=True)
class LockedBatch(Loaded):
    """What is known of a batch; `stored` are the cases whose rows are held."""

    stored: frozenset[str] = field(default=frozenset())
    came: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """message id → when it came first and last"""
    again: int = 0
    """submissions of this batch that a broker brought once more"""

    def entry(self, submission: Submission) -> str:
        """The id under which a message is kept, or would be: one with other content has its own."""
        known = self.messages.get(submission.id)
        if known is None or known.fingerprint == submission.fingerprint:
            return submission.id
        return contradiction_id(submission)

    def redelivered(self, submission: Submission) -> bool:
        """Whether a broker, and not the sender, brings a message once more: it came at just this moment before.

        Of several repeats only the last is remembered; a broker that brings an older one again is taken for a sender.
        """
        return not submission.replay and submission.at in self.came.get(self.entry(submission), ())

    def note(self, id_: str, at: str) -> None:
        """A message came."""
        first, _last = self.came.get(id_, (at, None))
        self.came[id_] = first, at


async def load(connection: Connection, submissions: Sequence[Submission]) -> LockedBatch:
    """Messages seen before, keys known, and the cases and bills behind them, locked until the transaction ends.

    Raises:
        Collision: a case went into another one meanwhile.
    """
    loaded = LockedBatch()
    await _load_messages(connection, loaded, {submission.id for submission in submissions})
    if others := _contradictions(loaded, submissions):
        await _load_messages(connection, loaded, others)
    wanted = wanted_keys(submissions, loaded)
    if wanted:
        loaded.keys.update(await connection.fetch(_KEYS, list(wanted)))
        if numbered := numbered_keys(wanted):
            loaded.keys.update(await connection.fetch(_NUMBERED, *map(list, zip(*numbered, strict=True))))
    repeated = {known.case_id for known in loaded.messages.values() if known.case_id}
    if repeated:
        await follow(connection, loaded, repeated)
    cases = set(loaded.keys.values()) | {loaded.home(case_id) for case_id in repeated}
    if cases:
        await _load_cases(connection, loaded, cases)
        await _look_again(connection, loaded, wanted)
    return loaded


async def _look_again(connection: Connection, loaded: LockedBatch, wanted: set[str]) -> None:
    """Keys that a case got while its row was waited for; from here on nobody gives one to a case we hold.

    Raises:
        Collision: a key leads to a case that is not held.
    """
    missing = [key for key in wanted if key not in loaded.keys]
    if missing:
        found = dict(await connection.fetch(_KEYS, missing))
        if not loaded.stored.issuperset(found.values()):
            raise Collision("a key was made by another worker")
        loaded.keys |= found


def _contradictions(loaded: Loaded, submissions: Sequence[Submission]) -> set[str]:
    """The ids under which repeats with other content would have been kept."""
    first: dict[str, bytes] = {id_: known.fingerprint for id_, known in loaded.messages.items()}
    return {
        contradiction_id(submission)
        for submission in submissions
        if first.setdefault(submission.id, submission.fingerprint) != submission.fingerprint
    }


async def _load_messages(connection: Connection, loaded: LockedBatch, ids: Iterable[str]) -> None:
    for id_, fingerprint, place, fault, case_id, seq, *came in await connection.fetch(_MESSAGES, list(ids)):
        loaded.messages[id_] = Known(fingerprint, place, fault_record(fault), case_id, seq)
        loaded.came[id_] = came[0], came[1]


async def follow(connection: Connection, loaded: Loaded, cases: Iterable[str]) -> None:
    """Learns which cases went into which, to the end."""
    ids = list(cases)
    while ids:
        rows = await connection.fetch(_FORWARDS, ids)
        loaded.merged.update(rows)
        ids = [into for _id, into in rows if into not in loaded.merged]


async def _load_cases(connection: Connection, loaded: LockedBatch, ids: set[str]) -> None:
    """Locks cases, then their bills, both in the order of ids, and adds them."""
    lists: dict[str, list[str]] = {}
    for id_, unit, status, facts, bills, into in await connection.fetch(_CASES, list(ids)):
        if into:
            raise Collision(f"case {id_} went into another")
        loaded.cases[id_] = Held(Case.load(id_, facts), unit, status, [])
        lists[id_] = orjson.loads(bills)
    loaded.stored = frozenset(lists)
    wanted = [bill_id for bills in lists.values() for bill_id in bills]
    if not wanted:
        return
    found = {row[0]: bill_draft(row) for row in await connection.fetch(_BILLS, wanted)}
    for id_, bills in lists.items():
        loaded.cases[id_].bills.extend(found[bill_id] for bill_id in bills)
