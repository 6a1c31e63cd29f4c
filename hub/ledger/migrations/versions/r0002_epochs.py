"""Epochs: what a restore opens, the numbers it keeps back, the bills it finds outside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _string(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.Text(collation="C"), "postgresql")


def _text() -> sa.Text:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds three tables, and the epoch of a block of numbers."""
    op.create_table(
        "epoch",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opened_at", _string(35), nullable=False),
        sa.Column("state", _string(8), nullable=False),
        sa.Column("source", _text(), nullable=False),
        sa.Column("behind", _BIG, nullable=False),
        sa.Column("ahead", _BIG, nullable=False),
        sa.Column("steps", _text(), server_default="{}", nullable=False),
        sa.Column("released_at", _string(35), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("code", _string(8), nullable=False),
        sa.Column("first", _BIG, nullable=False),
        sa.Column("last", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("quarantine_code", "quarantine", ["code", "first"], unique=False)
    op.create_table(
        "found",
        sa.Column("code", _string(8), nullable=False),
        sa.Column("number", _string(10), nullable=False),
        sa.Column("unit", _string(64), nullable=False),
        sa.Column("at", _string(35), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("code", "number"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("number_block", sa.Column("epoch", sa.Integer(), server_default="1", nullable=False))
