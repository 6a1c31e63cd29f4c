"""Asks a fiscal platform what it has: after a restore, it may hold bills that the ledger and the archive do not know.

A platform is asked by ranges of numbers, which it lists, then for each number it names that nobody here knows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

import orjson

from hub.adapter import Request, Response
from hub.delivery.faults import PLATFORM_BUSY, PLATFORM_UNTRUSTED, RECALL_STRANGE
from hub.delivery.http import Caller
from hub.delivery.relay import Platform


async def recall(
    caller: Caller, platform: Platform, code: str, first: int, last: int, wanted: Callable[[str], bool]
) -> AsyncIterator[tuple[str, bytes]]:
    """(number, XML with both signatures) of each bill the platform countersigned under first..last of a code.

    Raises:
        Retry, Unknown: the platform is away.
        Reject: it cannot be asked like this, or its signature leads to no trusted certificate.
    """
    while first <= last:
        query = {"code": code, "from": f"{first:010d}", "to": f"{last:010d}"}
        told = await _asked(caller, f"{platform.url}/numbers?{urlencode(query)}")
        numbers = told.get("numbers")
        if not isinstance(numbers, list) or not all(isinstance(one, str) and one.isdigit() for one in numbers):
            raise RECALL_STRANGE(platform.url, found="no list of numbers")
        for number in numbers:
            if wanted(number):
                yield number, await _bill(caller, platform, code, number)
        if not told.get("more") or not numbers:
            return
        first = int(numbers[-1]) + 1


async def _bill(caller: Caller, platform: Platform, code: str, number: str) -> bytes:
    state = await _asked(caller, f"{platform.url}/state?{urlencode({'code': code, 'number': number})}")
    xml = state.get("xml")
    if not isinstance(xml, str):
        raise RECALL_STRANGE(platform.url, found=f"{code}-{number} without its bill")
    if not platform.judge(xml.encode()):
        raise PLATFORM_UNTRUSTED(f"{code}-{number}")
    return xml.encode()


async def _asked(caller: Caller, url: str) -> dict[str, Any]:
    answer: Response = await caller.call(Request(url, method="GET"))
    if answer.status in {429, 500, 502, 503, 504}:
        raise PLATFORM_BUSY(status=answer.status)
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = None
    if answer.status != 200 or not isinstance(told, dict):
        raise RECALL_STRANGE(url.partition("?")[0], found=f"HTTP {answer.status}")
    return told
