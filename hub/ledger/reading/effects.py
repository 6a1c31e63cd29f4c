"""The outbox as the embedded relay looks at it; what went out, the core's process takes down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from hub.ledger import schema
from hub.ledger.reading.opened import Opened


class Effects(Opened):
    """What a decision asked the world to do, and is not done yet."""

    def outbox(self, kind: str, now: datetime, limit: int) -> list[dict[str, Any]]:
        """Effects due to go out, oldest first: {id, unit, subject, attempts, and the payload's own names}."""
        table = schema.OUTBOX
        question = (
            select(*schema.on_both(table))
            .where(table.c.kind == kind, table.c.due_at <= now.isoformat(timespec="milliseconds"))
            .order_by(table.c.due_at, table.c.id)
            .limit(limit)
        )
        with self._look() as look:
            return [
                {"id": row.id, "unit": row.unit, "subject": row.subject, "attempts": row.attempts}
                | orjson.loads(row.payload)
                for row in look.execute(question).all()
            ]
