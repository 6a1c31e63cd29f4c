"""What one cell holds, as safe text: ids whole, amounts as decimals, nothing a spreadsheet would run.

The formula rule: a cell that begins (after spaces) with = + - @, their full-width forms, or a tab is refused unless it
is a plain number. Two habits of exporters are undone instead, because they only keep an id from becoming a number: a
tab or apostrophe before digits, and ="digits".
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

MAX_TEXT: Final = 1000
"""Characters of a cell, as the canonical text allows."""

_NUMBER: Final = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?%?", re.ASCII)
_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(\.\d+)?[eE][+]?\d+")
_WHOLE_FLOAT: Final = re.compile(r"(\d+)\.0+")
_KEPT_ID: Final = re.compile(r"""(?:\t+|')(\d+[0-9A-Za-z]*)\t*|="(\d+[0-9A-Za-z]*)\"""")
_TIME: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T]*(?<!\d)(\d{1,2})[:时](\d{1,2})分?(?::?(\d{1,2})秒?(?:\.\d+)?)?)?",
    re.ASCII,
)
_SERIAL: Final = re.compile(r"(\d{5})(\.\d+)?", re.ASCII)
_SERIALS: Final = (36526, 73050)
"""2000 to 2099 as a spreadsheet counts days, from 1899-12-30."""
_ERRORS: Final = re.compile(r"#(?:REF!|DIV/0!|N/A|NAME\?|NULL!|NUM!|VALUE!|SPILL!|CALC!)")
_HALF_WIDTH: Final = {0xFF01 + place: 0x21 + place for place in range(94)} | {0xFFE5: 0xA5, 0x3000: 0x20}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DASHES: Final = frozenset({"-", "--", "—", "——", "－"})
_GUARDS: Final = frozenset("\t'=")
_RUNS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_FIRST: Final = frozenset((" ", "\t", "\r", "#", *_RUNS))


def clean(text: str) -> str:
    """A cell without its outer spaces and exporters' guards; a lone dash means empty."""
    first = text[:1]
    if first not in _GUARDS and not first.isspace():  # nearly every cell
        bare = text.rstrip()
        return "" if bare in _DASHES else bare
    kept = _KEPT_ID.fullmatch(text.strip(" \r\n"))
    if kept:
        return kept.group(1) or kept.group(2)
    if text.lstrip(" ").startswith("\t"):
        return text  # left for `runs` to see
    bare = text.strip()
    return "" if bare in _DASHES else bare


def runs(text: str) -> bool:
    """Whether a spreadsheet could run it (the formula rule above), or ran it into an error."""
    if text[:1] not in _FIRST:
        return False
    if text.lstrip(" ").startswith(("\t", "\r")) or _ERRORS.fullmatch(text):
        return True
    return text.startswith(_RUNS) and not _NUMBER.fullmatch(text) and not _SCIENTIFIC.fullmatch(text)


def lost_digits(text: str) -> bool:
    """Whether an id went through a number: 1.1E+17."""
    return bool(_SCIENTIFIC.fullmatch(text))


def whole(text: str) -> str:
    """An id written as a whole float (`1.0`) without its decimals; anything else as it is."""
    found = _WHOLE_FLOAT.fullmatch(text)
    return found.group(1) if found else text


def unfit(text: str) -> bool:
    """Too long, or with control characters other than line breaks and tabs."""
    return len(text) > MAX_TEXT or (not text.isprintable() and bool(_CONTROL.search(text)))


def yuan_text(text: str, unit: str) -> str:
    """An amount as plain yuan text; `unit` is yuan or fen. ¥, 元, thousands separators and full width are taken off.

    Raises:
        ValueError: not a number, or parts of a fen where the unit is fen.
    """
    bare = text.translate(_HALF_WIDTH).strip()
    sign = bare[:1] if bare.startswith(("+", "-")) else ""
    bare = sign + bare.removeprefix(sign).lstrip("¥").removesuffix("元").strip()
    if not _NUMBER.fullmatch(bare) or bare.endswith("%"):
        raise ValueError("not an amount")
    value = Decimal(bare.replace(",", ""))
    if unit == "fen":
        if value != value.to_integral_value():
            raise ValueError("parts of a fen")
        value = value.scaleb(-2)
    return f"{value:f}"


def time_text(text: str) -> str:
    """A day or a time as spreadsheets write it (2026/9/1 8:30, 46266.35) with all its digits: 2026-09-01 08:30:00."""
    found = _TIME.fullmatch(text)
    if not found:
        return _serial_text(text)
    year, month, day, hour, minute, second = found.groups()
    written = f"{year}-{month:0>2}-{day:0>2}"
    return written if hour is None else f"{written} {hour:0>2}:{minute:0>2}:{second or '':0>2}"


def _serial_text(text: str) -> str:
    """A day that lost its date format and shows as the number of days since 1899-12-30."""
    found = _SERIAL.fullmatch(text)
    if not found or not _SERIALS[0] <= int(found[1]) < _SERIALS[1]:
        return text
    seconds = (Decimal(text) * 86_400).to_integral_value()
    moment = datetime(1899, 12, 30) + timedelta(seconds=int(seconds))  # noqa: DTZ001  (a wall clock without a zone)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if found[2] else f"{moment:%Y-%m-%d}"


def number_text(value: float) -> str:
    """A workbook's number as the person saw it: 15 significant digits, and 1E+17 where whole digits are lost."""
    if abs(value) >= 1e15:
        return f"{value:.14E}"
    return f"{Decimal(f'{value:.15g}'):f}"
