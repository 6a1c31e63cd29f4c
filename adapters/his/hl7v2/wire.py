"""Text of one message → its tree (hub.adapter.Tree): segments, fields, repetitions, components, sub-components.

A field without delimiters stays the text it is, so that a message costs about what splitting its lines costs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from adapters.his.hl7v2.delimiters import Delimiters
from adapters.his.hl7v2.escapes import unescaper
from adapters.his.hl7v2.faults import BAD_SEGMENT, SEVERAL, TOO_MANY_PARTS

PARTS: Final = 400_000
"""More separators than this make no bill; the cap bounds memory at about ten times the 4 MiB a door lets in."""

Value = str | list[Any]
Segment = list[Any]


def parse(text: str, marks: Delimiters, charset: str) -> tuple[list[Segment], tuple[str, ...]]:
    """The segments of one message, MSH first, and remarks.

    Args:
        text: decoded, beginning with MSH; lines end in CR, LF or CRLF, blank ones are skipped.
        marks: the message's delimiters.
        charset: the character set of hexadecimal escapes.

    Raises:
        Reject: BAD_SEGMENT for a line that is no segment, TOO_MANY_PARTS.
    """
    if len(text) > PARTS:
        used = (marks.field, marks.component, marks.repetition, marks.subcomponent, "\r", "\n")
        if sum(text.count(mark) for mark in used if mark) > PARTS:
            raise TOO_MANY_PARTS(limit=PARTS)
    remarks: tuple[str, ...] = ()
    if "\x0b" in text or "\x1c" in text:
        text = text.replace("\x0b", "\r").replace("\x1c", "\r")
    if "\n" in text:
        lines, remarks = _lines(text, marks.field)
    else:
        lines = text.split("\r")
    field = marks.field
    values = _reader(marks, charset)
    # MSH-2 holds the delimiters themselves and is not taken apart.
    rest = lines[0][4 + len(marks.encoding) :]
    segments: list[Segment] = [["MSH", field, marks.encoding, *values(rest, rest.split(field))[1:]]]
    for number, line in enumerate(lines[1:], 2):
        pieces = line.split(field)
        name = pieces[0]
        if len(name) == 3 and len(pieces) > 1 and name.isupper() and name.isalnum() and name.isascii():
            segments.append(values(line, pieces))
        elif line.strip():
            segments.append(_odd(line, number, field, values))
    return segments, remarks


def about_one(segments: list[Segment]) -> None:
    """Whether a message is about one patient and one visit; the same segment twice is no contradiction.

    Raises:
        Reject: SEVERAL. Which of two patients a charge is for, nobody may guess.
    """
    for name in ("PID", "PV1"):
        found = [segment for segment in segments if segment[0] == name]
        if len(found) > 1 and any(segment[2:] != found[0][2:] for segment in found):
            raise SEVERAL(name, segment=name)


@lru_cache(maxsize=64)
def _reader(marks: Delimiters, charset: str) -> Callable[[str, list[str]], Segment]:
    """Reads a line's fields; made once for each set of delimiters."""
    component, repetition, subcomponent = marks.component, marks.repetition, marks.subcomponent
    mark = marks.escape or "\0"
    unescape = unescaper(marks, charset)

    def sub(text: str) -> Value:
        if subcomponent and subcomponent in text:
            return [unescape(piece) if mark in piece else piece for piece in text.split(subcomponent)]
        return unescape(text) if mark in text else text

    def one(text: str) -> Value:
        if component in text:
            return [sub(piece) for piece in text.split(component)]
        made = sub(text)
        return made if isinstance(made, str) else [made]

    def plain(text: str) -> Value:
        if not subcomponent or subcomponent not in text:
            return text.split(component) if component in text else text
        if component in text:
            return [_pieces(piece, subcomponent) for piece in text.split(component)]
        return [text.split(subcomponent)]

    def field(text: str) -> Value:
        read = one if mark in text else plain
        if repetition and repetition in text:
            return [read(piece) for piece in text.split(repetition)]
        made = read(text)
        return made if isinstance(made, str) else [made]

    def line_fields(line: str, pieces: list[str]) -> Segment:
        # Most lines have components only, or those and sub-components: worth two short ways.
        if mark in line or (repetition and repetition in line):
            return [field(piece) if piece and not piece.isalnum() else piece for piece in pieces]
        if not subcomponent or subcomponent not in line:
            if component not in line:
                return pieces
            return [[piece.split(component)] if component in piece else piece for piece in pieces]
        return [
            [plain(piece)] if subcomponent in piece else [piece.split(component)] if component in piece else piece
            for piece in pieces
        ]

    return line_fields


def _pieces(text: str, separator: str) -> Value:
    return text.split(separator) if separator in text else text


def _odd(line: str, number: int, field: str, values: Callable[[str, list[str]], Segment]) -> Segment:
    """A segment without fields, indented, or in small letters; anything else is none."""
    bare = line.strip()
    name = bare[:3]
    if len(name) == 3 and name.isascii() and name.isalnum() and bare[3:4] in ("", field):
        made = values(bare, line.lstrip().split(field))
        made[0] = name.upper()
        return made
    raise BAD_SEGMENT(line=number)


def _lines(text: str, field: str) -> tuple[list[str], tuple[str, ...]]:
    """Lines where LF occurs. In a message whose segments end in CR, an LF may also be a line break inside a field."""
    text = text.replace("\r\n", "\r")
    if "\n" not in text:
        return text.split("\r"), ()
    if "\r" not in text.strip("\r"):
        return text.split("\n"), ("LF",)
    lines: list[str] = []
    for whole in text.split("\r"):
        first, *rest = whole.split("\n")
        lines.append(first)
        for piece in rest:
            if piece[3:4] == field and piece[:3].isascii() and piece[:3].isalnum() and piece[:3].isupper():
                lines.append(piece)
            elif piece.strip():
                lines[-1] += "\n" + piece
    return lines, ("LF",)
