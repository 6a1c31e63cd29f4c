"""Bytes → text, as HL7 v2 senders in China need it: BOM, then MSH-18, then strict UTF-8, then the source's default.

Always before any splitting: the second byte of 464 common Han characters in GBK is a default delimiter (乗 ends in 5C).
Always strict: a declaration that the bytes contradict is a refusal, never mojibake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from adapters.his.hl7v2.faults import CONTRADICTED, NOT_DECODED, UNKNOWN_CHARSET
from hub.errors import Reject

CODECS: Final[Mapping[str, str]] = {
    "ASCII": "ascii",
    "UTF-8": "utf-8",
    "GB18030": "gb18030",
    "BIG5": "cp950",
    "UTF-16": "utf-16",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "UTF-32LE": "utf-32-le",
    "UTF-32BE": "utf-32-be",
    **{f"ISO-8859-{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "EUC-KR": "euc_kr",
    "SHIFT_JIS": "cp932",
}
"""Our name of a character set → Python's codec. GB2312 and GBK are read as GB18030, which contains both."""

_ALIASES: Final[Mapping[str, str]] = {
    # HL7 table 0211 as printed, without spaces and punctuation
    "ASCII": "ASCII",
    "ISOIR6": "ASCII",
    "GB180302000": "GB18030",
    "UNICODE": "UTF-8",
    "UNICODEUTF8": "UTF-8",
    "UNICODEUTF16": "UTF-16",
    "BIG5": "BIG5",
    "KSX1001": "EUC-KR",
    **{f"8859{part}": f"ISO-8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    # what sites write
    **dict.fromkeys(("USASCII", "ISO646US", "ANSIX34"), "ASCII"),
    **dict.fromkeys(("UTF8", "CP65001", "65001", "UNICODEUTF80"), "UTF-8"),
    **dict.fromkeys(
        ("GB18030", "GB180302005", "GB180302022", "GBK", "GB2312", "GB23121980", "EUCCN", "CP936", "MS936", "936"),
        "GB18030",
    ),
    "WINDOWS936": "GB18030",
    "UTF16": "UTF-16",
    **dict.fromkeys(("CP950", "950"), "BIG5"),
    **{f"ISO8859{part}": f"ISO-8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "LATIN1": "ISO-8859-1",
}
TABLE_0211: Final[Mapping[str, str]] = {
    "UTF-8": "UNICODE UTF-8",
    "GB18030": "GB 18030-2000",
    "BIG5": "BIG-5",
    "UTF-16LE": "UNICODE UTF-16",
    "UTF-16BE": "UNICODE UTF-16",
    "UTF-32LE": "UNICODE UTF-32",
    "UTF-32BE": "UNICODE UTF-32",
    **{f"ISO-8859-{part}": f"8859/{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}
"""Our name of a character set → what MSH-18 calls it."""

_PUNCTUATION: Final = re.compile(r"[^0-9A-Z]")

_BOMS: Final = (  # longest first: UTF-32LE's begins with UTF-16LE's
    (b"\x00\x00\xfe\xff", "UTF-32BE"),
    (b"\xff\xfe\x00\x00", "UTF-32LE"),
    (b"\x84\x31\x95\x33", "GB18030"),
    (b"\xef\xbb\xbf", "UTF-8"),
    (b"\xff\xfe", "UTF-16LE"),
    (b"\xfe\xff", "UTF-16BE"),
)
_WIDE: Final = re.compile(
    rb"(?:[\x0b\r\n ]\x00)*[MFB]\x00[SH]\x00[HS]\x00|(?:\x00[\x0b\r\n ])*\x00[MFB]\x00[SH]\x00[HS]"
)
WIDE: Final = frozenset({"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
"""Character sets whose line ends are not single bytes."""

_LEGACY: Final = frozenset({"GB18030", "BIG5", "EUC-KR", "SHIFT_JIS"})
_HAN: Final = re.compile("[\u2e80-\u9fff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, our name of its character set, and what deserved a remark."""

    text: str
    charset: str
    warnings: tuple[str, ...] = ()


def charset_named(name: str, aliases: Mapping[str, str] | None = None) -> str | None:
    """Our name of what MSH-18 or a setting calls a character set, or None."""
    key = alias_key(name)
    if aliases and key in aliases:
        return aliases[key]
    return _ALIASES.get(key)


@lru_cache(maxsize=256)
def alias_key(name: str) -> str:
    """The form in which names are compared: capitals and digits only."""
    return _PUNCTUATION.sub("", name.upper())


def mark(raw: bytes) -> tuple[str | None, int]:
    """The character set that a BOM (or UTF-16 without one) gives away, and the length of the BOM."""
    if raw.startswith(b"MSH"):
        return None, 0
    for bom, name in _BOMS:
        if raw.startswith(bom):
            return name, len(bom)
    if b"\x00" in raw[:8] and _WIDE.match(raw):
        return ("UTF-16BE" if raw[0] == 0 else "UTF-16LE"), 0
    return None, 0


def decode(raw: bytes, default: str, aliases: Mapping[str, str] | None = None, marked: str | None = None) -> Decoded:
    """The text of one message, BOM removed.

    Args:
        raw: one message, from its MSH on.
        default: our name of the source's own character set.
        aliases: further names for MSH-18, by `alias_key`.
        marked: what the BOM of the delivery said, which decides.

    Raises:
        Reject: NOT_DECODED, CONTRADICTED or UNKNOWN_CHARSET.
    """
    if marked:
        return Decoded(_strict(raw, marked), marked)
    line = raw[: _line_end(raw)]
    said = [name for name in _declared(line, default) if name]
    names = [charset_named(name, aliases) for name in said]
    known = [name for name in names if name]
    if raw.isascii():
        if known and known[0].startswith("UTF-16"):
            raise CONTRADICTED("MSH-18", charset="UTF-16", found="ASCII")
        return Decoded(_clean(raw.decode("ascii")), known[0] if known else "ASCII")
    if known:
        return _as_declared(raw, known)
    try:
        return Decoded(_clean(raw.decode("utf-8")), "UTF-8", ("MSH-18",) if said else ())
    except UnicodeDecodeError:
        if said:
            raise UNKNOWN_CHARSET("MSH-18") from None
    return Decoded(_honest(raw, default), default)


def said(raw: bytes, default: str, aliases: Mapping[str, str] | None = None) -> str:
    """What a sender whose text does not decode says it is, so that the answer is in what it expects to read."""
    for one in _declared(raw[: _line_end(raw)], default):
        name = charset_named(one, aliases)
        if name and name not in ("ASCII", "UTF-16"):
            return name
    return default


def _as_declared(raw: bytes, known: list[str]) -> Decoded:
    """The first repetition of MSH-18 is the message's character set; after ASCII the next may be the one used."""
    last = known[-1]
    for name in known:
        if name == "ASCII" and name != last:
            continue
        if name.startswith("UTF-16"):
            raise CONTRADICTED("MSH-18", charset="UTF-16", found="8-bit")
        return Decoded(_honest(raw, name), name)
    raise NOT_DECODED("MSH-18", charset=last)


def _honest(raw: bytes, name: str) -> str:
    """Decodes strictly and refuses bytes that are plainly UTF-8 under another name, whole or damaged."""
    try:
        text = _strict(raw, name)
    except Reject:
        if name != "UTF-8" and _is_utf_8(raw):
            raise CONTRADICTED("MSH-18", charset=name, found="UTF-8") from None
        raise
    if name in {"UTF-8", "ASCII"}:
        return text
    if _is_utf_8(raw):
        # Three UTF-8 bytes that make a Han character hardly ever arise from GBK pairs; in Latin sets no sequence does.
        if name not in _LEGACY or _HAN.search(raw.decode("utf-8")):
            raise CONTRADICTED("MSH-18", charset=name, found="UTF-8")
    elif name in _LEGACY and not _everyday(text):
        # Where some are broken, the text must also look unlike everyday Chinese before it is called damaged UTF-8.
        seen = raw.decode("utf-8", "replace")
        if len(_HAN.findall(seen)) >= seen.count("\ufffd"):
            raise CONTRADICTED("MSH-18", charset=name, found="UTF-8")
    return text


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _everyday(text: str) -> bool:
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _strict(raw: bytes, name: str) -> str:
    try:
        return _clean(raw.decode(CODECS[name]))
    except UnicodeDecodeError:
        raise NOT_DECODED("", charset=name) from None


def _clean(text: str) -> str:
    if "\ufffd" in text or "\0" in text:  # a replacement character is somebody else's failed decoding
        raise NOT_DECODED("", charset="U+FFFD" if "\ufffd" in text else "NUL")
    if "\ufeff" in text:  # what joining files leaves behind; it is no letter of any name
        return text.replace("\ufeff", "")
    return text


def _declared(line: bytes, default: str) -> list[str]:
    """MSH-18's repetitions. The MSH line is read as text, because a facility's GBK name may hold delimiter bytes."""
    if line.isascii():
        text = line.decode("ascii")
    else:
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode(CODECS[default], "replace")
    fields = text.split(text[3:4] or "|", 18)
    if len(fields) < 18:  # MSH-1 is the separator itself, so that MSH-18 is piece 17
        return []
    encoding = fields[1]
    return fields[17].split(encoding[1]) if len(encoding) > 1 else [fields[17]]


def _line_end(raw: bytes) -> int:
    end = raw.find(b"\r")
    if end < 0:
        end = len(raw)
    earlier = raw.find(b"\n", 0, end)
    return earlier if earlier >= 0 else end
