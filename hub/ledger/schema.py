"""The one definition of the ledger's tables; migrations and look-ups are made from it, the hot path is written by hand.

Text columns called `at`, `*_at` are RFC 3339 in UTC, so that they sort; on PostgreSQL all text sorts by its bytes, as
on SQLite. Columns called `sealed` hold ciphertext. What is marked `SHARED` exists on PostgreSQL only: leases, blocks of
numbers, and what keeps many processes and much data apart.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    text,
)
from sqlalchemy import String as _String
from sqlalchemy import Text as _Text

METADATA: Final = MetaData()
SHARED: Final = {"only": "postgresql"}
"""The mark, as `info`, of what SQLite has not."""

_BIG = BigInteger().with_variant(Integer(), "sqlite")
_MOMENT = DateTime(timezone=True)
"""A moment by the database's own clock: leases are judged by one clock, whatever the machines' clocks say."""


def String(length: int) -> _String:  # noqa: N802  (read as the type it stands for)
    """Text of about a length. SQLite does not hold anybody to it, so PostgreSQL does not either."""
    return _String(length).with_variant(_Text(collation="C"), "postgresql")


def partial(name: str, column: str, where: str) -> Index:
    """An index of the few rows of which `where` holds; a question uses it when it says the same words."""
    return Index(name, column, sqlite_where=text(where), postgresql_where=text(where))


Text: Final = _Text().with_variant(_Text(collation="C"), "postgresql")

SEQUENCES: Final = tuple(Sequence(name, metadata=METADATA) for name in ("seq_message", "seq_bill", "seq_change"))
"""PostgreSQL gives the numbers that the one writer of SQLite counts itself."""

MESSAGE: Final = Table(
    "message",
    METADATA,
    Column("seq", _BIG, primary_key=True, autoincrement=False),
    Column("id", String(32), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("at", String(35), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("identity", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("place", String(10), nullable=False),
    Column("fault", Text),
    Column("case_id", String(32), nullable=False),
    Column("revision", Text, nullable=False),
    Column("repeats", Integer, nullable=False, server_default="0"),
    Column("repeated_at", String(35), info=SHARED),
    Index("message_id", "id", unique=True),
    partial("message_parked", "at", where="place = 'parked'"),
)
"""Every message once, by the hash of its identity. What belongs to it is found by `seq`: rows that only append cost
little, while every index on a hash costs a page of the log for each row."""

JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("message_seq", _BIG, primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True, info=SHARED),
    Column("sealed", LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (day)",
)
"""The exact bytes of each message; a repeat with other content is a message of its own. On PostgreSQL a part for each
day in UTC (`hub.ledger.postgres.journal`), so that old bodies are dropped and not deleted."""

JOURNAL_KEPT: Final = Table(
    "journal_kept",
    METADATA,
    Column("message_seq", _BIG, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    info=SHARED,
)
"""Bytes behind bills, moved here from a day that was dropped: they live as long as the bill."""

REFUSED: Final = Table(
    "refused",
    METADATA,
    Column("seq", _BIG, primary_key=True, autoincrement=True),
    Column("unit", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("at", String(35), nullable=False),
    Column("fault", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("refused_once", text("sha256(sealed)"), unique=True, info=SHARED),
    partial("refused_bodies", "seq", where="length(sealed) > 32"),
)
"""What was refused, with its bytes, in a place of its own. No two are sealed alike, so one that a broker brings twice
is known by its ciphertext. When the bytes' time is over, a hash of 32 bytes is left in their place."""

TALLY: Final = Table(
    "tally",
    METADATA,
    Column("unit", String(64), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("place", String(10), primary_key=True),
    Column("count", _BIG, nullable=False),
)
"""Messages per source and place, counted in the transaction that took them."""

EVENT: Final = Table(
    "event",
    METADATA,
    Column("message_seq", _BIG, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""The sealed whole of each event, by its place in its message; what flow needs of it lies open in its case."""

CASE: Final = Table(
    "matter",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("unit", String(64), nullable=False),
    Column("status", String(10), nullable=False),
    Column("fault", Text),
    Column("surplus", _BIG, nullable=False, server_default="0"),
    Column("facts", LargeBinary, nullable=False),
    Column("bills", Text, nullable=False),
    Column("into", String(32), nullable=False, server_default=""),
    Column("updated_at", String(35), nullable=False),
    Index("matter_status", "unit", "status"),
    partial("matter_parked", "updated_at", where="status = 'parked'"),
)
"""A case (收费事项): its facts, no persons. `into` forwards a merged one. `case` is a word of SQL, hence the name."""

KEY: Final = Table(
    "key",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("case_id", String(32), nullable=False),
    sqlite_with_rowid=False,
)
"""unit, kind and value of a business key, joined by US (0x1F), and the case it leads to."""

DUE: Final = "status = 'due' AND issue = 'on_payment' AND starved IS NULL"
"""What an issuer may take."""

BILL: Final = Table(
    "bill",
    METADATA,
    Column("seq", _BIG, primary_key=True, autoincrement=False),
    Column("id", String(32), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("case_id", String(32), nullable=False),
    Column("source", String(64), nullable=False),
    Column("bill", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("face", String(4), nullable=False),
    Column("charge_no", Text, nullable=False),
    Column("charge_event", String(32), nullable=False),
    Column("digest", String(16), nullable=False),
    Column("part", Integer, nullable=False),
    Column("first_item", Integer, nullable=False),
    Column("last_item", Integer, nullable=False),
    Column("receipt", String(8), nullable=False),
    Column("total", _BIG, nullable=False),
    Column("insured", _BIG, nullable=False),
    Column("allocations", Text, nullable=False),
    Column("payment_events", Text, nullable=False),
    Column("visit_events", Text, nullable=False),
    Column("due_at", String(35), nullable=False),
    Column("reverses", String(32), nullable=False),
    Column("replaces", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("holds", Text, nullable=False),
    Column("issue", String(10), nullable=False),
    Column("before", String(16), nullable=False, server_default=""),
    Column("bill_code", String(8)),
    Column("bill_number", String(10)),
    Column("check_code", String(6)),
    Column("issued_at", String(35)),
    Column("fault", Text),
    Column("history", Text, nullable=False, server_default=""),
    Column("change", _BIG, nullable=False, server_default="0"),
    Column("lease_owner", String(64), info=SHARED),
    Column("lease_until", _MOMENT, info=SHARED),
    Column("starved", String(8), info=SHARED),
    Index("bill_id", "id", unique=True),
    Index("bill_number", "bill_code", "bill_number", unique=True),
    Index("bill_status", "unit", "status"),
    Index("bill_change", "change"),
    Index("bill_due", "due_at", "seq", postgresql_where=text(DUE), info=SHARED),
    Index("bill_due_unit", "unit", "due_at", "seq", postgresql_where=text(DUE), info=SHARED),
    Index("bill_starved", "unit", "starved", postgresql_where=text("starved IS NOT NULL"), info=SHARED),
    Index("bill_issued", "issued_at", info=SHARED),
    partial("bill_reverses", "reverses", where="reverses <> ''"),
    partial("bill_replaces", "replaces", where="replaces <> ''"),
)
"""A bill, blue or red. `change` is the sequence insurers page by; 0 until it is issued. `lease_*`: the issuer that has
it, or, without an owner, how long it rests. `starved`: the bill code it waits for numbers of, or
`paused`."""

DOCUMENT: Final = Table(
    "document",
    METADATA,
    Column("bill_seq", _BIG, primary_key=True, autoincrement=False),
    Column("json", LargeBinary, nullable=False),
    Column("xml", LargeBinary, nullable=False),
)
"""The bill's documents, sealed: `json` (canonical) and `xml` (signed, byte for byte)."""

SEARCH: Final = Table(
    "search",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("bill_seq", _BIG, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Keyed hashes of id number, phone, name and name prefix → bills."""

SEARCH_NEW: Final = Table(
    "search_new",
    METADATA,
    Column("seq", _BIG, primary_key=True, autoincrement=True),
    Column("hash", LargeBinary, nullable=False),
    Column("bill_seq", _BIG, nullable=False),
)
"""The newest hashes, not sorted into `search` yet: that is done while nothing else is to do."""

SEGMENT: Final = Table(
    "segment",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("unit", String(64), nullable=False),
    Column("code", String(8), nullable=False),
    Column("first", _BIG, nullable=False),
    Column("last", _BIG, nullable=False),
    Column("next", _BIG, nullable=False),
    Column("received_at", String(35), nullable=False),
    Index("segment_code", "unit", "code"),
)
"""号段: numbers first..last of a bill code; `next` is the first free one."""

NUMBER_BLOCK: Final = Table(
    "number_block",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("unit", String(64), nullable=False),
    Column("code", String(8), nullable=False),
    Column("first", _BIG, nullable=False),
    Column("last", _BIG, nullable=False),
    Column("next", _BIG, nullable=False),
    Column("lease_owner", String(64), nullable=False),
    Column("lease_until", _MOMENT, nullable=False),
    Column("epoch", Integer, nullable=False, server_default="1"),
    Index("number_block_code", "unit", "code", "first", info=SHARED),
    info=SHARED,
)
"""Numbers first..last of a segment, leased to one issuer; `next` is the first it has not reserved. A used-up block goes
away; one whose lease ran out is taken over with what is left of it."""

STOCK: Final = Table(
    "stock",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("region", String(6), nullable=False),
    Column("code", String(8), nullable=False),
    Column("first", _BIG, nullable=False),
    Column("last", _BIG, nullable=False),
    Column("next", _BIG, nullable=False),
    Column("received_at", String(35), nullable=False),
    Index("stock_region", "region", "code"),
)
"""Numbers first..last of a bill code that a region holds to hand down (号段下发); what lies before `next`
is with others."""

ALLOTMENT: Final = Table(
    "allotment",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("stock_id", _BIG, nullable=False),
    Column("code", String(8), nullable=False),
    Column("first", _BIG, nullable=False),
    Column("last", _BIG, nullable=False),
    Column("region", String(6), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("at", String(35), nullable=False),
    Column("actor", Text, nullable=False),
    Index("allotment_stock", "stock_id"),
)
"""Each handing down: out of which stock, which numbers, to which region or, where `unit` is not empty, to which unit.
A segment or a stock of the same numbers was made in the same transaction."""

PAUSE: Final = Table(
    "pause",
    METADATA,
    Column("unit", String(64), primary_key=True),
    Column("at", String(35), nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("doors", Integer, nullable=False, server_default="0"),
)
"""Units of which nothing is issued just now; with `doors`, nothing is taken in either."""

VOID_NUMBER: Final = Table(
    "void_number",
    METADATA,
    Column("code", String(8), primary_key=True),
    Column("number", String(10), primary_key=True),
    Column("unit", String(64), nullable=False),
    Column("bill_id", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", String(35), nullable=False),
)
"""Numbers given up without a bill: the turn of the year, a withdrawn bill."""

EPOCH: Final = Table(
    "epoch",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("opened_at", String(35), nullable=False),
    Column("state", String(8), nullable=False),
    Column("source", Text, nullable=False),
    Column("behind", _BIG, nullable=False),
    Column("ahead", _BIG, nullable=False),
    Column("steps", Text, nullable=False, server_default="{}"),
    Column("released_at", String(35)),
)
"""Lives of a ledger: the first has no row, each restore opens one. `state`: held (nothing is issued), open. `behind`:
the change sequence as it was restored; `ahead`: no place up to it is given again, since insurers may have seen it."""

QUARANTINE: Final = Table(
    "quarantine",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("epoch", Integer, nullable=False),
    Column("unit", String(64), nullable=False),
    Column("code", String(8), nullable=False),
    Column("first", _BIG, nullable=False),
    Column("last", _BIG, nullable=False),
    Index("quarantine_code", "code", "first"),
)
"""Numbers first..last that may stand on bills a restored ledger does not know. They are never given to another bill;
each becomes used when its bill is found, or void by a person's word."""

FOUND: Final = Table(
    "found",
    METADATA,
    Column("code", String(8), primary_key=True),
    Column("number", String(10), primary_key=True),
    Column("unit", String(64), nullable=False),
    Column("at", String(35), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""Signed bills the fiscal platform has and this ledger has no case for, yet: their XML, sealed. A bill that becomes due
over the same charge takes the number and these bytes instead of new ones."""

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("unit", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("payload", Text, nullable=False),
    Column("due_at", String(35), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("fault", Text),
    Column("lease_owner", String(64), info=SHARED),
    Column("lease_until", _MOMENT, info=SHARED),
    Index("outbox_due", "kind", "due_at"),
    Index("outbox_subject", "kind", "subject", unique=True),
)
"""Effects on their way out: `confirm` a bill at the platform, `ask` a channel about a payment."""

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("seq", _BIG, primary_key=True, autoincrement=True),
    Column("at", String(35), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Who looked at, or changed, what, and why."""


def on_both(table: Table) -> list[Column[Any]]:
    """A table's columns that exist on either database."""
    return [column for column in table.columns if not column.info]
