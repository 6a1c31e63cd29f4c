"""On PostgreSQL, shapes in which a batch hands over the rows it inserts: a table's name and `_in`.

An array of rows costs its sender and the database a third of what an array for each column does (benchmarks.rows). A
shape is not the table's own row: a column added later would break the releases that do not know it. Who needs another
shape makes another type, and takes the old one away a release later.
"""

from __future__ import annotations

from typing import Final

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
serves = "0004"

SHAPES: Final = (
    """message_in AS (id text, unit text, source text, at text, kind text, identity text, fingerprint bytea, place text,
    fault text, case_id text, revision text)""",
    "journal_in AS (message_seq bigint, day text, sealed bytea)",
    "event_in AS (message_seq bigint, place int, kind text, sealed bytea)",
    "key_in AS (key text, case_id text)",
    """matter_in AS (id text, unit text, status text, fault text, surplus bigint, facts bytea, bills text)""",
    """bill_in AS (id text, unit text, case_id text, source text, bill text, status text, face text, charge_no text,
    charge_event text, digest text, part int, first_item int, last_item int, receipt text, total bigint, insured bigint,
    allocations text, payment_events text, visit_events text, due_at text, reverses text, replaces text, reason text,
    holds text, issue text, bill_code text, bill_number text, history text)""",
    "document_in AS (bill_seq bigint, json bytea, xml bytea)",
    "search_new_in AS (hash bytea, bill_seq bigint)",
)


def upgrade() -> None:
    """Adds types."""
    if op.get_bind().dialect.name == "postgresql":
        for shape in SHAPES:
            op.execute(f"CREATE TYPE {shape}")
