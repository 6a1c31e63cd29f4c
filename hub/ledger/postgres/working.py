"""Gathers what an issuer needs to compose and sign bills, two questions for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hub.ledger.postgres.pool import Connection
from hub.ledger.records import BillDraft, Work
from hub.ledger.working import Earlier, messages_behind, work_of

_EVENTS: Final = """
SELECT m.id || '-' || e.place, e.sealed FROM message m JOIN event e ON e.message_seq = m.seq
WHERE m.id = ANY($1::text[])"""
_BILLS: Final = """
SELECT b.id, b.bill_code, b.bill_number, d.json FROM bill b LEFT JOIN document d ON d.bill_seq = b.seq
WHERE b.id = ANY($1::text[])"""


async def work_for(connection: Connection, bills: Sequence[BillDraft]) -> list[Work]:
    """The work behind due bills whose numbers are reserved, in their order."""
    if not bills:
        return []
    sealed: dict[str, bytes] = dict(await connection.fetch(_EVENTS, list(messages_behind(bills))))
    answered = [id_ for bill in bills for id_ in (bill.reverses, bill.replaces) if id_]
    earlier: dict[str, Earlier] = {}
    if answered:
        earlier = {id_: (code, number, json) for id_, code, number, json in await connection.fetch(_BILLS, answered)}
    return [work_of(bill, sealed, earlier.get(bill.reverses), earlier.get(bill.replaces)) for bill in bills]
