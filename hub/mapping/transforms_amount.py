"""Transforms of amounts and numbers. Money becomes integer fen at once and exactly; no float is ever made."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from hub.bill.money import LIMIT, fen_from_yuan
from hub.mapping.faults import AMOUNT, NUMBER
from hub.mapping.paths import Here, Root
from hub.mapping.transform import Around, BadValueError, Example, InContext, plain, shape, with_argument

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(?:[eE][+-]?[0-9]{1,2})?")
"""A finite decimal as programs print it; an exponent is what some JSON writers make of 100."""

_PLAIN_CENTS: Final = 14
"""Digits that are certainly within `LIMIT`."""
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
_PLACES: Final = 6
_PLAIN: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?")
"""A number whose shortest form only drops zeros at its end: nearly every one; needs no Decimal."""
_ONE: Final = Decimal(1)
_WIDE: Final = Context(prec=200)
"""Room for 20 digits and an exponent of 99."""


@plain(Example("12.5", 1250), gives="money")
def yuan(value: str) -> int | str:
    """Reads an amount in yuan as fen, exactly."""
    text = value.strip()
    if not text:
        return ""
    cents = text[:-3] + text[-2:]
    if text[-3:-2] == "." and len(cents) <= _PLAIN_CENTS and cents.isdigit() and cents.isascii():
        return int(cents)  # nearly every amount is written with two places
    try:
        return int(fen_from_yuan(text))
    except ValueError:
        raise BadValueError(AMOUNT, found=shape(value)) from None


@plain(Example("3.0050", 301), gives="money")
def yuan_round(value: str) -> int | str:
    """Reads an amount in yuan with parts of a fen (detail lines only) as fen, halves away from zero."""
    text = value.strip()
    if not text:
        return ""
    if not _NUMBER.fullmatch(text):
        raise BadValueError(AMOUNT, found=shape(value))
    cents = Decimal(text).scaleb(2, _WIDE).quantize(_ONE, ROUND_HALF_UP, _WIDE)
    if abs(cents) >= LIMIT:
        raise BadValueError(AMOUNT, found=shape(value))
    return int(cents)


@plain(Example("0100", 100), gives="money")
def fen(value: str) -> int | str:
    """Reads an amount in fen, a whole number."""
    text = value.strip()
    if not text:
        return ""
    if not _WHOLE.fullmatch(text) or not -LIMIT < int(text) < LIMIT:
        raise BadValueError(AMOUNT, found=shape(value))
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
    if _PLAIN.fullmatch(text):
        return text.rstrip("0").rstrip(".") if "." in text else text
    if not _NUMBER.fullmatch(text):
        raise BadValueError(NUMBER, found=shape(value))
    number = Decimal(text)
    exponent = number.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > _PLACES or number.adjusted() >= 12:
        raise BadValueError(NUMBER, found=shape(value))
    written = f"{number:f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if number == 0 else written.lstrip("+")
