"""Bills by id or in the order of their changes, as issued, with the status, history and relations of today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Column, Connection, Row, Select, literal_column, select

from hub.bill.bill import Bill, Related, Step
from hub.ledger import schema
from hub.ledger.aad import document_aad
from hub.ledger.reading.opened import Opened

BILL: Final = schema.BILL
BILLS: Final[Select[Any]] = select(*schema.on_both(BILL))


class Bills(Opened):
    """Bills that have a document, and what of a bill is asked by its id."""

    def by_id(self, ids: Sequence[str]) -> dict[str, Bill]:
        """Issued bills among these ids."""
        with self._look() as look:
            rows = look.execute(BILLS.where(BILL.c.id.in_(list(ids)))).all()
            return {row.id: bill for row in rows if (bill := self._bill(look, row)) is not None}

    def changes(self, after: int, limit: int, units: Sequence[str], statuses: Iterable[str]) -> list[tuple[int, Bill]]:
        """Bills by change sequence, oldest change first."""
        question = (
            BILLS.where(BILL.c.change > after, BILL.c.unit.in_(list(units)), BILL.c.status.in_(list(statuses)))
            .order_by(BILL.c.change)
            .limit(limit)
        )
        with self._look() as look:
            return [(row.change, bill) for row in look.execute(question).all() if (bill := self._bill(look, row))]

    def document(self, bill_id: str, form: str) -> bytes | None:
        """An issued bill's document: `json` or `xml`."""
        table = schema.DOCUMENT
        question = (
            select(BILL.c.unit, table.c[form].label("sealed"))
            .join(BILL, BILL.c.seq == table.c.bill_seq)
            .where(BILL.c.id == bill_id)
        )
        with self._look() as look:
            row = look.execute(question).first()
        return self._vault.open(row.unit, document_aad(bill_id, form), row.sealed) if row else None

    def _bill(self, look: Connection, row: Row[Any]) -> Bill | None:
        """The issued bill behind a row of `BILLS`, or None where it has no document yet."""
        table = schema.DOCUMENT
        sealed = look.scalar(select(table.c.json).where(table.c.bill_seq == row.seq))
        if sealed is None:
            return None
        bill = Bill.model_validate_json(self._vault.open(row.unit, document_aad(row.id, "json"), sealed))
        related = [*bill.related, *_later_bills(look, row.id)]
        return bill.model_copy(
            update={"status": row.status, "history": history(row.history), "related": tuple(related)}
        )


def history(text: str) -> tuple[Step, ...]:
    """A bill's steps, from its column; the first, out of nothing, is none."""
    return tuple(Step.model_validate(step) for step in orjson.loads(f"[{text.rstrip(',')}]") if step["from"] != "")


def _later_bills(look: Connection, bill_id: str) -> Iterator[Related]:
    """The bills that answered this one: its red bill, and the blue one in its place."""
    answers: tuple[tuple[Column[str], Literal["reversed_by", "replaced_by"]], ...] = (
        (BILL.c.reverses, "reversed_by"),
        (BILL.c.replaces, "replaced_by"),
    )
    for column, relation in answers:
        question = select(BILL.c.bill_code, BILL.c.bill_number).where(
            column == bill_id, column != literal_column("''"), BILL.c.issued_at.is_not(None)
        )
        for row in look.execute(question).all():
            yield Related(relation=relation, bill_code=row.bill_code, bill_number=row.bill_number)
