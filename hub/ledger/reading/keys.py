"""Where a key leads that a person or a program has at hand: to whole cases, and to bills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson
from sqlalchemy import Connection, and_, or_, select, tuple_

from hub.ledger import schema
from hub.ledger.rows import key_id, trade_range

KEY_KINDS: Final = ("charge", "pay", "order", "visit")
"""Kinds of keys that lead to a whole case, beside trade numbers; a bill number leads to its bill alone."""
UNITS_AT_ONCE: Final = 200
"""Units whose keys one question looks for."""


def reached(look: Connection, keys: Sequence[str], units: Sequence[str] | None = None) -> tuple[list[str], list[str]]:
    """(cases, bills) by id, the cases' bills among them; of some units, or of any.

    A key is one of a case's, a message's or a bill's id, a bill number, or a bill code, a dash and the number. An id of
    no bill may be among the bills.
    """
    if units is None:
        units = look.scalars(select(schema.TALLY.c.unit).distinct()).all()
    table = schema.KEY
    cases: list[str] = []
    for start in range(0, len(units), UNITS_AT_ONCE):
        some = units[start : start + UNITS_AT_ONCE]
        wanted = [key_id(unit, kind, key) for unit in some for kind in KEY_KINDS for key in keys]
        ranges = [trade_range(unit, key) for unit in some for key in keys]
        trades = [and_(table.c.key >= first, table.c.key <= last) for first, last in ranges]
        cases += look.scalars(select(table.c.case_id).where(or_(table.c.key.in_(wanted), *trades)))
    messages = select(schema.MESSAGE.c.case_id).where(schema.MESSAGE.c.id.in_(list(keys)))
    cases += [case_id for case_id in look.scalars(messages) if case_id]
    cases = _forwarded(look, cases)
    return cases, [*keys, *_numbered(look, keys), *_bills_of(look, cases)]


def _forwarded(look: Connection, cases: list[str]) -> list[str]:
    """These cases, and those they were merged into."""
    known = set(cases)
    while cases:
        into = select(schema.CASE.c.into).where(schema.CASE.c.id.in_(cases), schema.CASE.c.into != "")
        cases = [case_id for case_id in look.scalars(into) if case_id not in known]
        known.update(cases)
    return list(known)


def _numbered(look: Connection, keys: Sequence[str]) -> list[str]:
    """Bills by code-number, or by a number alone, of whatever code."""
    bill = schema.BILL
    codes = look.scalars(select(schema.SEGMENT.c.code).distinct()).all()
    pairs = [(code, key) for key in keys if "-" not in key for code in codes]
    pairs += [(key.partition("-")[0], key.partition("-")[2]) for key in keys if "-" in key]
    return list(look.scalars(select(bill.c.id).where(tuple_(bill.c.bill_code, bill.c.bill_number).in_(pairs))))


def _bills_of(look: Connection, cases: list[str]) -> list[str]:
    held = look.scalars(select(schema.CASE.c.bills).where(schema.CASE.c.id.in_(cases)))
    return [bill_id for bills in held for bill_id in orjson.loads(bills)]
