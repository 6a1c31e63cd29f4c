"""Runs migrations on the connection `hub.ledger.migrate` hands over, all of them in its one transaction."""

from __future__ import annotations

from alembic import context

from hub.crashpoints import reach
from hub.ledger.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    on_version_apply=lambda **_: reach("migrating"),
)
context.run_migrations()
