"""One message's way as a tracing backend sees it: three processes of a real cluster, one trace, and no person in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from hub.ledger.records import Submission
from hub.simulators.hospital_hl7 import HospitalHl7
from hub.tracing.contexts import Context, contexts, headers, kept
from tests.engine.cluster.province import province
from tests.hubprocess import running

pytestmark = pytest.mark.timeout(180)


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


async def test_one_trace_leads_from_the_door_to_the_bill(tmp_path: Path) -> None:
    async with backend() as (traces, endpoint), province(tmp_path) as place:
        hub = yaml.safe_load(place.hub.read_text("utf-8"))
        place.hub.write_text(yaml.safe_dump(hub | {"traces": {"endpoint": endpoint, "one_in": 1}}), "utf-8")
        async with running(place.machine("door", "worker", "issuer")) as machine:
            async with HospitalHl7(*machine.address("demo-hospital/his"), prefix="T") as his:
                charge, ack = await his.send_charge(cash=True)
                assert ack.code == "AA"
            await place.until_bills(issued=1)
            async with asyncio.timeout(30):
                while {span.name for _, span in traces.spans} < {
                    "receive",
                    "produce",
                    "take",
                    "commit",
                    "issue",
                    "sign",
                }:
                    await asyncio.sleep(0.05)
            assert await machine.stop() < 10
        ((message,),) = await place.rows("SELECT id FROM message")
    spans = {span.name: (service, span) for service, span in traces.spans}
    assert {span.trace_id for _, span in traces.spans} == {bytes.fromhex(message)}
    assert {name: service for name, (service, _) in spans.items()} == {
        "receive": "billhub-door",
        "produce": "billhub-door",
        "take": "billhub-worker",
        "commit": "billhub-worker",
        "issue": "billhub-issuer",
        "sign": "billhub-issuer",
    }
    of = {name: span for name, (_, span) in spans.items()}
    parents = {"produce": "receive", "take": "receive", "commit": "take", "issue": "take", "sign": "issue"}
    assert of["receive"].parent_span_id == b""
    for child, parent in parents.items():
        assert of[child].parent_span_id == of[parent].span_id, child
        assert of[child].start_time_unix_nano <= of[child].end_time_unix_nano
    assert [link.span_id for link in of["produce"].links] == [of["receive"].span_id]
    assert [link.span_id for link in of["take"].links] == [of["produce"].span_id]
    key = next(one.value.string_value for one in of["issue"].attributes if one.key == "billhub.key")
    assert key.startswith("charge_no=*")
    assert key.endswith(charge.charge_no[-4:])
    whole = b"".join(traces.bodies)
    for secret in (charge.charge_no, charge.patient.name, charge.patient.number, charge.patient.phone):
        assert secret.encode() not in whole


def test_a_packed_record_carries_a_context_for_each_message_that_is_traced() -> None:
    produced, first, third = Context(1, 2), Context(3, 4), Context(5, 6)
    told = headers(produced, [(0, first), (2, third)])
    assert told[0] == ("traceparent", b"00-00000000000000000000000000000001-0000000000000002-01")
    assert contexts(told) == (produced, {0: first, 2: third})
    assert contexts(dict(told[:2])) == (produced, {0: first})


@pytest.mark.parametrize(
    "text", [b"", b"00-1-2-01", b"\xff\xfe", b"99999999 x", b"1 00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"]
)
def test_what_is_no_context_is_left_out(text: bytes) -> None:
    assert contexts([("traceparent", text), ("billhub-event", text), ("other", text)]) == (None, {})


def test_every_process_keeps_the_same_traces() -> None:
    ids = [f"{number * 2654435761 % 2**64:032x}" for number in range(10_000)]
    assert all(kept(id_, 1) for id_ in ids)
    assert 800 < sum(kept(id_, 10) for id_ in ids) < 1200
    assert Submission.__struct_fields__[0] == "id"  # every schema begins with it: what a trace is called by
