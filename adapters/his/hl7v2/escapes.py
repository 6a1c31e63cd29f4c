r"""Escape sequences, taken back after splitting, in one pass. Unknown or unclosed ones stay as they are.

\Cxxyy\ and \Mxxyyzz\ switch to character sets that MSH-18 would have to list, and \Zzz\ is the site's own: they are
kept as sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from adapters.his.hl7v2.charset import CODECS
from adapters.his.hl7v2.delimiters import Delimiters

Unescape = Callable[[str], str]

_COUNTED: Final = re.compile(r"\s*\+?(\d{1,3})")


@lru_cache(maxsize=64)
def unescaper(marks: Delimiters, charset: str) -> Unescape:
    r"""A function that takes back the escapes of one piece of a field.

    Formatting becomes white space: \.br\ and \.sp\ line ends, \.sk\ spaces; \H\ and \N\ (highlighting) vanish.
    """
    if not marks.escape:
        return str
    mark = re.escape(marks.escape)
    known = re.compile(
        rf"{mark}(?:([FSTREPHN])|\.((?i:br|ce|sp|sk|in|ti|fi|nf))([ +\-0-9]{{0,5}})|X((?:[0-9A-Fa-f]{{2}})+)"
        rf"|(?:[CM][0-9A-Fa-f]{{4,6}}|Z[^{mark}\r]*)){mark}"
    )
    chars = {
        "F": marks.field,
        "S": marks.component,
        "T": marks.subcomponent or "&",
        "R": marks.repetition or "~",
        "E": marks.escape,
        "P": marks.truncation or "#",
        "H": "",
        "N": "",
    }
    codec = CODECS[charset]

    def one(found: re.Match[str]) -> str:
        letter, layout, count, digits = found.groups()
        if letter:
            return chars[letter]
        if layout:
            return _layout(layout.lower(), count)
        if digits:
            return _hex(digits, codec) or found[0]
        return found[0]

    def unescape(text: str) -> str:
        return known.sub(one, text)

    return unescape


def escape(text: str, marks: Delimiters) -> str:
    """Text as a field may hold it: delimiters escaped, line ends as spaces."""
    text = " ".join(text.split())
    if not marks.escape:
        return "".join(char for char in text if char not in (marks.field, marks.component, marks.repetition))
    names = {
        marks.escape: "E",
        marks.field: "F",
        marks.component: "S",
        marks.repetition: "R",
        marks.subcomponent: "T",
    }
    names.pop("", None)
    return "".join(f"{marks.escape}{names[char]}{marks.escape}" if char in names else char for char in text)


def _layout(name: str, count: str) -> str:
    number = _COUNTED.match(count)
    times = int(number[1]) if number else 1
    if name in {"br", "ce"}:
        return "\n"
    if name == "sp":
        return "\n" * max(times, 1)
    return " " * times if name == "sk" else ""


def _hex(digits: str, codec: str) -> str:
    try:
        text = bytes.fromhex(digits).decode(codec)
    except UnicodeDecodeError:
        return ""
    return "" if "\ufffd" in text or "\0" in text else text
