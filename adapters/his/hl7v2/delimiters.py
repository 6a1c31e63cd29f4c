"""The separators a message declares in MSH-1 and MSH-2.

MSH-2 may have 1 to 5 characters; what it leaves out is not a separator in that message.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from adapters.his.hl7v2.faults import BAD_DELIMITERS

_DOUBLED: Final = "^~\\\\&"
"""What programs write that escape the backslash once too often; its meaning is beyond doubt."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters in force; an empty one is not in use."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    encoding: str = "^~\\&"
    """MSH-2 as sent."""


STANDARD: Final = Delimiters()


@lru_cache(maxsize=64)
def delimiters(field: str, encoding: str) -> Delimiters:
    """From MSH-1 and MSH-2 (HL7 v2.8 chapter 2.5.4).

    Raises:
        Reject: BAD_DELIMITERS, for none at all, letters, digits, white space, quotes or two that are the same.
    """
    chars = "^~\\&" if encoding == _DOUBLED else encoding[:5]
    used = field + chars
    if not field or not chars or len(set(used)) != len(used) or any(_unusable(char) for char in used):
        raise BAD_DELIMITERS("MSH-2")
    padded = chars.ljust(5, "\0")
    component, repetition, escape, subcomponent, truncation = (char.strip("\0") for char in padded)
    return Delimiters(field, component, repetition, escape, subcomponent, truncation, encoding)


def _unusable(char: str) -> bool:
    return char.isalnum() or char.isspace() or not char.isprintable() or char in "\"'."
