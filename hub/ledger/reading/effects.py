"""The outbox as the embedded relay looks at it; what went out, the core's process takes down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, exists, select

from hub.ledger import schema
from hub.ledger.aad import document_aad
from hub.ledger.reading.opened import Opened


class Paper(NamedTuple):
    """An issued bill on its way to the platform."""

    code: str
    number: str
    xml: bytes
    """signed by the unit"""
    change: int
    """its place in the change sequence"""
    early: bool
    """whether it reverses a bill that is not countersigned yet"""


class Effects(Opened):
    """What a decision asked the world to do, and is not done yet."""

    def outbox(self, kind: str, now: datetime, limit: int, without: Collection[str] = ()) -> list[dict[str, Any]]:
        """Effects due to go out, oldest first: {id, unit, subject, attempts, and the payload's own names}.

        None of the units `without`.
        """
        table = schema.OUTBOX
        question = (
            select(*schema.on_both(table))
            .where(table.c.kind == kind, table.c.due_at <= now.isoformat(timespec="milliseconds"))
            .where(table.c.unit.not_in(list(without)))
            .order_by(table.c.due_at, table.c.id)
            .limit(limit)
        )
        with self._look() as look:
            return [
                {"id": row.id, "unit": row.unit, "subject": row.subject, "attempts": row.attempts}
                | orjson.loads(row.payload)
                for row in look.execute(question).all()
            ]

    def papers(self, bill_ids: Sequence[str]) -> dict[str, Paper]:
        """By bill id, what goes to the platform; what is not issued, or not seen here yet, is left out."""
        bill, document, outbox = schema.BILL, schema.DOCUMENT, schema.OUTBOX
        early = exists().where(outbox.c.kind == "confirm", outbox.c.subject == bill.c.reverses)
        question = (
            select(bill.c.id, bill.c.unit, bill.c.bill_code, bill.c.bill_number, bill.c.change, document.c.xml)
            .add_columns(early.label("early"))
            .join(document, bill.c.seq == document.c.bill_seq)
            .where(bill.c.id.in_(list(bill_ids)))
        )
        with self._look() as look:
            rows = look.execute(question).all()
        return {row.id: self._paper(row) for row in rows}

    def _paper(self, row: Row[Any]) -> Paper:
        xml = self._vault.open(row.unit, document_aad(row.id, "xml"), row.xml)
        return Paper(row.bill_code, row.bill_number, xml, row.change, bool(row.early))
