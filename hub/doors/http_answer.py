"""An answer as HTTP/1.1 bytes. Framing headers are the door's alone; an adapter cannot break out of a header line."""

from __future__ import annotations

import re
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final

import orjson

from hub.adapter import Answer
from hub.doors import faults
from hub.doors.server import EverySecond
from hub.errors import Fault, Reject, Retry

_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_VALUE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_OURS: Final = frozenset(
    {b"content-length", b"content-type", b"transfer-encoding", b"connection", b"date", b"keep-alive", b"upgrade"}
)

STATUS_OF: Final[dict[str, int]] = {
    faults.NO_SUCH_SOURCE.code: 404,
    faults.METHOD.code: 405,
    faults.MALFORMED.code: 400,
    faults.TARGET.code: 400,
    faults.TARGET_LONG.code: 414,
    faults.HEAD_LARGE.code: 431,
    faults.BODY_LARGE.code: 413,
    faults.TOO_SLOW.code: 408,
    faults.EXPECTATION.code: 417,
    faults.HTTP_VERSION.code: 505,
    faults.TOO_MANY.code: 503,
    faults.INTERNAL.code: 500,
}
"""Door faults by status; other faults go by their kind."""
TOO_MUCH: Final = frozenset({"BH-ENG-020"})
"""Faults of a sender that sends more than it may: 429."""

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

date_line: Final = EverySecond(lambda moment: b"date: " + formatdate(moment, usegmt=True).encode() + b"\r\n")


def bodiless(status: int) -> bool:
    """Statuses that never have a body (RFC 9110 6.4.1)."""
    return status < 200 or status in (204, 304)


@lru_cache(maxsize=256)
def status_line(status: int) -> bytes:
    """The first line of an answer."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


def header_line(name: bytes, value: bytes) -> bytes:
    """One header. Raises ValueError where name or value could break the line."""
    if not _TOKEN.fullmatch(name) or _BAD_VALUE.search(value):
        raise ValueError("a header of an answer is not well formed")
    return name + b": " + value + b"\r\n"


@lru_cache(maxsize=256)
def _start(status: int, content_type: str, keep: bool) -> bytes:
    lines = status_line(status)
    if not keep:
        lines += b"connection: close\r\n"
    if not bodiless(status):
        lines += header_line(b"content-type", content_type.encode("latin-1"))
    return lines


def render(answer: Answer, *, keep: bool, head_only: bool = False) -> bytes:
    """The whole answer. Raises ValueError for a header or status no answer can have."""
    if not 200 <= answer.status <= 599:
        raise ValueError("not a final status")
    parts = [_start(answer.status, answer.content_type, keep), date_line()]
    for name, value in answer.headers:
        key = name.lower().encode("ascii")
        if key not in _OURS:
            parts.append(header_line(key, value.encode("latin-1")))
    if bodiless(answer.status):
        parts.append(b"\r\n")
    else:
        parts.append(b"content-length: %d\r\n\r\n" % len(answer.body))
        if not head_only:
            parts.append(answer.body)
    return b"".join(parts)


def answer_for(fault: Fault) -> Answer:
    """A fault as a problem document (RFC 9457) in both languages: code and sentences, never what was sent."""
    default = 400 if isinstance(fault, Reject) else 503 if isinstance(fault, Retry) else 500
    status = STATUS_OF.get(fault.code.code, default)
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(fault, Retry) and "retry_after" in fault.values and status == 503:
        status = 429 if fault.code.code in TOO_MUCH else 503
        headers = (("retry-after", str(fault.values["retry_after"])),)
    elif status == 503:
        headers = (("retry-after", str(fault.values.get("retry_after", 1))),)
    elif status == 405:
        headers = (("allow", "GET, POST"),)
    problem = {
        "type": f"urn:billhub:fault:{fault.code.code}",
        "title": f"{fault.what('zh')} / {fault.what('en')}",
        "status": status,
        "detail": f"{fault.do('zh')} / {fault.do('en')}",
        "code": fault.code.code,
    }
    return Answer(orjson.dumps(problem), status, "application/problem+json", headers)
