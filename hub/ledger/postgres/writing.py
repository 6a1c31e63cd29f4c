"""Writes the changes of one batch, a statement a table however many rows. Runs inside the caller's transaction.

Rows go in by the order of their ids, table after table in one order, so that two workers who meet wait for each other
in one direction only. Last come the rows everybody wants: the tally, then the change sequence.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import orjson

from hub.ledger.applying import Changes
from hub.ledger.held import Held
from hub.ledger.ids import message_of
from hub.ledger.postgres.arrays import columns, plain
from hub.ledger.postgres.bills import write_bills, write_visible_bills
from hub.ledger.postgres.faults import Collision
from hub.ledger.postgres.loading import LockedBatch
from hub.ledger.postgres.pool import Connection
from hub.ledger.records import Submission, Verdict
from hub.ledger.rows import fault_text

_MESSAGE: Final = """
INSERT INTO message (seq, id, unit, source, at, kind, identity, fingerprint, place, fault, case_id, revision)
SELECT nextval('seq_message'), n.* FROM unnest($1::message_in[]) n
ON CONFLICT (id) DO NOTHING RETURNING id, seq"""
_REPLAYED: Final = """
WITH held AS (
    SELECT id FROM message WHERE id = ANY($1::text[]) AND place IN ('parked', 'archived') ORDER BY id FOR UPDATE
)
UPDATE message m SET place = n.place, fault = n.fault, case_id = n.case_id, revision = n.revision
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) n (id, place, fault, case_id, revision), held
WHERE m.id = n.id AND held.id = n.id RETURNING m.id"""
_JOURNAL: Final = """
INSERT INTO journal (message_seq, day, sealed) SELECT n.* FROM unnest($1::journal_in[]) n ON CONFLICT DO NOTHING"""
_REFUSED: Final = """
INSERT INTO refused (unit, source, at, fault, sealed)
SELECT unit, source, at, fault, sealed
FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[]) n (sealed, unit, source, at, fault)
ON CONFLICT DO NOTHING RETURNING unit, source"""
_REPEATS: Final = """
WITH held AS (SELECT id FROM message WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE)
UPDATE message m SET repeats = m.repeats + n.count, repeated_at = n.at
FROM unnest($1::text[], $2::int[], $3::text[]) n (id, count, at), held WHERE m.id = n.id AND held.id = n.id"""
_EVENT: Final = """
INSERT INTO event (message_seq, place, kind, sealed) SELECT n.* FROM unnest($1::event_in[]) n
ON CONFLICT (message_seq, place) DO UPDATE SET kind = excluded.kind, sealed = excluded.sealed"""
_KEY_MOVED: Final = """
UPDATE key k SET case_id = n.case_id FROM unnest($1::key_in[]) n
WHERE k.key = n.key AND k.case_id = ANY($2::text[]) RETURNING k.key"""
_KEY_NEW: Final = """
INSERT INTO key (key, case_id) SELECT n.* FROM unnest($1::key_in[]) n ON CONFLICT DO NOTHING RETURNING key"""
_CASE_NEW: Final = """
INSERT INTO matter (id, unit, status, fault, surplus, facts, bills, updated_at)
SELECT n.*, $2 FROM unnest($1::matter_in[]) n ON CONFLICT DO NOTHING RETURNING id"""
_CASE_CHANGED: Final = """
UPDATE matter m SET status = n.status, fault = n.fault, surplus = n.surplus, facts = n.facts, bills = n.bills,
    updated_at = $2
FROM unnest($1::matter_in[]) n WHERE m.id = n.id"""
_MERGED: Final = """
INSERT INTO matter (id, unit, status, facts, bills, "into", updated_at)
SELECT n.id, n.unit, 'merged', ''::bytea, '[]', n.home, $4
FROM unnest($1::text[], $2::text[], $3::text[]) n (id, unit, home)
ON CONFLICT (id) DO UPDATE SET
    "into" = excluded."into", status = 'merged', fault = NULL, facts = ''::bytea, updated_at = excluded.updated_at"""
_MOVED_BILL: Final = """
UPDATE bill b SET case_id = n.case_id FROM unnest($1::text[], $2::text[]) n (id, case_id) WHERE b.id = n.id"""
_ASK: Final = """
INSERT INTO outbox (unit, kind, subject, payload, due_at)
SELECT n.unit, 'ask', n.subject, n.payload, $4
FROM unnest($1::text[], $2::text[], $3::text[]) n (unit, subject, payload)
ON CONFLICT DO NOTHING"""
_TALLY: Final = """
INSERT INTO tally (unit, source, place, count)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
ON CONFLICT (unit, source, place) DO UPDATE SET count = tally.count + excluded.count"""


async def write(connection: Connection, changes: Changes, loaded: LockedBatch, at: str) -> None:
    """Writes a batch.

    Raises:
        Collision: another process took the same message, or the same key, first.
    """
    seqs = await _write_messages(connection, changes, loaded)
    if changes.events:
        rows = sorted((seqs[message_of(e.id)[0]], message_of(e.id)[1], e.fact["kind"], e.body) for e in changes.events)
        await connection.execute(_EVENT, rows)
    if changes.keys:
        await _write_keys(connection, changes.keys, loaded)
    if changes.merged:
        await _write_merged(connection, changes, at)
    await _write_cases(connection, changes, loaded, at)
    await write_bills(connection, changes, at)
    if changes.questions:
        questions = [(message.unit, message.id, _question(message)) for message in changes.questions]
        await connection.execute(_ASK, *columns(sorted(questions)), at)
    if changes.tally:
        tally = sorted((*where, count) for where, count in changes.tally.items() if count)
        if tally:
            await connection.execute(_TALLY, *columns(tally))
    await write_visible_bills(connection, changes, at)


async def _write_messages(connection: Connection, changes: Changes, loaded: LockedBatch) -> dict[str, int]:
    """Messages, bodies and repeats; returns message id → sequence number."""
    seqs = {id_: seq for id_, seq in changes.replayed.items() if seq}
    fresh: dict[str, tuple[Submission, Verdict]] = {}
    again: list[tuple[object, ...]] = []
    bodies: list[tuple[int, str, bytes]] = []
    for message, verdict in changes.messages:
        if message.id in seqs:
            again.append(_replayed_row(message, verdict))
            if not message.replay:  # entered from an archive, perhaps without its bytes
                bodies.append((seqs[message.id], message.at[:10], message.body))
        else:
            fresh[message.id] = fresh.get(message.id, (message,))[0], verdict
    if fresh:
        rows = [_message_row(*fresh[id_]) for id_ in sorted(fresh)]
        given = dict(await connection.fetch(_MESSAGE, rows))
        if len(given) < len(rows):
            raise Collision("a message was taken by another worker")
        seqs |= given
        bodies += [
            (given[id_], message.at[:10], message.body) for id_, (message, _) in fresh.items() if not message.replay
        ]
    if bodies:
        await connection.execute(_JOURNAL, bodies)
    if again and len(await connection.fetch(_REPLAYED, *columns(sorted(again, key=_first)))) < len(again):
        raise Collision("a parked message was replayed by another worker")
    repeats = sorted((id_, count, loaded.came[id_][1]) for id_, count in changes.repeats.items() if count)
    if repeats:
        await connection.execute(_REPEATS, *columns(repeats))
    if changes.refused:
        await _write_refused(connection, changes)
    return seqs


async def _write_refused(connection: Connection, changes: Changes) -> None:
    """Keeps what was refused; one that a broker brings a second time is there already, and not counted again."""
    rows = sorted((m.body, m.unit, m.source, m.at, fault_text(m.fault) or "") for m in changes.refused)
    kept = Counter(tuple(row) for row in await connection.fetch(_REFUSED, *columns(rows)))
    for where, count in Counter((m.unit, m.source) for m in changes.refused).items():
        changes.tally[*where, "refused"] -= count - kept[where]


async def _write_keys(connection: Connection, keys: dict[str, str], loaded: LockedBatch) -> None:
    """New keys are ours unless somebody else made them meanwhile; those of cases whose rows we hold follow them.

    New ones first: to make a key waits for whoever moves it, and who moves keys waits for nobody then.
    """
    rows = sorted(keys.items())
    made = {key for (key,) in await connection.fetch(_KEY_NEW, rows)}
    there = [row for row in rows if row[0] not in made]
    if there and len(await connection.fetch(_KEY_MOVED, there, list(loaded.stored))) < len(there):
        raise Collision("a key was made by another worker")


async def _write_merged(connection: Connection, changes: Changes, at: str) -> None:
    """A case that went into another forwards to it, even one that never was written: its messages name it."""
    rows = [(gone, unit, into) for gone, (unit, into) in sorted(changes.merged.items())]
    await connection.execute(_MERGED, *columns(rows), at)
    homes = {into for _unit, into in changes.merged.values()} & changes.cases.keys()
    moved = sorted((bill.id, home) for home in homes for bill in changes.cases[home][0].bills)
    if moved:
        await connection.execute(_MOVED_BILL, *columns(moved))


async def _write_cases(connection: Connection, changes: Changes, loaded: LockedBatch, at: str) -> None:
    fresh: list[tuple[object, ...]] = []
    changed: list[tuple[object, ...]] = []
    for id_ in sorted(changes.cases):
        held, status, fault, surplus = changes.cases[id_]
        row = (id_, held.unit, status, fault_text(fault), surplus, held.case.dump(), _bill_ids(held))
        (changed if id_ in loaded.stored else fresh).append(row)
    if changed:
        await connection.execute(_CASE_CHANGED, changed, at)
    if fresh and len(await connection.fetch(_CASE_NEW, fresh, at)) < len(fresh):
        raise Collision("a case was made by another worker")


def _message_row(message: Submission, verdict: Verdict) -> tuple[object, ...]:
    return (
        message.id,
        message.unit,
        message.source,
        message.at,
        plain(message.kind),
        plain(message.identity),
        message.fingerprint,
        verdict.place,
        fault_text(verdict.fault),
        verdict.case_id,
        message.revision,
    )


def _replayed_row(message: Submission, verdict: Verdict) -> tuple[object, ...]:
    return message.id, verdict.place, fault_text(verdict.fault), verdict.case_id, message.revision


def _first(row: tuple[object, ...]) -> str:
    return str(row[0])


def _bill_ids(held: Held) -> str:
    return orjson.dumps([bill.id for bill in held.bills]).decode()


def _question(message: Submission) -> str:
    return orjson.dumps({"source": message.source, **(message.question or {})}).decode()
