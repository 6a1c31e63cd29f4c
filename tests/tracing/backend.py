"""A collector: takes OTLP over HTTP on a real socket, plain or by TLS, and reads it by OpenTelemetry's own messages.

It asks for a login where it is told to, and answers as a collector in trouble does.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Backend:
    """Takes OTLP over HTTP, as a collector does."""

    login: dict[str, str] = field(default_factory=dict)
    """lower-case header → the value without which nobody comes in"""
    refusal: int = 401
    status: int = 200
    head: str = ""
    """more lines of the answer's head"""
    rejects: int = 0
    """of each delivery's spans"""
    spans: list[tuple[str, Span]] = field(default_factory=list)
    """(service, span)"""
    bodies: list[bytes] = field(default_factory=list)
    asked: int = 0
    """deliveries, taken or not"""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """answers wait for it"""
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.open.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
                head = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(head["content-length"]))
                assert first.startswith("POST /v1/traces ")
                assert head["content-type"] == "application/x-protobuf"
                if head.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                self.asked += 1
                await self.open.wait()
                status, answer = self._judged(head, body)
                told = f"HTTP/1.1 {status} so\r\n{self.head}Content-Length: {len(answer)}\r\n\r\n"
                writer.write(told.encode() + answer)
                await writer.drain()
        writer.close()
        self.writers.discard(writer)

    def _judged(self, head: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if any(head.get(name) != value for name, value in self.login.items()):
            return self.refusal, str(head).encode()  # some tell back what they were told
        if self.status != 200:
            return self.status, b""
        self.bodies.append(body)
        for found in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {one.key: one.value.string_value for one in found.resource.attributes}
            self.spans += [(names["service.name"], span) for scope in found.scope_spans for span in scope.spans]
        answer = ExportTraceServiceResponse()
        answer.partial_success.rejected_spans = self.rejects
        return 200, answer.SerializeToString()


@contextlib.asynccontextmanager
async def backend(
    identity: Path | None = None, port: int = 0, made: Backend | None = None
) -> AsyncIterator[tuple[Backend, str]]:
    """(a collector that serves, its endpoint); `identity` is the PEM of its key and certificate, for TLS."""
    made = made or Backend()
    context = None
    if identity is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(identity)
    server = await asyncio.start_server(made.serve, "127.0.0.1", port, ssl=context)
    try:
        host, port = server.sockets[0].getsockname()
        yield made, f"{'https' if identity else 'http'}://{host}:{port}/v1/traces"
    finally:
        made.open.set()
        server.close()
        for writer in made.writers:
            writer.transport.abort()
