"""The request target, read strictly: one spelling of a path, or it is refused.

Proxies and servers that disagree on `..`, `//` or `%2F` are how requests get past a check, so none of them is repaired.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from hub.doors.faults import NO_SUCH_SOURCE, TARGET

_BAD_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_BAD_PATH: Final = re.compile(r"//|/\.{1,2}(?:/|\Z)|[\x00-\x1f\x7f\\]")
_NAME: Final = re.compile(r"[\w-][\w.-]{0,127}")
_AUTHORITY: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+;=:%\[\]-]*")
"""RFC 3986 3.2 without user information, which no HTTP address may have, and without a comma (two hosts)."""
_ENCODED_SLASH: Final = re.compile(rb"%2[fF]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: "unit/source", and what follows in the path."""

    source: str
    rest: str


@lru_cache(maxsize=256)
def is_authority(text: str) -> bool:
    """Whether a Host header, or the host of an absolute target, can be one; it may be empty."""
    return _AUTHORITY.fullmatch(text) is not None


def split_target(target: bytes) -> tuple[bytes, bytes]:
    """Path and query of an origin-form or an http absolute-form target.

    Raises:
        Reject: TARGET for any other form, and for a fragment.
    """
    if b"#" in target:
        raise TARGET("path")
    if not target.startswith(b"/"):
        if target[:7].lower() not in (b"http://", b"https:/"):
            raise TARGET("path")
        rest = target.partition(b"://")[2]
        slash = rest.find(b"/")
        target = rest[slash:] if slash >= 0 else b"/"
        if not is_authority(rest.removesuffix(target).decode("latin-1")):
            raise TARGET("path")
    path, _, query = target.partition(b"?")
    return path, query


@lru_cache(maxsize=1024)
def decode_path(path: bytes) -> str:
    """The path with its percent-encoding undone, once.

    Raises:
        Reject: TARGET for a broken or non-UTF-8 encoding, dot segments, doubled slashes, control characters.
    """
    try:
        if b"%" not in path:
            text = path.decode("ascii")
        elif _BAD_PERCENT.search(path):
            raise TARGET("path")
        else:
            text = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        raise TARGET("path") from None
    if _BAD_PATH.search(text):
        raise TARGET("path")
    return text


@lru_cache(maxsize=1024)
def place_of(path: bytes) -> Place | None:
    """The place an /in/ path names; None for every other path.

    Raises:
        Reject: TARGET as `decode_path`; NO_SUCH_SOURCE where unit or source is missing or cannot be a name.
    """
    text = decode_path(path)
    if text != "/in" and not text.startswith("/in/"):
        return None
    if _ENCODED_SLASH.search(path):
        raise TARGET("path")
    parts = text.split("/", 4)[2:]
    if len(parts) < 2 or not _NAME.fullmatch(parts[0]) or not _NAME.fullmatch(parts[1]):
        raise NO_SUCH_SOURCE("path")
    return Place(f"{parts[0]}/{parts[1]}", parts[2] if len(parts) == 3 else "")
