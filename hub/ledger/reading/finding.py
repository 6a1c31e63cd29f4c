"""Bills found by whatever key is at hand, by status, time or unit, also those that are only due or waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from hub.ledger import schema
from hub.ledger.reading.bills import BILL, BILLS, Bills
from hub.ledger.reading.keys import reached
from hub.ledger.reading.messages import Messages
from hub.ledger.reading.opened import LIMIT
from hub.ledger.reading.unissued import bill_view, half_view
from hub.ledger.rows import VISIBLE


class Finding(Bills, Messages):
    """The search of the pages and of the command line, and of those who look for a bill's id."""

    def find(
        self, keys: Sequence[str] = (), *, status: str = "", since: str = "", unit: str = "", limit: int = LIMIT
    ) -> list[dict[str, Any]]:
        """Bills in the outer shape, also those that are only due or waiting; newest first where no key is given."""
        with self._look() as look:
            question = BILLS.order_by(BILL.c.seq.desc()).limit(limit)
            cases: list[str] | None = None
            if keys:
                cases, bills = reached(look, keys, [unit] if unit else None)
                question = question.where(BILL.c.id.in_(bills))
            if status:
                question = question.where(BILL.c.status == status)
            if since:
                question = question.where(BILL.c.due_at >= since)
            if unit:
                question = question.where(BILL.c.unit == unit)
            rows = look.execute(question).all()
            found = [self._view(look, row) for row in rows]
            if status in {"", "waiting"} and (keys or status):
                done = {row.charge_no for row in rows if row.status != "void"}
                found += self._waiting(look, cases, unit, since, done, limit - len(found))
            return found

    def issued(
        self, keys: Sequence[str] = (), limit: int = 1_000_000, units: Sequence[str] | None = None
    ) -> Iterator[tuple[str, str, str]]:
        """(id, bill code, bill number) of issued bills, all or by key; of some units, or of any."""
        question = select(BILL.c.id, BILL.c.bill_code, BILL.c.bill_number).where(BILL.c.status.in_(list(VISIBLE)))
        if units is not None:
            question = question.where(BILL.c.unit.in_(list(units)))
        with self._look() as look:
            if keys:
                question = question.where(BILL.c.id.in_(reached(look, keys, units)[1]))
            rows = look.execute(question.order_by(BILL.c.issued_at, BILL.c.id).limit(limit)).all()
        for row in rows:
            yield row.id, row.bill_code, row.bill_number

    def _view(self, look: Connection, row: Row[Any]) -> dict[str, Any]:
        bill = self._bill(look, row)
        if bill is not None:
            return orjson.loads(bill.to_json())  # type: ignore[no-any-return]
        return bill_view(row, self._event(look, row.unit, row.charge_event), self.lang)

    def _waiting(
        self, look: Connection, cases: list[str] | None, unit: str, since: str, done: set[str], limit: int
    ) -> list[dict[str, Any]]:
        """Charges whose money is missing, and money whose charge is missing; not of the charge numbers in `done`."""
        table = schema.CASE
        newest = table.c.updated_at.desc(), table.c.id
        question = select(table).where(table.c.status.in_(["waiting", "parked"])).order_by(*newest)
        if cases is not None:
            question = question.where(table.c.id.in_(cases))
        if unit:
            question = question.where(table.c.unit == unit)
        if since:
            question = question.where(table.c.updated_at >= since)
        found: list[dict[str, Any]] = []
        for case in look.execute(question.limit(max(limit, 0))).all():
            facts = orjson.loads(case.facts)["facts"]
            charges = [fact for fact in facts if fact["kind"] == "charge" and fact["charge_no"] not in done]
            for fact in charges or [fact for fact in facts if fact["kind"] == "payment" and not done]:
                event = self._event(look, case.unit, fact["id"])
                found.append(half_view(case, fact, event, self.lang))
        return found
