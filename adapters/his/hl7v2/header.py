"""MSH as sent: what names a message, what decides whether it can be taken, and what the answer needs back.

Fields stay raw (still escaped), so that the answer, which uses the same delimiters, can give them back exactly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from adapters.his.hl7v2.charset import CODECS, WIDE
from adapters.his.hl7v2.delimiters import STANDARD, Delimiters, delimiters
from adapters.his.hl7v2.faults import NO_CONTROL_ID, NO_HEADER, PROCESSING, TYPE_NOT_TAKEN, VERSION
from hub.errors import Fault, Reject

_VERSION: Final = re.compile(r"2\.[1-9](?:\.[0-9]{1,2})?")
_PLAIN: Final = re.compile(r"[0-9A-Za-z_.:/-]{1,199}")
_ENDS: Final = re.compile(r"[\r\n\x0b\x1c]")
_BYTE_ENDS: Final = re.compile(rb"[\r\n\x0b\x1c]")
_FRAMES: Final = "\ufeff\x0b\x1c\r\n \t"


@dataclass(frozen=True, slots=True)
class Header:
    """The MSH segment of one message."""

    marks: Delimiters
    fields: Sequence[str]
    """Element 0 is MSH, element 1 is MSH-2: MSH-n is element n-1."""

    def raw(self, number: int) -> str:
        """MSH-number as sent, or empty."""
        return self.fields[number - 1].strip() if number <= len(self.fields) else ""

    def part(self, number: int, component: int = 1) -> str:
        """A component of the first repetition of MSH-number, as sent."""
        text = self.raw(number)
        if self.marks.repetition:
            text = text.split(self.marks.repetition, 1)[0]
        pieces = text.split(self.marks.component)
        return pieces[component - 1].strip() if component <= len(pieces) else ""

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.raw(10)

    @property
    def echo(self) -> str:
        """MSH-10 for MSA-2: exactly as sent, since senders compare it; blanks alone are none."""
        return self.fields[9][:199] if self.control_id else ""

    @property
    def type(self) -> tuple[str, str, str]:
        """MSH-9 of the first repetition: message, trigger, structure."""
        text = self.raw(9)
        if self.marks.repetition:
            text = text.partition(self.marks.repetition)[0]
        pieces = [piece.strip() for piece in text.split(self.marks.component, 3)]
        pieces += ["", ""]
        return pieces[0], pieces[1], pieces[2]

    @property
    def kind(self) -> str:
        """`DFT^P03`; `ADT` where a 2.1 sender gives no trigger."""
        message, trigger, _ = self.type
        return f"{message}^{trigger}" if trigger else message

    @property
    def version(self) -> str:
        """MSH-12.1 where it is one we know, else empty."""
        text = self.part(12)
        return text if _VERSION.fullmatch(text) else ""

    @property
    def enhanced(self) -> bool:
        """Whether MSH-15 or MSH-16 asks for the enhanced acknowledgement mode."""
        return bool(self.raw(15) or self.raw(16))

    def identity(self, digest: str) -> str:
        """MSH-3, MSH-4 and MSH-10; without MSH-10 the body's own hash, so that nothing shares it."""
        parts = (self.raw(3), self.raw(4), self.control_id or f"#{digest}")
        return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)


def header_of(text: str) -> Header:
    """The header of a message's text.

    Raises:
        Reject: NO_HEADER or BAD_DELIMITERS.
    """
    if not text.startswith("MSH"):
        raise NO_HEADER("MSH")
    end = text.find("\r")
    line = text if end < 0 else text[:end]
    if "\n" in line or "\x0b" in line or "\x1c" in line:
        line = _ENDS.split(line, maxsplit=1)[0]
    field = line[3:4]
    fields = line.split(field) if field else [line]
    return Header(delimiters(field, fields[1] if len(fields) > 1 else ""), fields)


def header_for_answer(body: bytes, charset: str) -> Header | None:
    """The header to answer to, also of a message that was refused; None where it cannot be safely given back."""
    codec = CODECS[charset]
    try:
        if charset in WIDE:
            return header_of(body.decode(codec, "ignore").lstrip(_FRAMES))
        start = body.find(b"MSH", 0, 64)
        line = _BYTE_ENDS.split(body[start:], maxsplit=1)[0] if start >= 0 else b""
        if body[: max(start, 0)].decode(codec).strip(_FRAMES):
            return None
        return header_of(line.decode(codec))
    except (Reject, UnicodeDecodeError):
        return None


def plain_control_id(body: bytes) -> str:
    """MSH-10 of a message whose header cannot be read otherwise, if it is plain letters and digits."""
    line = body[:4096].decode("ascii", "replace").lstrip("\ufffd" + _FRAMES)
    if not line.startswith("MSH") or len(line) < 5:
        return ""
    fields = _ENDS.split(line, maxsplit=1)[0].split(line[3], 10)
    found = fields[9].strip() if len(fields) > 9 else ""
    return found if _PLAIN.fullmatch(found) else ""


def judge(header: Header, types: Sequence[str], processing: Sequence[str]) -> Fault | None:
    """Why this header cannot be taken, or None. A missing version or processing id is no reason.

    Args:
        header: the message's.
        types: accepted MSH-9 patterns, such as `ADT^*`.
        processing: accepted MSH-11.1.
    """
    control_id = header.control_id
    if not control_id or len(control_id) > 199:
        return NO_CONTROL_ID("MSH-10")
    message, trigger, _ = header.type
    if not _takes(f"{message}^{trigger}"[:64], tuple(types)):
        return TYPE_NOT_TAKEN("MSH-9", types=", ".join(types))
    if header.raw(12) and not header.version:
        return VERSION("MSH-12")
    if header.raw(11) and header.part(11) not in processing:
        return PROCESSING("MSH-11", ids=", ".join(processing))
    return None


@lru_cache(maxsize=256)
def _takes(name: str, types: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in types)


BARE: Final = Header(STANDARD, ("MSH", STANDARD.encoding))
"""Stands in where a message has no header of its own."""
