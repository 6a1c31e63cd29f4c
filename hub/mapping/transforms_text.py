"""Transforms from text to text: cutting, choosing, code tables. Leading zeros survive every one of them."""

from __future__ import annotations

import re
from typing import Any, Final

from hub.bill.identity import citizen_fault
from hub.mapping.faults import CODE
from hub.mapping.transform import Around, BadValueError, Example, Step, plain, shape, with_argument

MATCH_INPUT: Final = 256
"""Characters `match` looks at; with few open repetitions in a pattern this bounds its time."""


@plain(Example(" A01 ", "A01"))
def trim(value: str) -> str:
    """Removes white space around the text."""
    return value.strip()


@plain(Example("ab1", "AB1"))
def upper(value: str) -> str:
    """Turns letters into capitals."""
    return value.upper()


@plain(Example("AB1", "ab1"))
def lower(value: str) -> str:
    """Turns letters into small ones."""
    return value.lower()


@plain(Example("No. 007-8", "0078"))
def digits(value: str) -> str:
    """Keeps the digits 0 to 9 only."""
    return "".join(one for one in value if "0" <= one <= "9")


@with_argument("text", Example("", "person", "person"))
def default(argument: str, around: Around) -> Step:  # noqa: ARG001
    """Takes this text where there is none."""
    return lambda value: argument if value == "" else value


@with_argument("text", Example("42", "HIS-42", "HIS-"))
def prefix(argument: str, around: Around) -> Step:  # noqa: ARG001
    """Puts this text before."""
    return lambda value: argument + value if value else value


@with_argument("text", Example("42", "42号", "号"))
def suffix(argument: str, around: Around) -> Step:  # noqa: ARG001
    """Puts this text after."""
    return lambda value: value + argument if value else value


@with_argument("split", Example("2026-01", "01", ["-", "2"]))
def split(argument: list[Any], around: Around) -> Step:  # noqa: ARG001
    """Cuts at the separator and takes part n, counted from 1, or from the end where n is negative."""
    separator, number = str(argument[0]), int(argument[1])
    index = number - 1 if number > 0 else number

    def cut(value: str) -> str:
        parts = value.split(separator)
        return parts[index] if -len(parts) <= index < len(parts) else ""

    return cut


@with_argument("part", Example("410100199001010017", "19900101", ["7", "14"]))
def part(argument: list[Any], around: Around) -> Step:  # noqa: ARG001
    """Takes the characters from start to end, counted from 1, both included."""
    start, end = int(argument[0]) - 1, int(argument[1])
    return lambda value: value[start:end]


@with_argument("pair", Example("1,200.50", "1200.50", [",", ""]))
def replace(argument: list[Any], around: Around) -> Step:  # noqa: ARG001
    """Replaces every occurrence of the first text by the second."""
    old, new = str(argument[0]), str(argument[1])
    return lambda value: value.replace(old, new)


@with_argument("regex", Example("票号:000123 已开", "000123", "票号:([0-9]+)"))
def match(argument: str, around: Around) -> Step:  # noqa: ARG001
    """Takes group 1 of the first match, or nothing; looks at 256 characters."""
    pattern = re.compile(argument)

    def find(value: str) -> str:
        found = pattern.search(value[:MATCH_INPUT])
        return (found.group(1) or "") if found else ""

    return find


@with_argument("texts", Example("X", "", ["M", "F"]))
def only(argument: str | list[str], around: Around) -> Step:  # noqa: ARG001
    """Keeps the text if it is one of these, else leaves nothing."""
    allowed = frozenset([argument] if isinstance(argument, str) else argument)
    return lambda value: value if value in allowed else ""


@with_argument("count", Example("一二三四", "一二", "2"))
def max_(argument: str, around: Around) -> Step:  # noqa: ARG001
    """Cuts to at most n characters."""
    length = int(argument)
    return lambda value: value[:length]


@with_argument("text", Example("0101", "床位费", "example"))
def table(argument: str, around: Around) -> Step:
    """Looks the code up in the table; an unknown code parks the message."""
    codes = around.tables[argument]

    def look_up(value: str) -> str:
        if not value:
            return value
        found = codes.get(value)
        if found is None:
            found = codes.get(value.strip())
        if found is None:
            raise BadValueError(CODE, table=argument, found=_code_or_shape(value))
        return found

    return look_up


@with_argument("text", Example("9999", "9999", "example"))
def table_or_same(argument: str, around: Around) -> Step:
    """Looks the code up in the table; an unknown code stays as it is."""
    codes = around.tables[argument]
    return lambda value: codes.get(value) or codes.get(value.strip()) or value if value else value


@plain(Example("11010519491231002x", "11010519491231002X"))
def citizen_no(value: str) -> str:
    """Keeps a citizen number (身份证号) whose date and check digit are right, else leaves nothing."""
    number = value.strip().upper()
    return number if len(number) == 18 and citizen_fault(number) is None else ""


@plain(Example("ZHANG SAN^张三", "张三"))
def name_han(value: str) -> str:
    """Takes of a name in several spellings the one in Han characters; family and given name are put together."""
    if "^" not in value and "~" not in value and "&" not in value:
        return value.strip()
    spellings = [[one.strip() for one in spelling.split("^")] for spelling in value.replace("&", "^").split("~")]
    for spelling in spellings:
        han = [one for one in spelling if _HAN.search(one)]
        if not han:
            continue
        family_and_given = spelling[:2]
        if len(spelling) > 1 and family_and_given == han[:2] and spelling[0] != spelling[1]:
            return "".join(family_and_given)
        return han[0]
    return " ".join(one for one in spellings[0][:2] if one)


_HAN: Final = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_CODE: Final = re.compile(r"[A-Za-z0-9._-]{1,10}")


def _code_or_shape(value: str) -> str:
    """A short code is shown, since someone has to add it; anything longer could be a person's number."""
    return value.strip() if _CODE.fullmatch(value.strip()) else shape(value)
