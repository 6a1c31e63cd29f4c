"""Judging the lines: items against the total, quantity × standard against the amount, details against their items.

A line's amount is the truth; quantity and standard explain it and may have been rounded (domain: hospitals 1.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal

from hub.bill import faults
from hub.bill.codes import items_max
from hub.bill.line import Detail, Item

Found = tuple[str, Literal["warn", "refuse"], str]
"""Fault code, level, canonical name."""

_TENS: Final[tuple[int, ...]] = tuple(10**places for places in range(13))


def items_found(items: tuple[Item, ...], total: int, kind: str | None = None) -> list[Found]:
    """What is wrong with the face: its sum, its lines, its length for that kind of bill."""
    found: list[Found] = []
    added = 0
    for index, item in enumerate(items):
        amount = int(item.amount_fen)
        added += amount
        if item.quantity is not None and item.std is not None and line_is_off(item.quantity, item.std, amount):
            found.append((faults.LINE_AMOUNT.code, "warn", f"items[{index}].amount_fen"))
    if added != total:
        found.append((faults.ITEMS_SUM.code, "refuse", "total_fen"))
    most = items_max(kind)
    if most is not None and len(items) > most:
        found.append((faults.TOO_MANY_ITEMS.code, "warn", "items"))
    return found


def details_found(items: tuple[Item, ...], details: tuple[Detail, ...]) -> Iterator[Found]:
    """What is wrong with the 清单. Items of one code are taken together; an item without details is fine."""
    sums: dict[str, int] = {}
    for index, detail in enumerate(details):
        amount = int(detail.amount_fen)
        sums[detail.item_code] = sums.get(detail.item_code, 0) + amount
        if (
            detail.quantity is not None
            and detail.price is not None
            and line_is_off(detail.quantity, detail.price, amount)
        ):
            yield faults.LINE_AMOUNT.code, "warn", f"details[{index}].amount_fen"
    faces: dict[str, int] = {}
    for item in items:
        faces[item.code] = faces.get(item.code, 0) + int(item.amount_fen)
    for code, added in sums.items():
        if code not in faces:
            index = next(at for at, detail in enumerate(details) if detail.item_code == code)
            yield faults.DETAIL_OF_NOTHING.code, "warn", f"details[{index}].item_code"
        elif added != faces[code]:
            index = next(at for at, item in enumerate(items) if item.code == code)
            yield faults.DETAILS_SUM.code, "warn", f"items[{index}].amount_fen"


def line_is_off(quantity: str, price: str, amount: int) -> bool:
    """Whether quantity × price (decimal strings, yuan) misses the amount (fen) by more than rounding explains.

    Allowed is one fen, or, for large quantities, what half a unit of the price's last place comes to. A price with
    fewer than two places counts as rounded to the fen. Signs are not compared: a credit line may carry its minus
    anywhere.
    """
    count, count_places = _scaled(quantity)
    each, each_places = _scaled(price)
    scale = _TENS[count_places + each_places]
    missing = abs(abs(amount) * scale - count * each * 100)
    if missing <= scale:
        return False
    # half of 10^-n yuan for each unit, n ≥ 2, in fen and in the same scale
    rounding = count * 50 * _TENS[each_places] // _TENS[max(each_places, 2)]
    return missing > rounding


@lru_cache(maxsize=8192)  # prices and quantities repeat; nothing personal is in them
def _scaled(text: str) -> tuple[int, int]:
    whole, _, part = text.partition(".")
    return abs(int(whole + part)), len(part)
