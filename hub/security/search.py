"""How a value is written before it is hashed for search, so that the same person is found however he was typed.

Hashes find equal values only; a name is also found by its first two characters (kind `name_prefix`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

_BLANK: Final = re.compile(r"[\s·•・-]+")
_NOT_DIGIT: Final = re.compile(r"[^0-9]+")
_COUNTRY: Final = re.compile(r"^(?:0086|86)(?=1\d{10}$)")


def _name(text: str) -> str:
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _id_no(text: str) -> str:
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).upper()


def _phone(text: str) -> str:
    return _COUNTRY.sub("", _NOT_DIGIT.sub("", unicodedata.normalize("NFKC", text)))


_KINDS: Final[dict[str, Callable[[str], str]]] = {
    "id_no": _id_no,
    "phone": _phone,
    "name": _name,
    "name_prefix": lambda text: _name(text)[:2],
}


def normalised(kind: str, text: str) -> str:
    """The text as it is hashed. Kinds: id_no, phone, name, name_prefix (KeyError for any other)."""
    return _KINDS[kind](text)
