"""Runs migrations on the connection `hub.ledger.migrate` hands over.

On SQLite all of them in the caller's one transaction; on PostgreSQL each in one of its own, so that none holds its
locks longer than it needs.
"""

from __future__ import annotations

from typing import Any

from alembic import context

from hub.crashpoints import reach
from hub.ledger.schema import METADATA
from hub.ledger.window import marking


def applied(ctx: Any, step: Any) -> None:
    """A step is made: it says in its own transaction whose programs it serves; without a word of it, its own only."""
    serves = getattr(step.up_revision.module, "serves", step.up_revision_id)
    ctx.connection.exec_driver_sql(marking(step.up_revision_id, serves, ctx.dialect.name))
    reach("migrating")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transaction_per_migration=True,
    on_version_apply=lambda **found: applied(found["ctx"], found["step"]),
)
with context.begin_transaction():
    context.run_migrations()
