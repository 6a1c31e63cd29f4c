"""Times as senders write them → instants and days. Strict widths: a format reads exactly the digits it names.

China has one zone and no daylight saving since 1991, so Asia/Shanghai is +08:00 here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199

_FIRST, _LAST = str(FIRST_YEAR), str(LAST_YEAR)

_DIRECTIVES: Final = {
    "Y": r"(?P<Y>[0-9]{4})",
    "m": r"(?P<m>[0-9]{2})",
    "d": r"(?P<d>[0-9]{2})",
    "H": r"(?P<H>[0-9]{2})",
    "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})",
    "f": r"(?P<f>[0-9]{1,9})",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
    "%": "%",
}
"""What a format may hold; every directive has a fixed width but %f and %z."""

_HL7: Final = re.compile(
    r"(?P<Y>[0-9]{4})(?:(?P<m>[0-9]{2})(?:(?P<d>[0-9]{2})(?:(?P<H>[0-9]{2})(?:(?P<M>[0-9]{2})"
    r"(?:(?P<S>[0-9]{2})(?:\.(?P<f>[0-9]{1,4}))?)?)?)?)?)?(?P<z>[+-][0-9]{4})?"
)

Parse = Callable[[str], datetime]
"""Text → instant; raises ValueError."""


def parser(text_format: str) -> Parse:
    """The reader of one format.

    Raises:
        ValueError: an unknown directive, one written twice, or no year, month and day.
    """
    pattern, named = [], []
    position = 0
    while position < len(text_format):
        character = text_format[position]
        if character == "%":
            position += 1
            directive = text_format[position : position + 1]
            if directive not in _DIRECTIVES:
                raise ValueError(f"%{directive}")
            pattern.append(_DIRECTIVES[directive])
            named.append(directive)
        else:
            pattern.append(re.escape(character))
        position += 1
    letters = [name for name in named if name != "%"]
    if len(set(letters)) != len(letters):
        raise ValueError("a directive is written twice")
    if not {"Y", "m", "d"} <= set(letters):
        raise ValueError("%Y, %m and %d are needed")
    if text_format == "%Y%m%d%H%M%S":
        return _fourteen
    if text_format == "%Y-%m-%d %H:%M:%S":
        return _spaced
    compiled = re.compile("".join(pattern))

    def parse(text: str) -> datetime:
        return _from_match(compiled.fullmatch(text))

    return parse


@lru_cache(maxsize=1024)  # a message tells the same moment under several names
def _fourteen(text: str) -> datetime:
    if len(text) != 14 or not (text.isascii() and text.isdigit()) or not _FIRST <= text[:4] <= _LAST:
        raise ValueError("not yyyyMMddHHmmss")
    return datetime.fromisoformat(f"{text[:8]}T{text[8:]}+0800")  # the digits are proven; this is the quickest way in


def _spaced(text: str) -> datetime:
    if len(text) != 19 or text[4] != "-" or text[7] != "-" or text[10] != " " or text[13] != ":" or text[16] != ":":
        raise ValueError("not yyyy-MM-dd HH:mm:ss")
    return _fourteen(text[:4] + text[5:7] + text[8:10] + text[11:13] + text[14:16] + text[17:])


def hl7(text: str) -> datetime:
    """An HL7 DTM of any precision and optional offset; of a range, its first component.

    Raises:
        ValueError: not a DTM.
    """
    if len(text) != 14 or not text.isdigit():
        text = text.partition("^")[0].partition("&")[0].strip()
    if len(text) == 14:
        return _fourteen(text)
    return _from_match(_HL7.fullmatch(text))


def yearless(text: str, text_format: str, received_at: datetime) -> datetime:
    """Month, day and time without a year: the year that brings it nearest to the time of receipt.

    Raises:
        ValueError: no year makes it a time.
    """
    year = received_at.astimezone(SHANGHAI).year
    parse = parser("%Y" + text_format)
    found = []
    for candidate in (year - 1, year, year + 1):
        try:
            found.append(parse(f"{candidate:04d}{text}"))
        except ValueError:  # 29 February, in two years of three
            continue
    if not found:
        raise ValueError("not a time in any near year")
    return min(found, key=lambda moment: abs(moment - received_at))


def _from_match(match: re.Match[str] | None) -> datetime:
    if match is None:
        raise ValueError("does not fit the format")
    groups = match.groupdict()
    return _instant(
        int(groups["Y"]),
        int(groups.get("m") or 1),
        int(groups.get("d") or 1),
        int(groups.get("H") or 0),
        int(groups.get("M") or 0),
        int(groups.get("S") or 0),
        int((groups.get("f") or "0")[:6].ljust(6, "0")),
        _zone(groups.get("z")),
    )


def _instant(
    year: int, month: int, day: int, hour: int, minute: int, second: int, micro: int, zone: timezone
) -> datetime:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("the year is absurd")
    return datetime(year, month, day, hour, minute, second, micro, zone)


def _zone(text: str | None) -> timezone:
    if not text:
        return SHANGHAI
    if text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)
