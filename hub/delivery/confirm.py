"""Has issued bills countersigned by the fiscal platform, in the order they were issued.

The platform signs the bytes the unit signed; an answer whose bytes differ, or whose signature does not hold, is refused.
An unknown outcome is asked about by bill code and number before anything is sent again (I8).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from hub.adapter import Request, Response
from hub.delivery.faults import PLATFORM_BUSY, PLATFORM_CHANGED, PLATFORM_REFUSED
from hub.delivery.http import Caller
from hub.errors import Unknown
from hub.issuing.envelope import signed_bytes

Judge = Callable[[bytes], bool]
"""Whether an XML holds a supervisor's signature that is good and leads to the trust folder."""

_XML: Final = (("Content-Type", "application/xml; charset=utf-8"),)


async def countersign(caller: Caller, url: str, xml: bytes, code: str, number: str, judge: Judge) -> bytes:
    """The XML with both signatures.

    Raises:
        Retry: the platform is away; the bill stays issued.
        Unknown: it did not answer, and does not know the bill either.
        Reject: it refused, or its answer is not good.
    """
    try:
        answer = await caller.call(Request(f"{url}/sign", xml, headers=_XML))
    except Unknown:
        answer = await caller.call(Request(f"{url}/state?{urlencode({'code': code, 'number': number})}", method="GET"))
        if answer.status == 404:
            raise
    return _good(answer, xml, judge)


def _good(answer: Response, xml: bytes, judge: Judge) -> bytes:
    if answer.status in {429, 500, 502, 503, 504}:
        raise PLATFORM_BUSY(status=answer.status)
    if answer.status != 200:
        raise PLATFORM_REFUSED(status=answer.status, found=answer.body[:120].decode("utf-8", "replace"))
    if signed_bytes(answer.body) != signed_bytes(xml) or not judge(answer.body):
        raise PLATFORM_CHANGED()
    return answer.body
