"""The one place that makes HTTP calls: time limits, a bounded answer, and errors told apart by what happens next."""

from __future__ import annotations

import ssl
import sys
from importlib.util import find_spec
from types import TracebackType
from typing import Final, Self

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from hub.adapter import Request, Response
from hub.delivery.faults import ANSWER_TOO_LONG, NO_ANSWER, NOT_REACHED

if find_spec("sniffio") is None:
    # httpcore tries to import it several times a call; what is known to be absent is not searched for on the disk
    sys.modules["sniffio"] = None  # type: ignore[assignment]

MAX_ANSWER: Final = 8 * 1024 * 1024
_LIMITS: Final = httpx.Timeout(10.0, connect=3.0)
_KEPT: Final = httpx.Limits(max_connections=None, max_keepalive_connections=64)
"""How many calls are under way is their callers' matter: one that waited here would look like a peer that is away."""


class Caller:
    """Keeps connections open between calls; proxies, redirects and environment settings are not followed."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        """`trust` judges the other side's certificate; without one, the common authorities do."""
        verify = trust if trust is not None else True
        self._client = httpx.AsyncClient(
            timeout=_LIMITS, limits=_KEPT, trust_env=False, follow_redirects=False, verify=verify
        )

    async def __aenter__(self) -> Self:
        """Opens."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connections."""
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def call(self, request: Request) -> Response:
        """Sends a request once; a connection that was never made is tried three times.

        Raises:
            Retry: the other side was not reached: it cannot have acted.
            Unknown: it was reached and did not answer: it may have acted.
        """
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(httpx.ConnectError),
            stop=stop_after_attempt(3),
            wait=wait_exponential_jitter(multiplier=0.05, max=0.5),
            reraise=True,
        )
        try:
            async for attempt in attempts:
                with attempt:
                    return await self._once(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise NOT_REACHED(request.url, found=type(error).__name__) from error
        except httpx.HTTPError as error:
            raise NO_ANSWER(request.url, found=type(error).__name__) from error
        raise AssertionError("tenacity always returns or raises")

    async def _once(self, request: Request) -> Response:
        async with self._client.stream(
            request.method, request.url, content=request.body, headers=list(request.headers)
        ) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise ANSWER_TOO_LONG(request.url, most=MAX_ANSWER)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status_code, bytes(body), headers)
