"""Messages with their exact bytes, their events, the facts of their cases; what is parked, and what was refused."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, select

from hub.bill.event import EVENT
from hub.ledger import books, schema
from hub.ledger.aad import REFUSED, event_aad, message_aad
from hub.ledger.bodies import body_of
from hub.ledger.ids import message_of
from hub.ledger.reading.opened import LIMIT, Opened
from hub.ledger.retiring import HASHED


class Messages(Opened):
    """What senders sent, and what became of it."""

    def message(self, message_id: str) -> dict[str, Any] | None:
        """A kept message with its exact bytes: {id, unit, source, at, kind, place, fault?, case_id, body}."""
        table = schema.MESSAGE
        with self._look() as look:
            row = look.execute(select(*schema.on_both(table)).where(table.c.id == message_id)).first()
            if row is None:
                return None
            sealed = body_of(look, row.seq, row.at)
        shown: dict[str, Any] = {
            "id": row.id,
            "unit": row.unit,
            "source": row.source,
            "at": row.at,
            "kind": row.kind,
            "place": row.place,
            "case_id": row.case_id,
            "revision": row.revision,
            "repeats": row.repeats,
        }
        if row.fault:
            shown["fault"] = books.fault_json(row.fault, self.lang)
        shown["body"] = self._vault.open(row.unit, message_aad(row.fingerprint), sealed) if sealed else b""
        return shown

    def event(self, unit: str, event_id: str) -> Any:
        """An event of the canonical model, or None."""
        with self._look() as look:
            return self._event(look, unit, event_id)

    def case_facts(self, case_id: str) -> list[dict[str, Any]]:
        """The facts of a case: ids, keys and amounts, no persons."""
        with self._look() as look:
            facts = look.scalar(select(schema.CASE.c.facts).where(schema.CASE.c.id == case_id))
        return orjson.loads(facts)["facts"] if facts else []

    def parked(self, unit: str = "", limit: int = LIMIT) -> list[dict[str, Any]]:
        """Parked messages and cases, newest first."""
        with self._look() as look:
            return books.parked(look, unit, limit)

    def parked_count(self) -> int:
        """How many messages and cases wait for a person."""
        with self._look() as look:
            return books.parked_count(look)

    def refused(self, unit: str = "", limit: int = LIMIT) -> list[dict[str, Any]]:
        """What was refused, newest first: {id, unit, source, at, fault in both languages}."""
        with self._look() as look:
            return books.refused(look, unit, limit)

    def refused_message(self, id_: str) -> dict[str, Any] | None:
        """A refused message with its bytes, as far as they are kept: {id, unit, source, at, fault, body}."""
        seq = id_.removeprefix(books.REFUSED)
        if seq == id_ or not (seq.isascii() and seq.isdigit() and len(seq) < 19):
            return None
        with self._look() as look:
            row = look.execute(select(schema.REFUSED).where(schema.REFUSED.c.seq == int(seq))).first()
        if row is None:
            return None
        over = len(row.sealed) <= HASHED
        return books.refused_view(row) | {"body": b"" if over else self._vault.open(row.unit, REFUSED, row.sealed)}

    def _event(self, look: Connection, unit: str, event_id: str) -> Any:
        message_id, place = message_of(event_id)
        seq = select(schema.MESSAGE.c.seq).where(schema.MESSAGE.c.id == message_id).scalar_subquery()
        table = schema.EVENT
        sealed = look.scalar(select(table.c.sealed).where(table.c.message_seq == seq, table.c.place == place))
        return EVENT.validate_json(self._vault.open(unit, event_aad(event_id), sealed)) if sealed else None
