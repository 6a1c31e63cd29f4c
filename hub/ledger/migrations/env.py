"""Runs migrations on the connection `hub.ledger.migrate` hands over.

On SQLite all of them in the caller's one transaction; on PostgreSQL each in one of its own, so that none holds its
locks longer than it needs.
"""

from __future__ import annotations

from alembic import context

from hub.crashpoints import reach
from hub.ledger.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transaction_per_migration=True,
    on_version_apply=lambda **_: reach("migrating"),
)
with context.begin_transaction():
    context.run_migrations()
