"""Numbers in a new epoch: which are kept back, which turn out to be used, which may be given again.

A restored ledger cannot know how far its segments were used since the backup. So all that was free to it is kept back
first. Once the archive was read, what lies further than `MARGIN` numbers behind the last known bill of a code, in
segments that nobody had begun, is given free: the archive is never that far behind without an alarm.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from hub.ledger import schema
from hub.ledger.epochs.faults import NOT_QUARANTINED

MARGIN: Final = 1000

_SEGMENT, _KEPT, _BILL = schema.SEGMENT, schema.QUARANTINE, schema.BILL


def keep_back(c: Connection, epoch: int) -> int:
    """Keeps back every number that could be given: of segments, of blocks, reserved ones. Returns how many."""
    left = c.execute(select(_SEGMENT).where(_SEGMENT.c.next <= _SEGMENT.c.last)).all()
    ranges: list[tuple[str, str, int, int]] = [(row.unit, row.code, row.next, row.last) for row in left]
    c.execute(update(_SEGMENT).values(next=_SEGMENT.c.last + 1))
    # what a region handed down after the backup is not known here: none of its stock may be handed down twice
    stock = schema.STOCK
    ranges += [
        (row.region, row.code, row.next, row.last)
        for row in c.execute(select(stock).where(stock.c.next <= stock.c.last)).all()
    ]
    c.execute(update(stock).values(next=stock.c.last + 1))
    if c.dialect.name != "sqlite":
        block = schema.NUMBER_BLOCK
        ranges += [(row.unit, row.code, row.next, row.last) for row in c.execute(select(block)).all()]
        c.execute(delete(block))
    due = _BILL.c.status == "due"
    numbered = select(_BILL.c.unit, _BILL.c.bill_code, _BILL.c.bill_number).where(due, _BILL.c.bill_number.is_not(None))
    ranges += [(row.unit, row.bill_code, int(row.bill_number), int(row.bill_number)) for row in c.execute(numbered)]
    free_of: dict[str, None] = dict.fromkeys(("bill_code", "bill_number"))
    if c.dialect.name != "sqlite":
        free_of |= dict.fromkeys(("lease_owner", "lease_until", "starved"))
    c.execute(update(_BILL).where(due).values(free_of))
    for unit, code, first, last in _joined(ranges):
        c.execute(insert(_KEPT).values(epoch=epoch, unit=unit, code=code, first=first, last=last))
    return sum(last - first + 1 for _unit, _code, first, last in ranges)


def _joined(ranges: list[tuple[str, str, int, int]]) -> list[tuple[str, str, int, int]]:
    """Neighbours as one range; but none across the beginning of a segment that nobody had begun: see `give_free`."""
    made: list[tuple[str, str, int, int]] = []
    for unit, code, first, last in sorted(ranges):
        if made and made[-1][:2] == (unit, code) and made[-1][3] == first - 1 and first == last:
            made[-1] = (unit, code, made[-1][2], last)
        else:
            made.append((unit, code, first, last))
    return made


def use(c: Connection, unit: str, code: str, number: str, opened_at: str) -> None:
    """A number turned out to be on a bill; where no segment holds it, one is made of it: it has to be accounted for."""
    n = int(number)
    if _take_out(c, code, n, n):
        return
    here = select(_SEGMENT.c.id).where(_SEGMENT.c.code == code, _SEGMENT.c.first <= n, _SEGMENT.c.last >= n)
    if c.execute(here.limit(1)).first() is not None:
        return
    grown = c.execute(
        update(_SEGMENT)
        .where(_SEGMENT.c.unit == unit, _SEGMENT.c.code == code, _SEGMENT.c.last == n - 1)
        .where(_SEGMENT.c.received_at == opened_at)
        .values(last=n, next=n + 1)
    )
    if not grown.rowcount:
        c.execute(insert(_SEGMENT).values(unit=unit, code=code, first=n, last=n, next=n + 1, received_at=opened_at))


def _take_out(c: Connection, code: str, first: int, last: int) -> bool:
    """Takes first..last out of the one range that holds them all."""
    row = c.execute(select(_KEPT).where(_KEPT.c.code == code, _KEPT.c.first <= first, _KEPT.c.last >= last)).first()
    if row is None:
        return False
    c.execute(delete(_KEPT).where(_KEPT.c.id == row.id))
    for low, high in ((row.first, first - 1), (last + 1, row.last)):
        if low <= high:
            c.execute(insert(_KEPT).values(epoch=row.epoch, unit=row.unit, code=code, first=low, last=high))
    return True


def void(c: Connection, code: str, first: int, last: int, reason: str, at: str) -> int:
    """Gives quarantined numbers up for good: accounting found that no bill bears them.

    Raises:
        Reject: some of them are not quarantined.
    """
    left = first
    while left <= last:
        row = c.execute(select(_KEPT).where(_KEPT.c.code == code, _KEPT.c.first <= left, _KEPT.c.last >= left)).first()
        if row is None:
            raise NOT_QUARANTINED(code, found=f"{code} {first:010d}-{last:010d}")
        until = min(last, row.last)
        _take_out(c, code, left, until)
        rows = [
            {"code": code, "number": f"{n:010d}", "unit": row.unit, "bill_id": "", "reason": reason, "at": at}
            for n in range(left, until + 1)
        ]
        c.execute(insert(schema.VOID_NUMBER), rows)
        left = until + 1
    return last - first + 1


def give_free(c: Connection, epoch: int) -> int:
    """Lets segments be used that nobody had begun, from `MARGIN` numbers behind the last known bill on; how many."""
    freed = 0
    tails: dict[tuple[str, str], int] = {}
    for row in c.execute(select(_SEGMENT).order_by(_SEGMENT.c.id)).all():
        where = (row.unit, row.code)
        whole = _KEPT.c.code == row.code, _KEPT.c.first == row.first, _KEPT.c.last == row.last
        kept = c.execute(select(_KEPT.c.id).where(*whole, _KEPT.c.epoch == epoch)).scalar()
        size = row.last - row.first + 1
        if kept is None:  # begun: what is left behind its last known number
            newest = c.scalar(
                select(func.max(_BILL.c.bill_number)).where(
                    _BILL.c.bill_code == row.code,
                    _BILL.c.bill_number >= f"{row.first:010d}",
                    _BILL.c.bill_number <= f"{row.last:010d}",
                )
            )
            if newest is not None:
                tails[where] = row.last - int(newest)
            continue
        keep = min(size, max(0, MARGIN - tails.get(where, 0)))
        tails[where] = tails.get(where, 0) + keep
        if keep == size:
            continue
        change = update(_KEPT).where(_KEPT.c.id == kept).values(last=row.first + keep - 1)
        c.execute(change if keep else delete(_KEPT).where(_KEPT.c.id == kept))
        c.execute(update(_SEGMENT).where(_SEGMENT.c.id == row.id).values(next=row.first + keep))
        freed += size - keep
    return freed
