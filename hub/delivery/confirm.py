"""Has issued bills countersigned by the fiscal platform, in the order they were issued.

The platform signs the bytes the unit signed; an answer with other bytes, or a signature that does not hold, is refused.
An unknown outcome is asked about by bill code and number before anything is sent again (I8).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

import orjson

from hub.adapter import Request, Response
from hub.delivery.faults import PLATFORM_BUSY, PLATFORM_CHANGED, PLATFORM_REFUSED, PLATFORM_UNTRUSTED
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
        known = await _known(caller, url, code, number)
        if known is None:
            raise  # it did not act; the relay submits the bill again in its turn
        answer = Response(200, known)
    return _good(answer, xml, judge)


async def _known(caller: Caller, url: str, code: str, number: str) -> bytes | None:
    """What the platform countersigned under this number, if anything."""
    asked = Request(f"{url}/state?{urlencode({'code': code, 'number': number})}", method="GET")
    answer = await caller.call(asked)
    try:
        state = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    xml = state.get("xml") if answer.status == 200 and isinstance(state, dict) else None
    return xml.encode() if isinstance(xml, str) else None


def _good(answer: Response, xml: bytes, judge: Judge) -> bytes:
    if answer.status in {429, 500, 502, 503, 504}:
        raise PLATFORM_BUSY(status=answer.status)
    if answer.status != 200:
        raise PLATFORM_REFUSED(status=answer.status, found=answer.body[:120].decode("utf-8", "replace"))
    if signed_bytes(answer.body) != signed_bytes(xml):
        raise PLATFORM_CHANGED()
    if not judge(answer.body):
        raise PLATFORM_UNTRUSTED()
    return answer.body
