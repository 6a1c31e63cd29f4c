"""Number accounting (核销): every number of every segment in one place.

used + void + reserved + leased + quarantined + free = the segment, always. `leased` is what issuers of a cluster hold
in blocks; the embedded ledger has one writer and leases none. `quarantined` is what a restore keeps back.
A region issues nothing: what it received is free or handed down, and what is handed down is somebody's segment, or the
stock of a region below, number by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, case, exists, func, select

from hub.ledger import schema
from hub.ledger.area import Area
from hub.ledger.rows import VISIBLE

STATES: Final = ("used", "void", "reserved", "leased", "quarantined", "free", "handed_down")
"""Where a number can be; they add up to what was received."""


def account(look: Connection, area: Area | None = None) -> list[dict[str, Any]]:
    """Every segment's accounting, in the outer shape."""
    segment = schema.SEGMENT
    question = select(segment).order_by(segment.c.unit, segment.c.code, segment.c.first)
    if area is not None:
        question = question.where(segment.c.unit.in_(sorted(area.units)))
    return [_one(look, row.unit, row.code, row.first, row.last, row.next) for row in look.execute(question).all()]


def account_stock(look: Connection, area: Area | None = None) -> list[dict[str, Any]]:
    """What each region holds and has handed down: {region, code, from, to, received, handed_down, free, balanced}."""
    stock, given = schema.STOCK, schema.ALLOTMENT
    size = given.c.last - given.c.first + 1
    arrived = exists().where(
        schema.SEGMENT.c.unit == given.c.unit,
        schema.SEGMENT.c.code == given.c.code,
        schema.SEGMENT.c.first == given.c.first,
        schema.SEGMENT.c.last == given.c.last,
    ) | exists().where(
        given.c.unit == "",
        stock.c.region == given.c.region,
        stock.c.code == given.c.code,
        stock.c.first == given.c.first,
        stock.c.last == given.c.last,
    )
    sums = {
        row.stock_id: (int(row.given), int(row.arrived))
        for row in look.execute(
            select(
                given.c.stock_id,
                func.sum(size).label("given"),
                func.sum(case((arrived, size), else_=0)).label("arrived"),
            ).group_by(given.c.stock_id)
        )
    }
    question = select(stock).order_by(stock.c.region, stock.c.code, stock.c.first)
    if area is not None:
        question = question.where(stock.c.region.in_(sorted(area.regions)))
    return [_stock(row, _kept_back(look, row), *sums.get(row.id, (0, 0))) for row in look.execute(question).all()]


def _kept_back(look: Connection, row: Row[Any]) -> int:
    """Of a region's own stock: what a restore keeps back, and what of that was voided since."""
    kept, void = schema.QUARANTINE, schema.VOID_NUMBER
    left = func.coalesce(func.sum(kept.c.last - kept.c.first + 1), 0)
    still = look.scalar(
        select(left).where(
            kept.c.unit == row.region, kept.c.code == row.code, kept.c.first.between(row.first, row.last)
        )
    )
    gone = look.scalar(
        select(func.count()).where(
            void.c.unit == row.region,
            void.c.code == row.code,
            void.c.number >= f"{row.first:010d}",
            void.c.number <= f"{row.last:010d}",
        )
    )
    return int(still or 0) + int(gone or 0)


def _stock(row: Row[Any], kept_back: int, given: int, arrived: int) -> dict[str, Any]:
    received, free = row.last - row.first + 1, row.last - row.next + 1
    return {
        "region": row.region,
        "code": row.code,
        "from": f"{row.first:010d}",
        "to": f"{row.last:010d}",
        "received": received,
        "handed_down": given,
        "quarantined": kept_back,
        "free": free,
        "balanced": given == arrived and given + kept_back + free == received,
    }


def account_tree(look: Connection, above: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each region's and each unit's part of each bill code, itself and everything below it taken together.

    `above` says of each unit and region what stands right above it. A node: {node, above, code, received, used,
    void, reserved, leased, quarantined, free, handed_down, balanced}. `received` came from outside the node;
    `handed_down` went out of it, which a tree that was changed later can make happen. So a region's used, void,
    reserved and leased are the sums of those right below it.
    """
    nodes: dict[tuple[str, str], dict[str, Any]] = {}

    def upwards(node: str) -> Iterator[str]:
        while node:
            yield node
            node = above.get(node, "")

    def book(node: str, code: str) -> dict[str, Any]:
        start = {"node": node, "above": above.get(node, ""), "code": code, "received": 0} | dict.fromkeys(STATES, 0)
        return nodes.setdefault((node, code), start)

    for row in account(look):
        size = int(row["to"]) - int(row["from"]) + 1
        for node in upwards(row["unit"]):
            made = book(node, row["code"])
            made["received"] += size
            for state in STATES[:-1]:
                made[state] += row[state]
    for row in account_stock(look):
        for node in upwards(row["region"]):
            made = book(node, row["code"])
            made["received"] += row["received"]
            made["free"] += row["free"]
            made["quarantined"] += row["quarantined"]
    _take_off_what_stayed_inside(look, nodes, upwards)
    for made in nodes.values():
        made["balanced"] = sum(made[state] for state in STATES) == made["received"]
    return [nodes[key] for key in sorted(nodes)]


def _take_off_what_stayed_inside(
    look: Connection, nodes: Mapping[tuple[str, str], dict[str, Any]], upwards: Callable[[str], Iterator[str]]
) -> None:
    """What a node handed down within itself was received once; what left it is handed down."""
    stock, given = schema.STOCK, schema.ALLOTMENT
    question = select(stock.c.region.label("giver"), given).join(stock, stock.c.id == given.c.stock_id)
    for row in look.execute(question):
        size = row.last - row.first + 1
        inside = set(upwards(row.unit or row.region))
        for node in upwards(row.giver):
            made = nodes[node, row.code]
            if node in inside:
                made["received"] -= size
            else:
                made["handed_down"] += size


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
