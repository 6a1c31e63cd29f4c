"""Steps that a running cluster does not feel.

A migration runs while the last release's processes work, so it only adds (a table, a column with a default or none, an
index); what the last release still uses is taken away one release later. What takes long holds no lock while it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

_INVALID = """
SELECT 1 FROM pg_index i WHERE i.indexrelid = to_regclass(:name) AND NOT i.indisvalid"""


def create_index(name: str, table: str, columns: Sequence[str], **options: Any) -> None:
    """Makes an index; on PostgreSQL while others write, and anew where an earlier try was cut off in the middle.

    It ends the transaction it is called in, so it stands in a migration of its own, or last in one.
    """
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        op.create_index(name, table, list(columns), **options)
        return
    with op.get_context().autocommit_block():
        if bind.scalar(sa.text(_INVALID), {"name": name}):
            op.drop_index(name, table_name=table, postgresql_concurrently=True)
        op.create_index(name, table, list(columns), postgresql_concurrently=True, if_not_exists=True, **options)
