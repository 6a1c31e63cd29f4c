"""A tracing backend: takes OTLP over HTTP on a real socket and reads it by OpenTelemetry's own messages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Backend:
    """Takes OTLP over HTTP, as a collector does."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        """(service, span)"""
        self.bodies: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                assert head.startswith("post /v1/traces ")
                assert "content-type: application/x-protobuf" in head
                body = await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r")[0]))
                self.bodies.append(body)
                for found in ExportTraceServiceRequest.FromString(body).resource_spans:
                    names = {one.key: one.value.string_value for one in found.resource.attributes}
                    self.spans += [(names["service.name"], span) for scope in found.scope_spans for span in scope.spans]
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()


@contextlib.asynccontextmanager
async def backend() -> AsyncIterator[tuple[Backend, str]]:
    made = Backend()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield made, f"http://{host}:{port}/v1/traces"
    finally:
        server.close()
