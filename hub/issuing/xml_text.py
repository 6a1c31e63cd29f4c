"""Elements as text: escaped, never with white space around, and never with a character that XML cannot hold."""

from __future__ import annotations

import re
from typing import Final

from hub.bill.money import Fen
from hub.errors import Fault
from hub.issuing.faults import ILLEGAL_CHARACTER

_CONTROLS: Final = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL: Final = re.compile("[&<>\r]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}  # a bare CR would be read back as LF


def one(name: str, value: str | None) -> str:
    """The element, empty where there is no value."""
    if not value:
        return f"<{name}/>"
    if "&" in value or "<" in value or ">" in value or "\r" in value:  # not by `escaped`: 60 calls a bill
        value = _SPECIAL.sub(_entity, value)
    return f"<{name}>{value}</{name}>"


def some(name: str, value: str | None) -> str:
    """The element, nothing where there is no value."""
    return f"<{name}>{escaped(value)}</{name}>" if value else ""


def escaped(text: str) -> str:
    """Text as it stands between tags."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        return _SPECIAL.sub(_entity, text)
    return text


def _entity(found: re.Match[str]) -> str:
    return _ENTITIES[found[0]]


def yuan(fen: Fen, turn: int) -> str:
    """Yuan with two decimals; `turn` is 1, or -1 to change the sign."""
    return fen.yuan if turn == 1 else (-fen).yuan


def legal(text: str, where: str) -> bytes:
    """The text as bytes; one pass in C over the whole is a twentieth of looking at each field.

    Raises:
        Park: a character that XML 1.0 cannot hold; the fault names its element and code point.
    """
    try:
        body = text.encode()
        if (
            len(body.translate(None, _CONTROLS)) == len(body)
            and b"\xef\xbf\xbe" not in body
            and b"\xef\xbf\xbf" not in body
        ):
            return body
    except UnicodeEncodeError:
        pass
    raise _illegal(text, where)


def _illegal(text: str, where: str) -> Fault:
    found = _ILLEGAL.search(text)
    assert found is not None
    element = re.findall(r"<(\w+)>[^<]*$", text[: found.start()])
    return ILLEGAL_CHARACTER(where, field=element[-1] if element else "?", found=f"U+{ord(found[0]):04X}")
