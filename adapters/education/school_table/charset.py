"""Bytes → text, strictly: UTF-16 by its BOM, else UTF-8, else GB18030; anything else is refused, never guessed.

GB18030 is a superset of GBK and GB2312. UTF-8 comes first because Chinese GBK text is almost never valid UTF-8, while
the other way round it often decodes into nonsense (domain: libraries 4). UTF-16 is what Excel calls Unicode text.
"""

from __future__ import annotations

from typing import Final

from adapters.education.school_table.faults import NOT_TEXT

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_CHARSETS: Final = (("utf-8-sig", "UTF-8"), ("gb18030", "GB18030"))


def decode(body: bytes) -> tuple[str, str]:
    """The text and the name of its charset.

    Raises:
        Reject: NOT_TEXT.
    """
    for charset, name in (("utf-16", "UTF-16"),) if body.startswith(_UTF16) else _CHARSETS:
        try:
            text = body.decode(charset)
        except UnicodeDecodeError:
            continue
        if "\x00" in text or (name == "GB18030" and _nearly_utf8(body)):
            break
        return text, name
    raise NOT_TEXT("file")


def _nearly_utf8(body: bytes) -> bool:
    """Whether it is UTF-8 with a few bytes damaged, which GB18030 would often read as other names.

    Of real GB18030 text about one character in ten happens to be valid UTF-8.
    """
    told = body.decode("utf-8", "replace")
    foreign = len(told) - len(told.encode("ascii", "ignore"))
    return foreign > 2 * told.count("\ufffd")
