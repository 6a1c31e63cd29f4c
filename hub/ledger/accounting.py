"""Number accounting (核销): every number of every segment in one place.

used + void + reserved + leased + quarantined + free = the segment, always. `leased` is what issuers of a cluster hold
in blocks; the embedded ledger has one writer and leases none. `quarantined` is what a restore keeps back.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, case, func, select

from hub.ledger import schema
from hub.ledger.rows import VISIBLE


def account(look: Connection) -> list[dict[str, Any]]:
    """Every segment's accounting, in the outer shape."""
    segment = schema.SEGMENT
    rows = look.execute(select(segment).order_by(segment.c.unit, segment.c.code, segment.c.first)).all()
    return [_one(look, row.unit, row.code, row.first, row.last, row.next) for row in rows]


def _one(look: Connection, unit: str, code: str, first: int, last: int, next_: int) -> dict[str, Any]:
    low, high = f"{first:010d}", f"{last:010d}"
    bill, void_number = schema.BILL, schema.VOID_NUMBER
    used, reserved = look.execute(
        select(_count(bill.c.status.in_(sorted(VISIBLE))), _count(bill.c.status == "due")).where(
            bill.c.bill_code == code, bill.c.bill_number >= low, bill.c.bill_number <= high
        )
    ).one()
    given_up = select(func.count()).where(
        void_number.c.code == code, void_number.c.number >= low, void_number.c.number <= high
    )
    void = look.scalar(given_up) or 0
    leased = _leased(look, code, first, last)
    quarantined = _quarantined(look, code, first, last)
    free = last - next_ + 1
    return {
        "unit": unit,
        "code": code,
        "from": low,
        "to": high,
        "used": used,
        "void": void,
        "reserved": reserved,
        "leased": leased,
        "quarantined": quarantined,
        "free": free,
        "balanced": used + void + reserved + leased + quarantined + free == last - first + 1,
    }


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _leased(look: Connection, code: str, first: int, last: int) -> int:
    if look.dialect.name == "sqlite":
        return 0
    block = schema.NUMBER_BLOCK
    left = func.coalesce(func.sum(block.c.last - block.c.next + 1), 0)
    return int(look.scalar(select(left).where(block.c.code == code, block.c.first.between(first, last))) or 0)


def _quarantined(look: Connection, code: str, first: int, last: int) -> int:
    kept = schema.QUARANTINE
    left = func.coalesce(func.sum(kept.c.last - kept.c.first + 1), 0)
    return int(look.scalar(select(left).where(kept.c.code == code, kept.c.first.between(first, last))) or 0)
