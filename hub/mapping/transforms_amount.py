"""Transforms of amounts and numbers. Money becomes integer fen at once and exactly; no float is ever made."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from hub.bill.money import LIMIT, fen_from_yuan
from hub.mapping.faults import AMOUNT, NUMBER
from hub.mapping.paths import Here, Root
from hub.mapping.transform import Around, Bad, Example, InContext, plain, shape, with_argument

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(?:[eE][+-]?[0-9]{1,2})?")
"""A finite decimal as programs print it; an exponent is what some JSON writers make of 100."""

_CENTS: Final = re.compile(r"[0-9]{1,12}\.[0-9]{2}")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
_PLACES: Final = 6


@plain(Example("12.5", 1250), gives="money")
def yuan(value: str) -> int | str:
    """Reads an amount in yuan as fen, exactly."""
    text = value.strip()
    if not text:
        return ""
    if _CENTS.fullmatch(text):  # nearly every amount; needs no Decimal
        return int(text[:-3] + text[-2:])
    if not _NUMBER.fullmatch(text):
        raise Bad(AMOUNT, found=shape(value))
    try:
        return int(fen_from_yuan(text))
    except ValueError:
        raise Bad(AMOUNT, found=shape(value)) from None


@plain(Example("12.3450", 1235), gives="money")
def yuan_round(value: str) -> int | str:
    """Reads an amount in yuan of any precision as fen, half a fen and more rounded away from zero."""
    text = value.strip()
    if not text:
        return ""
    if not _NUMBER.fullmatch(text):
        raise Bad(AMOUNT, found=shape(value))
    rounded = Decimal(text).scaleb(2).to_integral_value(ROUND_HALF_UP)
    if not -LIMIT < rounded < LIMIT:
        raise Bad(AMOUNT, found=shape(value))
    return int(rounded)


@plain(Example("0100", 100), gives="money")
def fen(value: str) -> int | str:
    """Reads an amount in fen, a whole number."""
    text = value.strip()
    if not text:
        return ""
    if not _WHOLE.fullmatch(text) or not -LIMIT < int(text) < LIMIT:
        raise Bad(AMOUNT, found=shape(value))
    return int(text)


@plain(Example(1250, -1250), takes="money", gives="money")
def negate(value: int | str) -> int | str:
    """Turns the amount's sign round."""
    return value if isinstance(value, str) else -value


@plain(Example(-1250, 1250), takes="money", gives="money")
def abs_(value: int | str) -> int | str:
    """Takes the amount without its sign."""
    return value if isinstance(value, str) else abs(value)


@with_argument("when", Example(1250, -1250, {"sign": "-"}), takes="money", gives="money", in_context=True)
def credit_if(argument: dict[str, Any], around: Around) -> InContext:
    """Makes the amount a credit, −|amount|, where the condition holds."""
    if around.condition is None:
        raise ValueError("credit_if needs a message")
    holds = around.condition(argument)

    def credit(value: int | str, root: Root, here: Here, at: datetime) -> int | str:  # noqa: ARG001
        if isinstance(value, str) or not holds(root, here):
            return value
        return -abs(value)

    return credit


@plain(Example("01.500", "1.5"), gives="decimal")
def decimal(value: str) -> str:
    """Writes a number in its shortest decimal form, at most six places."""
    text = value.strip()
    if not text:
        return ""
    if not _NUMBER.fullmatch(text):
        raise Bad(NUMBER, found=shape(value))
    number = Decimal(text)
    exponent = number.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > _PLACES or number.adjusted() >= 12:
        raise Bad(NUMBER, found=shape(value))
    written = f"{number:f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if number == 0 else written.lstrip("+")
