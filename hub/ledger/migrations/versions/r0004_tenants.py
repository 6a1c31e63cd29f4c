"""Regions hold numbers and hand them down; units can be paused; due bills are found unit by unit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ledger.migrations import online

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
serves = "0004"  # a program that does not know of pauses would issue what is paused

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _string(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.Text(collation="C"), "postgresql")


def _text() -> sa.Text:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds three tables, and on PostgreSQL an index, which comes last; cut off before that, it is made again."""
    op.create_table(
        "stock",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("region", _string(6), nullable=False),
        sa.Column("code", _string(8), nullable=False),
        sa.Column("first", _BIG, nullable=False),
        sa.Column("last", _BIG, nullable=False),
        sa.Column("next", _BIG, nullable=False),
        sa.Column("received_at", _string(35), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("stock_region", "stock", ["region", "code"], if_not_exists=True)
    op.create_table(
        "allotment",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("stock_id", _BIG, nullable=False),
        sa.Column("code", _string(8), nullable=False),
        sa.Column("first", _BIG, nullable=False),
        sa.Column("last", _BIG, nullable=False),
        sa.Column("region", _string(6), nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("at", _string(35), nullable=False),
        sa.Column("actor", _text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("allotment_stock", "allotment", ["stock_id"], if_not_exists=True)
    op.create_table(
        "pause",
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("at", _string(35), nullable=False),
        sa.Column("actor", _text(), nullable=False),
        sa.Column("reason", _text(), nullable=False),
        sa.Column("doors", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("unit"),
        if_not_exists=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        due = sa.text("status = 'due' AND issue = 'on_payment' AND starved IS NULL")
        online.create_index("bill_due_unit", "bill", ["unit", "due_at", "seq"], postgresql_where=due)
