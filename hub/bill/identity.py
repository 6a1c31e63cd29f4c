"""Identity numbers: the unified social credit code (GB 32100) and the citizen number (GB 11643), old and new.

A wrong number warns or refuses as the caller says; passports, certificates of birth and unknown documents never do,
because no rule for them is public and a newborn must still get his bill.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from operator import mul
from typing import Final

from hub.bill import faults
from hub.errors import FaultCode

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""No I, O, S, V, Z. The check character is any of the 31."""

_USCC_VALUE: Final = {character: value for value, character in enumerate(USCC_ALPHABET)}
_USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC: Final = re.compile(rf"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")
_CITIZEN_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_ZEROES: Final = ord("0") * sum(_CITIZEN_WEIGHTS)
"""What the digits weigh too much when their ASCII codes are weighed: cheaper than turning each into its number."""
_CITIZEN_CHECKS: Final = "10X98765432"
_CITIZEN: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")
_CITIZEN_15: Final = re.compile(r"[1-9][0-9]{14}")
_HMT_REGIONS: Final = frozenset({"810000", "820000", "830000"})
_BORN_FIRST: Final = "1800"


def uscc_check(first17: str) -> str:
    """The 18th character of a social credit code.

    Raises:
        KeyError: a character outside the alphabet.
    """
    total = sum(_USCC_VALUE[character] * weight for character, weight in zip(first17, _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def citizen_check(first17: str) -> str:
    """The 18th character of a citizen number, from its 17 digits."""
    total = sum(map(mul, first17.encode(), _CITIZEN_WEIGHTS)) - _CITIZEN_ZEROES
    return _CITIZEN_CHECKS[total % 11]


def uscc_fault(text: str) -> FaultCode | None:
    """What is wrong with a unified social credit code, or None."""
    if _USCC.fullmatch(text) is None:
        return faults.IDENTITY_SHAPE
    return None if uscc_check(text[:17]) == text[17] else faults.IDENTITY_CHECK


@lru_cache(maxsize=1)  # a message's number is asked about by its mapping, by normalise and by judge, in a row
def citizen_fault(text: str) -> FaultCode | None:
    """What is wrong with a citizen number of 18 or, from before 1999, 15 digits, or None. X is upper case."""
    if len(text) == 15:
        if _CITIZEN_15.fullmatch(text) is None:
            return faults.IDENTITY_SHAPE
        return None if _is_day("19" + text[6:12]) else faults.IDENTITY_DATE
    if _CITIZEN.fullmatch(text) is None:
        return faults.IDENTITY_SHAPE
    if not _is_day(text[6:14]):
        return faults.IDENTITY_DATE
    return None if citizen_check(text[:17]) == text[17] else faults.IDENTITY_CHECK


def hmt_residence_fault(text: str) -> FaultCode | None:
    """What is wrong with a residence permit of residents of Hong Kong (81), Macao (82) or Taiwan (83), or None."""
    if text[:6] not in _HMT_REGIONS or len(text) != 18:
        return faults.IDENTITY_SHAPE
    return citizen_fault(text)


def id_type_of(id_no: str) -> str | None:
    """The kind of document, where the number itself proves it by its check character; None otherwise.

    Fifteen digits prove nothing: they may be a registration number or a card.
    """
    if len(id_no) != 18:
        return None
    if citizen_fault(id_no) is None:
        return "hmt_residence" if id_no[:6] in _HMT_REGIONS else "citizen_no"
    return "uscc" if uscc_fault(id_no) is None else None


def identity_fault(id_type: str | None, id_no: str) -> FaultCode | None:
    """What is wrong with a number of that kind, or None; a kind without a public rule is never wrong."""
    if id_type == "citizen_no":
        return citizen_fault(id_no)
    if id_type == "uscc":
        return uscc_fault(id_no)
    if id_type == "hmt_residence":
        return hmt_residence_fault(id_no)
    if id_type == "citizen_no_15":
        return citizen_fault(id_no) if len(id_no) == 15 else faults.IDENTITY_SHAPE
    return None


def _is_day(text: str) -> bool:
    if text[:4] < _BORN_FIRST:
        return False
    try:
        date.fromisoformat(text)  # eight digits, which the patterns have proven
    except ValueError:
        return False
    return True
