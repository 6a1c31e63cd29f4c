"""Bodies whose time is over can be dropped by whoever tidies, and only those."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from hub.ledger.migrations import online
from hub.ledger.postgres import sync

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
serves = "0002"


def upgrade() -> None:
    """Adds functions and an index."""
    if op.get_bind().dialect.name == "postgresql":
        sync.run(op.get_bind(), Path(__file__).with_name("r0003_retention.sql").read_text("utf-8"))
    where = sa.text("length(sealed) > 32")
    online.create_index("refused_bodies", "refused", ["seq"], postgresql_where=where, sqlite_where=where)
