"""Transforms of times: instants with offset, and calendar days."""

from __future__ import annotations

from datetime import datetime

from hub.mapping import times
from hub.mapping.faults import TIME
from hub.mapping.paths import Here, Root
from hub.mapping.transform import Around, BadValueError, Example, InContext, Step, plain, shape, with_argument


@with_argument("formats", Example("20260131080910", "2026-01-31T08:09:10+08:00", "%Y%m%d%H%M%S"), gives="instant")
def time(argument: str | list[str], around: Around) -> Step:  # noqa: ARG001
    """Reads a time by a format, or by the first of several that fits; Asia/Shanghai unless the text has an offset."""
    parsers = _parsers(argument)
    return lambda value: _first(parsers, value.strip(), value) if value else value


@plain(Example("202601310809+0000", "2026-01-31T08:09:00+00:00"), gives="instant")
def hl7_time(value: str) -> datetime | str:
    """Reads an HL7 DTM of any precision; of a range, its start."""
    return _first((times.hl7,), value, value) if value.strip() else ""


@with_argument("formats", Example("31/01/2026", "2026-01-31", ["%Y%m%d", "%d/%m/%Y"]), gives="day")
def day(argument: str | list[str], around: Around) -> Step:  # noqa: ARG001
    """Reads a day by a format, or by the first of several that fits."""
    parsers = _parsers(argument)
    return lambda value: _day(_first(parsers, value.strip(), value)) if value else value


@plain(Example("20260131080910", "2026-01-31"), gives="day")
def hl7_day(value: str) -> str:
    """Reads the day of an HL7 DTM."""
    return _day(_first((times.hl7,), value, value)) if value.strip() else ""


@with_argument(
    "short", Example("0131080910", "2026-01-31T08:09:10+08:00", "%m%d%H%M%S"), gives="instant", in_context=True
)
def yearless(argument: str, around: Around) -> InContext:  # noqa: ARG001
    """Reads a time without its year: the year nearest to the time of receipt."""

    def read(value: str, root: Root, here: Here, at: datetime) -> datetime | str:  # noqa: ARG001
        if not value:
            return value
        try:
            return times.yearless(value.strip(), argument, at)
        except ValueError:
            raise BadValueError(TIME, found=shape(value)) from None

    return read


def _parsers(argument: str | list[str]) -> tuple[times.Parse, ...]:
    formats = [argument] if isinstance(argument, str) else argument
    return tuple(times.parser(one) for one in formats)


def _first(parsers: tuple[times.Parse, ...], text: str, given: str) -> datetime:
    for parse in parsers:
        try:
            return parse(text)
        except ValueError:
            continue
    raise BadValueError(TIME, found=shape(given))


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
