"""A load generator that costs little: prepared bytes, one outstanding request a connection, keep-alive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence


class _Client(asyncio.Protocol):
    """Sends the next request as soon as the last one is answered."""

    def __init__(self, work: Iterator[tuple[int, bytes]], http: bool, report: list[float], bad: list[bytes]) -> None:
        self._work = work
        self._http = http
        self._report = report
        self._bad = bad
        self._buffer = b""
        self._sent = 0.0
        self._delay = 0.0
        self.finished = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        item = next(self._work, None)
        if item is None:
            self._transport.close()
            if not self.finished.done():
                self.finished.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(item[1])  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        whole = self._http_done() if self._http else self._buffer.endswith(b"\x1c\r")
        if whole:
            self._report.append(time.perf_counter() - self._sent)
            good = self._buffer.startswith(b"HTTP/1.1 200") if self._http else b"MSA|AA" in self._buffer
            if not good and len(self._bad) < 5:
                self._bad.append(self._buffer[:300])
            self._buffer = b""
            self._next()

    def _http_done(self) -> bool:
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        start = head.lower().find(b"content-length:")
        length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        return len(body) >= length

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(exc or ConnectionResetError("closed by the hub"))


async def run(host: str, port: int, requests: Sequence[bytes], connections: int, *, http: bool) -> list[float]:
    """Sends all requests; returns the seconds each took. Any answer that is not a success ends the benchmark."""
    work = iter(enumerate(requests))
    report: list[float] = []
    bad: list[bytes] = []
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(min(connections, len(requests))):
        _, client = await loop.create_connection(lambda: _Client(work, http, report, bad), host, port)
        clients.append(client)
    await asyncio.gather(*(client.finished for client in clients))
    if bad:
        raise SystemExit(f"not a success: {bad[0]!r}")
    return report


def post(path: str, body: bytes, content_type: str) -> bytes:
    """A prepared HTTP request."""
    head = f"POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def frame(message: bytes) -> bytes:
    """A prepared MLLP frame."""
    return b"\x0b" + message + b"\x1c\r"
