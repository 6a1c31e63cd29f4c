"""Money in integer fen, one type, and its two edges: yuan text in, yuan text out. A float anywhere is refused.

One thing no subclass of int can stop: `1.5 + Fen(1)` is answered by float itself, before Fen is asked. What comes out
is a float, which `Fen`, every model and every sum of fen refuse, so it ends there.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final, NoReturn, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

LIMIT: Final = 10**15
"""The largest amount a bill may hold, in fen (the platform's column is decimal(38,2); ten trillion yuan is absurd)."""

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,40}")
_YUAN: Final = re.compile(r"([+-]?)([0-9]{0,40})(?:\.([0-9]{1,40}))?")
_BLANKS: Final = " \t"


class Fen(int):
    """An amount in fen (0.01 CNY), possibly negative.

    Adds and subtracts with whole numbers, is multiplied by a plain count, and is never divided: nothing is prorated.
    Shows as its digits; `repr` names the type. A sum of fen is fen: `sum(amounts, ZERO)`.
    """

    __slots__ = ()

    def __new__(cls, value: int | str = 0) -> Self:
        """From an integer or its decimal digits (ASCII, optional sign, blanks around it allowed).

        Raises:
            TypeError: for a float, a bool or a Decimal: convert on purpose, with `yuan`.
            ValueError: not whole decimal digits, or outside ±`LIMIT`.
        """
        if isinstance(value, str):
            if _WHOLE.fullmatch(digits := value.strip(_BLANKS)) is None:
                raise ValueError("not a whole number of fen")
            value = digits
        elif isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"fen must be a whole number, not {type(value).__name__}")
        made = super().__new__(cls, value)
        if not -LIMIT < made < LIMIT:
            raise ValueError("amount is beyond any bill")
        return made

    def __add__(self, other: int) -> Fen:
        return Fen(int(self) + _whole(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> Fen:
        return Fen(int(self) - _whole(other))

    def __rsub__(self, other: int) -> Fen:
        return Fen(_whole(other) - int(self))

    def __mul__(self, count: int) -> Fen:
        if isinstance(count, Fen):
            raise TypeError("fen times fen is no amount")
        return Fen(int(self) * _whole(count))

    __rmul__ = __mul__

    def __neg__(self) -> Fen:
        return Fen(-int(self))

    def __pos__(self) -> Fen:
        return self

    def __abs__(self) -> Fen:
        return Fen(abs(int(self)))

    def _undivided(self, *_: object) -> NoReturn:
        raise TypeError("fen are not divided; take int(amount) where a number is meant")

    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _undivided
    __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __pow__ = __rpow__ = _undivided

    def __float__(self) -> NoReturn:
        raise TypeError("fen are no floats; take .yuan for text")

    def __str__(self) -> str:
        return int.__repr__(self)

    def __repr__(self) -> str:
        return f"Fen({int(self)})"

    def __format__(self, spec: str) -> str:
        if spec and spec[-1] in "eEfFgG%":
            raise ValueError("fen are not shown as a float; format .yuan")
        return format(int(self), spec)

    @property
    def yuan(self) -> str:
        """Yuan with two decimals, as the EInvoice writes it: Fen(-5).yuan == '-0.05'."""
        sign, whole = ("-", -int(self)) if self < 0 else ("", int(self))
        return f"{sign}{whole // 100}.{whole % 100:02d}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        whole = core_schema.int_schema(strict=True, gt=-LIMIT, lt=LIMIT)
        made = partial(int.__new__, cls)  # the schema has proven what __new__ would ask again
        return core_schema.no_info_after_validator_function(
            made, whole, serialization=core_schema.plain_serializer_function_ser_schema(int, return_schema=whole)
        )


ZERO: Final = Fen(0)


def fen_from_yuan(text: str) -> Fen:
    """Yuan as decimal text → fen, exactly.

    Accepted: ASCII digits with an optional sign, and decimals of which only the first two may be other than zero;
    blanks around it (fixed-width fields are padded); `.5`, as some databases write it. Refused: an exponent, thousands
    separators, full-width digits, NaN and Infinity, and `5.`, which is more often a cut number than a whole one.

    Raises:
        ValueError: not such a number, a part of a fen, or beyond `LIMIT`. The message does not quote the text: what a
            wrong path finds there may be a name.
    """
    found = _YUAN.fullmatch(text.strip(_BLANKS))
    if found is None:
        raise ValueError("not an amount in yuan")
    sign, whole, part = found[1], found[2], found[3] or ""
    if not whole and not part:
        raise ValueError("not an amount in yuan")
    if part[2:].strip("0"):
        raise ValueError("the amount has parts of a fen")
    return Fen(f"{sign}{whole}{part[:2]:0<2}")


def _whole(other: object) -> int:
    if isinstance(other, bool) or not isinstance(other, int):
        raise TypeError(f"fen and {type(other).__name__} do not mix")
    return int(other)
