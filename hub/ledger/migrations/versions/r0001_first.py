"""The first schema, on either database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.ledger.postgres import sync

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
serves = "0001"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def _string(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.Text(collation="C"), "postgresql")


def _text() -> sa.Text:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Creates every table."""
    shared = op.get_bind().dialect.name == "postgresql"

    def only(*columns: sa.Column[Any]) -> tuple[sa.Column[Any], ...]:
        return columns if shared else ()

    op.create_table(
        "audit",
        sa.Column("seq", _BIG, autoincrement=True, nullable=False),
        sa.Column("at", _string(35), nullable=False),
        sa.Column("actor", _text(), nullable=False),
        sa.Column("action", _text(), nullable=False),
        sa.Column("subject", _text(), nullable=False),
        sa.Column("reason", _text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "bill",
        sa.Column("seq", _BIG, autoincrement=False, nullable=False),
        sa.Column("id", _string(32), nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("case_id", _string(32), nullable=False),
        sa.Column("source", _string(64), nullable=False),
        sa.Column("bill", _string(64), nullable=False),
        sa.Column("status", _string(16), nullable=False),
        sa.Column("face", _string(4), nullable=False),
        sa.Column("charge_no", _text(), nullable=False),
        sa.Column("charge_event", _string(32), nullable=False),
        sa.Column("digest", _string(16), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("first_item", sa.Integer(), nullable=False),
        sa.Column("last_item", sa.Integer(), nullable=False),
        sa.Column("receipt", _string(8), nullable=False),
        sa.Column("total", _BIG, nullable=False),
        sa.Column("insured", _BIG, nullable=False),
        sa.Column("allocations", _text(), nullable=False),
        sa.Column("payment_events", _text(), nullable=False),
        sa.Column("visit_events", _text(), nullable=False),
        sa.Column("due_at", _string(35), nullable=False),
        sa.Column("reverses", _string(32), nullable=False),
        sa.Column("replaces", _string(32), nullable=False),
        sa.Column("reason", _text(), nullable=False),
        sa.Column("holds", _text(), nullable=False),
        sa.Column("issue", _string(10), nullable=False),
        sa.Column("before", _string(16), server_default="", nullable=False),
        sa.Column("bill_code", _string(8), nullable=True),
        sa.Column("bill_number", _string(10), nullable=True),
        sa.Column("check_code", _string(6), nullable=True),
        sa.Column("issued_at", _string(35), nullable=True),
        sa.Column("fault", _text(), nullable=True),
        sa.Column("history", _text(), server_default="", nullable=False),
        sa.Column("change", _BIG, server_default="0", nullable=False),
        *only(
            sa.Column("lease_owner", _text(), nullable=True),
            sa.Column("lease_until", _MOMENT, nullable=True),
            sa.Column("starved", _text(), nullable=True),
        ),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("bill_change", "bill", ["change"], unique=False)
    op.create_index("bill_id", "bill", ["id"], unique=True)
    op.create_index("bill_number", "bill", ["bill_code", "bill_number"], unique=True)
    op.create_index("bill_status", "bill", ["unit", "status"], unique=False)
    op.create_table(
        "document",
        sa.Column("bill_seq", _BIG, autoincrement=False, nullable=False),
        sa.Column("json", sa.LargeBinary(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bill_seq"),
    )
    op.create_table(
        "event",
        sa.Column("message_seq", _BIG, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", _string(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_seq", "place"),
    )
    op.create_table(
        "journal",
        sa.Column("message_seq", _BIG, autoincrement=False, nullable=False),
        *only(sa.Column("day", _text(), nullable=False)),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_seq", *(["day"] if shared else [])),
        postgresql_partition_by="RANGE (day)",
    )
    op.create_table(
        "key",
        sa.Column("key", _text(), nullable=False),
        sa.Column("case_id", _string(32), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "matter",
        sa.Column("id", _string(32), nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("status", _string(10), nullable=False),
        sa.Column("fault", _text(), nullable=True),
        sa.Column("surplus", _BIG, server_default="0", nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("bills", _text(), nullable=False),
        sa.Column("into", _string(32), server_default="", nullable=False),
        sa.Column("updated_at", _string(35), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("matter_status", "matter", ["unit", "status"], unique=False)
    op.create_table(
        "message",
        sa.Column("seq", _BIG, autoincrement=False, nullable=False),
        sa.Column("id", _string(32), nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("source", _string(64), nullable=False),
        sa.Column("at", _string(35), nullable=False),
        sa.Column("kind", _string(64), nullable=False),
        sa.Column("identity", _text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("place", _string(10), nullable=False),
        sa.Column("fault", _text(), nullable=True),
        sa.Column("case_id", _string(32), nullable=False),
        sa.Column("revision", _text(), nullable=False),
        sa.Column("repeats", sa.Integer(), server_default="0", nullable=False),
        *only(sa.Column("repeated_at", _text(), nullable=True)),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("message_id", "message", ["id"], unique=True)
    op.create_table(
        "outbox",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("kind", _string(16), nullable=False),
        sa.Column("subject", _string(64), nullable=False),
        sa.Column("payload", _text(), nullable=False),
        sa.Column("due_at", _string(35), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fault", _text(), nullable=True),
        *only(
            sa.Column("lease_owner", _text(), nullable=True),
            sa.Column("lease_until", _MOMENT, nullable=True),
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_due", "outbox", ["kind", "due_at"], unique=False)
    op.create_index("outbox_subject", "outbox", ["kind", "subject"], unique=True)
    op.create_table(
        "refused",
        sa.Column("seq", _BIG, autoincrement=True, nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("source", _string(64), nullable=False),
        sa.Column("at", _string(35), nullable=False),
        sa.Column("fault", _text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "search",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("bill_seq", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "bill_seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_new",
        sa.Column("seq", _BIG, autoincrement=True, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("bill_seq", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "segment",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("code", _string(8), nullable=False),
        sa.Column("first", _BIG, nullable=False),
        sa.Column("last", _BIG, nullable=False),
        sa.Column("next", _BIG, nullable=False),
        sa.Column("received_at", _string(35), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("segment_code", "segment", ["unit", "code"], unique=False)
    op.create_table(
        "tally",
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("source", _string(64), nullable=False),
        sa.Column("place", _string(10), nullable=False),
        sa.Column("count", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("unit", "source", "place"),
    )
    op.create_table(
        "void_number",
        sa.Column("code", _string(8), nullable=False),
        sa.Column("number", _string(10), nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("bill_id", _string(32), nullable=False),
        sa.Column("reason", _text(), nullable=False),
        sa.Column("at", _string(35), nullable=False),
        sa.PrimaryKeyConstraint("code", "number"),
    )
    for name, table, column, where in (
        ("message_parked", "message", "at", "place = 'parked'"),
        ("matter_parked", "matter", "updated_at", "status = 'parked'"),
        ("bill_reverses", "bill", "reverses", "reverses <> ''"),
        ("bill_replaces", "bill", "replaces", "replaces <> ''"),
    ):
        op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    if shared:
        _shared()


def _shared() -> None:
    """What only many processes and much data need."""
    op.create_table(
        "journal_kept",
        sa.Column("message_seq", _BIG, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_seq"),
    )
    op.create_table(
        "number_block",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("unit", _text(), nullable=False),
        sa.Column("code", _text(), nullable=False),
        sa.Column("first", _BIG, nullable=False),
        sa.Column("last", _BIG, nullable=False),
        sa.Column("next", _BIG, nullable=False),
        sa.Column("lease_owner", _text(), nullable=False),
        sa.Column("lease_until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("number_block_code", "number_block", ["unit", "code", "first"])
    op.create_index("refused_once", "refused", [sa.text("sha256(sealed)")], unique=True)
    due = sa.text("status = 'due' AND issue = 'on_payment' AND starved IS NULL")
    op.create_index("bill_due", "bill", ["due_at", "seq"], postgresql_where=due)
    op.create_index("bill_starved", "bill", ["unit", "starved"], postgresql_where=sa.text("starved IS NOT NULL"))
    op.create_index("bill_issued", "bill", ["issued_at"])
    for name in ("seq_message", "seq_bill", "seq_change"):
        op.execute(sa.schema.CreateSequence(sa.Sequence(name)))
    op.execute("CREATE TABLE journal_rest PARTITION OF journal DEFAULT")
    sync.run(op.get_bind(), Path(__file__).with_name("r0001_journal.sql").read_text("utf-8"))
