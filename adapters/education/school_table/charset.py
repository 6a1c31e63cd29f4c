"""Bytes → text, strictly: UTF-8 first (with or without BOM), then GB18030; anything else is refused, never guessed.

GB18030 is a superset of GBK and GB2312. UTF-8 comes first because Chinese GBK text is almost never valid UTF-8, while
the other way round it often decodes into nonsense (domain: libraries 4).
"""

from __future__ import annotations

from adapters.education.school_table.faults import NOT_TEXT


def decode(body: bytes) -> tuple[str, str]:
    """The text and the name of its charset.

    Raises:
        Reject: NOT_TEXT.
    """
    for charset in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(charset)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text, "UTF-8" if charset == "utf-8-sig" else "GB18030"
    raise NOT_TEXT("file")
