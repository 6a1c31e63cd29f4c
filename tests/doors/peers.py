"""Senders and handlers the door tests share: raw sockets, and a handler that writes down what it was given."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from hub.adapter import Answer, Delivery
from hub.doors.bind import bind
from hub.doors.http import serve_http
from hub.doors.http_limits import HttpLimits
from hub.doors.http_server import HttpServer
from hub.doors.mllp import serve_mllp
from hub.doors.mllp_limits import MllpLimits
from hub.doors.mllp_server import MllpServer

PATIENCE = 5.0


class Notes:
    """A handler that notes every delivery, and answers by a function, or raises what it is told to."""

    def __init__(self, answer: Callable[[Delivery], Answer] | None = None) -> None:
        self.deliveries: list[tuple[str, Delivery]] = []
        self.faults: list[BaseException] = []
        self.answer = answer or (lambda delivery: Answer(b"ok:" + delivery.body))
        self.gate: asyncio.Event | None = None
        self.arrived = asyncio.Event()

    @property
    def bodies(self) -> list[bytes]:
        return [delivery.body for _, delivery in self.deliveries]

    async def __call__(self, source: str, delivery: Delivery) -> Answer:
        self.deliveries.append((source, delivery))
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.faults:
            raise self.faults.pop(0)
        return self.answer(delivery)


@contextlib.asynccontextmanager
async def http_door(handler: Any, app: Any = None, **limits: Any) -> AsyncIterator[HttpServer]:
    server = await serve_http(bind(), handler, app, HttpLimits(**limits))
    try:
        yield server
    finally:
        await server.close(0.2)


@contextlib.asynccontextmanager
async def mllp_door(handler: Any, refuse: Any = None, **limits: Any) -> AsyncIterator[MllpServer]:
    server = await serve_mllp(bind(), "demo/his", handler, MllpLimits(**limits), refuse=refuse)
    try:
        yield server
    finally:
        await server.close(0.2)


class Peer:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def until(self, mark: bytes) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(mark), PATIENCE)

    async def to_end(self) -> bytes:
        """Everything until the door closes; a reset counts as an end."""
        got = b""
        with contextlib.suppress(ConnectionError):
            while piece := await asyncio.wait_for(self.reader.read(65536), PATIENCE):
                got += piece
        return got

    async def response(self) -> tuple[int, dict[str, str], bytes]:
        """One response with a Content-Length or in chunks."""
        head = (await self.until(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            while size := int((await self.until(b"\r\n")).strip(), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.until(b"\r\n")
        elif length := int(headers.get("content-length", "0")):
            body = await asyncio.wait_for(self.reader.readexactly(length), PATIENCE)
        return int(head[0].split()[1]), headers, body


@contextlib.asynccontextmanager
async def peer(server: HttpServer | MllpServer) -> AsyncIterator[Peer]:
    reader, writer = await asyncio.open_connection(*server.address)
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()


async def wait_for(condition: Callable[[], object]) -> None:
    """Turns the loop until the condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.002)


class Wire(asyncio.Transport):
    """A transport without a socket: what was written is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def write_eof(self) -> None:
        self.closed = True

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("sockname", "peername") else default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...
