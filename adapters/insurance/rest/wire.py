"""Bytes of the insurers' dialect: what a path and a query ask for, a page of bills, a problem document (RFC 9457).

Reading is strict on purpose: a misspelt `cursor` taken for "from the start" would send every bill again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from adapters.insurance.rest.faults import BAD_LIMIT, BAD_QUERY, NO_SUCH
from hub.adapter import Answer
from hub.bill.bill import Bill
from hub.errors import Fault, Lang

MOST: Final = 200
"""Bills on one page."""
USUAL: Final = 100

_LIMIT: Final = re.compile(r"[0-9]{1,4}")
_ID: Final = re.compile(r"[0-9A-Za-z]{1,64}")
_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_PRIVATE: Final = ("Cache-Control", "no-store")


@dataclass(frozen=True, slots=True)
class Page:
    """Bills after the cursor, `limit` at most; an empty cursor is the beginning."""

    cursor: str
    limit: int


@dataclass(frozen=True, slots=True)
class One:
    """The bill of that code and number."""

    bill_code: str
    bill_number: str


def read_question(path: str, query: str) -> Page | One:
    """What is asked.

    Raises:
        Reject: no such address (BH-INR-004), or a query that cannot be understood (BH-INR-002, -003).
    """
    match path.strip("/").split("/"):
        case ["bills"]:
            return _page(_fields(query, {"cursor", "limit"}))
        case ["bills", code, number] if _ID.fullmatch(code) and _ID.fullmatch(number):
            _fields(query, set())
            return One(code, number)
        case _:
            raise NO_SUCH("path")


def _fields(query: str, known: set[str]) -> dict[str, str]:
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=8)
    except ValueError:
        raise BAD_QUERY("query") from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or not fields.keys() <= known:
        raise BAD_QUERY("query")
    return fields


def _page(fields: Mapping[str, str]) -> Page:
    limit = fields.get("limit", str(USUAL))
    if _LIMIT.fullmatch(limit) is None or not 1 <= int(limit) <= MOST:
        raise BAD_LIMIT("limit", most=MOST)
    return Page(fields.get("cursor", ""), int(limit))


def page_answer(bills: Iterable[Bill], next_cursor: str, *, more: bool) -> Answer:
    """A page: `{"bills": […], "next": "…", "more": …}`. `next` is always there, also when nothing is left to pull."""
    listed = b",".join(bill.to_json() for bill in bills)
    tail = json.dumps({"next": next_cursor, "more": more}, separators=(",", ":")).encode()
    return Answer(b'{"bills":[' + listed + b"]," + tail[1:], 200, _JSON, (_PRIVATE,))


def bill_answer(bill: Bill) -> Answer:
    """One bill in its outer shape."""
    return Answer(bill.to_json(), 200, _JSON, (_PRIVATE,))


def problem(fault: Fault, status: int, lang: Lang, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    """A problem document with our code; `detail` says what to do about it."""
    told = {
        "type": f"urn:billhub:fault:{fault.code.code}",
        "title": fault.what(lang),
        "status": status,
        "detail": fault.do(lang),
        "code": fault.code.code,
    }
    if fault.where:
        told["where"] = fault.where
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(body, status, _PROBLEM, (_PRIVATE, ("Content-Language", lang), *headers))
