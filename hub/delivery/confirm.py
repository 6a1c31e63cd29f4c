"""Has one issued bill countersigned by the fiscal platform.

The platform signs the bytes the unit signed; an answer with other bytes, or a signature that does not hold, is refused.
An unknown outcome is asked about by bill code and number before anything is sent again (I8).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

import orjson

from hub.adapter import Request, Response
from hub.delivery.faults import PLATFORM_BUSY, PLATFORM_CHANGED, PLATFORM_REFUSED, PLATFORM_UNTRUSTED
from hub.delivery.http import Caller
from hub.errors import Fault, Unknown
from hub.issuing.envelope import signed_bytes

Judge = Callable[[bytes], bool]
"""Whether an XML holds a supervisor's signature that is good and leads to the trust folder. From any thread."""

_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_XML: Final = (("Content-Type", "application/xml; charset=utf-8"),)


async def countersign(
    caller: Caller, url: str, xml: bytes, code: str, number: str, judge: Judge, *, again: bool
) -> bytes:
    """The XML with both signatures. `again`: it was tried before, so the platform is asked first.

    Raises:
        Retry: the platform is away; the bill stays issued.
        Unknown: it did not answer, and does not know the bill either.
        Reject: it refused, or its answer is not good.
    """
    known = await _known(caller, url, code, number) if again else None
    if known is None:
        try:
            answer = await caller.call(Request(f"{url}/sign", xml, headers=_XML))
        except Unknown as unsure:
            try:
                known = await _known(caller, url, code, number)
            except Fault:
                raise unsure from None  # it is asked first the next time
            if known is None:
                raise  # it did not act; the relay submits the bill again in its turn
    if known is not None:
        answer = Response(200, known)
    _check(answer, xml)
    if not await asyncio.to_thread(judge, answer.body):
        raise PLATFORM_UNTRUSTED()
    return answer.body


async def _known(caller: Caller, url: str, code: str, number: str) -> bytes | None:
    """What the platform countersigned under this number, if anything."""
    asked = Request(f"{url}/state?{urlencode({'code': code, 'number': number})}", method="GET")
    answer = await caller.call(asked)
    if answer.status in _BUSY:
        raise PLATFORM_BUSY(status=answer.status)
    try:
        state = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    xml = state.get("xml") if answer.status == 200 and isinstance(state, dict) else None
    return xml.encode() if isinstance(xml, str) else None


def _check(answer: Response, xml: bytes) -> None:
    if answer.status in _BUSY:
        raise PLATFORM_BUSY(status=answer.status)
    if answer.status != 200:
        raise PLATFORM_REFUSED(status=answer.status, found=answer.body[:120].decode("utf-8", "replace"))
    if signed_bytes(answer.body) != signed_bytes(xml):
        raise PLATFORM_CHANGED()
