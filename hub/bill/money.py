"""Money in integer fen, one type, and its two edges: yuan text in, yuan text out. A float anywhere is refused."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

LIMIT: Final = 10**15
"""The largest amount a bill may hold, in fen (the platform's column is decimal(38,2); ten trillion yuan is absurd)."""


class Fen(int):
    """An amount in fen (0.01 CNY), possibly negative. Adds and subtracts with its own kind; refuses floats."""

    __slots__ = ()

    def __new__(cls, value: int | str = 0) -> Fen:
        """From an integer or its decimal digits.

        Raises:
            TypeError: for a float, a bool or a Decimal: convert on purpose, with `yuan`.
            ValueError: outside ±`LIMIT`.
        """
        if isinstance(value, bool) or not isinstance(value, (int, str)):
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

    def __neg__(self) -> Fen:
        return Fen(-int(self))

    def __abs__(self) -> Fen:
        return Fen(abs(int(self)))

    def __repr__(self) -> str:
        return f"Fen({int(self)})"

    @property
    def yuan(self) -> str:
        """Yuan with two decimals, as the EInvoice writes it: Fen(-5).yuan == '-0.05'."""
        sign, whole = ("-", -int(self)) if self < 0 else ("", int(self))
        return f"{sign}{whole // 100}.{whole % 100:02d}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        whole = core_schema.int_schema(strict=True, gt=-LIMIT, lt=LIMIT)
        return core_schema.no_info_after_validator_function(
            cls, whole, serialization=core_schema.plain_serializer_function_ser_schema(int, return_schema=whole)
        )


ZERO: Final = Fen(0)


def fen_from_yuan(text: str) -> Fen:
    """Yuan as decimal text → fen, exactly.

    Raises:
        ValueError: not a plain finite decimal, or a part of a fen that is not zero.
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text[:40]!r} is not an amount in yuan") from None
    if not value.is_finite() or abs(value) >= LIMIT:
        raise ValueError(f"{text[:40]!r} is not an amount a bill can hold")
    shifted = value.scaleb(2)
    whole = shifted.to_integral_value()
    if whole != shifted:
        raise ValueError(f"{text[:40]!r} has parts of a fen")
    return Fen(int(whole))


def _whole(other: object) -> int:
    if isinstance(other, bool) or not isinstance(other, int):
        raise TypeError(f"fen and {type(other).__name__} do not mix")
    return int(other)
