"""Takes signed bills and countersignatures in; inside the caller's transaction.

`lock` comes first, in the order of ids; `finish` last, for the change sequence lets nobody pass until the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from hub.ledger.postgres import leasing
from hub.ledger.postgres.arrays import columns
from hub.ledger.postgres.bills import lock_changes
from hub.ledger.postgres.pool import Connection
from hub.ledger.records import Batch, Confirmed, Issued, NotIssued
from hub.ledger.rows import fault_text, step
from hub.ledger.rules import UnitRules

REST: Final = timedelta(seconds=5)
"""How long a bill that could not be signed rests before it is handed out again."""
_NOTHING: Final[dict[str, Any]] = {"unit": ""}
_FREED: Final = """
UPDATE bill SET lease_owner = NULL, lease_until = NULL WHERE id = ANY($1::text[]) AND status = 'due'"""
_LOCK: Final = """
SELECT id, unit, status, reverses, seq, bill_code, bill_number FROM bill
WHERE id = ANY($1::text[] || ARRAY(SELECT reverses FROM bill WHERE id = ANY($1::text[]) AND reverses <> ''))
ORDER BY id FOR UPDATE"""
_DOCUMENT: Final = """
INSERT INTO document (bill_seq, json, xml) SELECT n.* FROM unnest($1::document_in[]) n
ON CONFLICT (bill_seq) DO UPDATE SET json = excluded.json, xml = excluded.xml"""
_SEARCH: Final = "INSERT INTO search_new (hash, bill_seq) SELECT n.* FROM unnest($1::search_new_in[]) n"
_CONFIRM: Final = """
INSERT INTO outbox (unit, kind, subject, payload, due_at)
SELECT n.unit, 'confirm', n.subject, '{}', $3 FROM unnest($1::text[], $2::text[]) n (unit, subject)
ON CONFLICT DO NOTHING"""
_NOT_ISSUED: Final = """
UPDATE bill b SET fault = n.fault, lease_owner = NULL, lease_until = clock_timestamp() + $3::interval
FROM unnest($1::text[], $2::text[]) n (id, fault) WHERE b.id = n.id AND b.status = 'due'"""
_REFUSED: Final = """
UPDATE bill b SET fault = n.fault FROM unnest($1::text[], $2::text[]) n (id, fault) WHERE b.id = n.id"""
_COUNTERSIGNED: Final = """
UPDATE document d SET xml = n.xml FROM unnest($1::bigint[], $2::bytea[]) n (bill_seq, xml)
WHERE d.bill_seq = n.bill_seq"""
_BEFORE: Final = "UPDATE bill SET before = 'confirmed' WHERE id = ANY($1::text[]) AND status = 'reversing'"
_DONE: Final = "DELETE FROM outbox WHERE kind = 'confirm' AND subject = ANY($1::text[])"
# A place in the change sequence is drawn once a bill: materialised, since a join may read a subquery over and over.
_ISSUED: Final = """
WITH n AS MATERIALIZED (
    SELECT u.*, nextval('seq_change') AS change
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) u (id, check_code, issued_at, history)
)
UPDATE bill b SET status = 'issued', check_code = n.check_code, issued_at = n.issued_at, fault = NULL,
    history = b.history || n.history, change = n.change, lease_owner = NULL, lease_until = NULL
FROM n WHERE b.id = n.id"""
_REVERSED: Final = """
WITH n AS MATERIALIZED (SELECT u.id, nextval('seq_change') AS change FROM unnest($1::text[]) u (id))
UPDATE bill b SET status = 'reversed', history = b.history || $2, change = n.change FROM n WHERE b.id = n.id"""
_CONFIRMED: Final = """
WITH n AS MATERIALIZED (
    SELECT u.*, nextval('seq_change') AS change FROM unnest($1::text[], $2::text[]) u (id, history)
)
UPDATE bill b SET status = 'confirmed', fault = NULL, history = b.history || n.history, change = n.change
FROM n WHERE b.id = n.id"""


@dataclass(slots=True)
class Papers:
    """Bills locked for what issuers and the supervisor made of them, and what is to be written last."""

    bills: dict[str, dict[str, Any]]
    issued: list[tuple[str, str, str, str]] = field(default_factory=list)
    reversed: list[str] = field(default_factory=list)
    confirmed: list[tuple[str, str]] = field(default_factory=list)


async def lock(connection: Connection, batch: Batch) -> Papers:
    """Locks the bills of a batch, and those that its red bills reverse."""
    ids = {bill.bill_id for bill in batch.issued} | {bill.bill_id for bill in batch.not_issued}
    ids |= {bill.bill_id for bill in batch.confirmed}
    rows = await connection.fetch(_LOCK, list(ids)) if ids else []
    return Papers({row["id"]: dict(row) for row in rows})


async def store_issued(
    connection: Connection, papers: Papers, bills: Sequence[Issued], rules: Mapping[str, UnitRules], at: str
) -> list[str]:
    """Stores what was signed; returns the bills now issued.

    A bill withdrawn, or renumbered, or signed by another while it was being signed is not due under that number: its
    signature is dropped. So is that of a unit that was paused meanwhile: its bill is free to be set aside.
    """
    paused = await leasing.paused_among(connection, {row["unit"] for row in papers.bills.values()} if bills else ())
    kept = [bill.bill_id for bill in bills if paused and papers.bills.get(bill.bill_id, _NOTHING)["unit"] in paused]
    if kept:
        await connection.execute(_FREED, kept)
        bills = [bill for bill in bills if bill.bill_id not in set(kept)]
    documents: list[tuple[int, bytes, bytes]] = []
    hashes: list[tuple[bytes, int]] = []
    countersigned: list[tuple[str, str]] = []
    for bill in bills:
        row = papers.bills.get(bill.bill_id)
        number = (bill.bill_code, bill.bill_number)
        if row is None or row["status"] != "due" or (row["bill_code"], row["bill_number"]) != number:
            continue
        row["status"] = "issued"
        papers.issued.append((bill.bill_id, bill.check_code, bill.issued_at, step(at, "issue", "due", "issued")))
        documents.append((row["seq"], bill.document, bill.xml))
        hashes.extend((value, row["seq"]) for _kind, value in bill.search)
        original = papers.bills.get(row["reverses"])
        if original is not None and original["status"] != "reversed":
            original["status"] = "reversed"
            papers.reversed.append(original["id"])
        if row["unit"] in rules and rules[row["unit"]].countersigned:
            countersigned.append((row["unit"], bill.bill_id))
    if documents:
        await connection.execute(_DOCUMENT, documents)
    if hashes:
        await connection.execute(_SEARCH, hashes)
    if countersigned:
        await connection.execute(_CONFIRM, *columns(countersigned), at)
    return [bill_id for bill_id, *_ in papers.issued]


async def store_not_issued(connection: Connection, bills: Sequence[NotIssued]) -> None:
    """Keeps why a bill is still due, and lets it rest."""
    if bills:
        rows = [(bill.bill_id, fault_text(bill.fault)) for bill in bills]
        await connection.execute(_NOT_ISSUED, *columns(rows), REST)


async def store_confirmed(connection: Connection, papers: Papers, bills: Sequence[Confirmed]) -> None:
    """Stores the supervisor's signatures, or why it refused."""
    refused = [(bill.bill_id, fault_text(bill.fault)) for bill in bills if bill.fault is not None]
    if refused:
        await connection.execute(_REFUSED, *columns(refused))
    signed = {bill.bill_id: bill for bill in bills if bill.fault is None and bill.bill_id in papers.bills}
    if not signed:
        return
    for bill_id, bill in signed.items():
        if papers.bills[bill_id]["status"] in {"issued", "issued_offline"}:
            papers.confirmed.append((bill_id, step(bill.at, "confirm", "issued", "confirmed")))
    documents = [(papers.bills[bill_id]["seq"], bill.xml) for bill_id, bill in signed.items()]
    await connection.execute(_COUNTERSIGNED, *columns(documents))
    await connection.execute(_BEFORE, list(signed))
    await connection.execute(_DONE, list(signed))


async def finish(connection: Connection, papers: Papers, at: str) -> None:
    """Gives every bill that changed for insurers its place in the change sequence. The last writing of all."""
    if not (papers.issued or papers.reversed or papers.confirmed):
        return
    await lock_changes(connection)
    if papers.issued:
        await connection.execute(_ISSUED, *columns(papers.issued))
    if papers.reversed:
        await connection.execute(_REVERSED, papers.reversed, step(at, "reversed", "reversing", "reversed"))
    if papers.confirmed:
        await connection.execute(_CONFIRMED, *columns(papers.confirmed))
