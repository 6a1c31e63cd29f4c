"""The way to a collector: one delivery at a time, with the login as it is just then, and a bound on the whole of it."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

from hub.adapter import Request, Response
from hub.delivery.http import Caller
from hub.errors import Fault, Retry, Unknown
from hub.tracing.collector import Collector
from hub.tracing.faults import AWAY, LOGIN_REFUSED, NOT_TAKEN, SLOW

SEND_SECONDS: Final = 5.0
PROTOBUF: Final = ("Content-Type", "application/x-protobuf")


class Post:
    """Keeps its connection while all is well; after a failure certificates are read anew."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._caller: Caller | None = None

    async def __call__(self, body: bytes) -> bytes:
        """Delivers a request of OTLP; the collector's answer to it.

        Raises:
            Retry: it is away, too slow, or refuses the login; or, as NOT_TAKEN, it will never take this body.
            Config: a secret or the certificates cannot be read just now.
        """
        try:
            return await self._delivered(body)
        except Fault:
            await self.close()
            raise

    async def close(self) -> None:
        """Closes the connection."""
        if self._caller is not None:
            caller, self._caller = self._caller, None
            await caller.close()

    async def _delivered(self, body: bytes) -> bytes:
        where = self._collector.endpoint
        login = self._collector.headers()
        if self._caller is None:
            self._caller = Caller(self._collector.trust())
        try:
            async with asyncio.timeout(SEND_SECONDS):
                answer = await self._caller.call(Request(where, body, headers=(PROTOBUF, *login)))
        except TimeoutError:
            raise SLOW(endpoint=where, why=f"no answer within {SEND_SECONDS:g} s") from None
        except (Retry, Unknown) as fault:
            raise AWAY(endpoint=where, why=_why(fault)) from None
        return self._judged(answer)

    def _judged(self, answer: Response) -> bytes:
        where, status = self._collector.endpoint, answer.status
        if status == 200:
            return answer.body
        if status in {401, 403}:
            raise LOGIN_REFUSED(endpoint=where, status=status)
        if status in {408, 429} or status >= 500:
            raise SLOW(endpoint=where, why=f"status {status}")
        raise NOT_TAKEN(endpoint=where, found=f"status {status}")


def _why(fault: BaseException) -> str:
    """What kept a call from its end, by the innermost word that names no secret: a type, or a certificate's flaw."""
    seen: BaseException = fault
    while (below := seen.__cause__ or seen.__context__) is not None:
        seen = below
        if isinstance(seen, ssl.SSLCertVerificationError):
            return seen.verify_message
    return type(seen).__name__
