"""A whole trace, from the door to the bill, as a collector has got it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from hub.simulators.hospital_hl7_words import Charge
from tests.tracing.backend import Backend


async def whole(seen: Backend, message: str, spans: Mapping[str, tuple[str, str]]) -> dict[str, Span]:
    """Waits for the spans of a message's trace, which is called by the message's id.

    `spans` says of each (who tells it, its parent), and nothing else may be there.
    """
    trace = bytes.fromhex(message)
    async with asyncio.timeout(30):
        while len(found := {one.name: (who, one) for who, one in seen.spans if one.trace_id == trace}) < len(spans):
            await asyncio.sleep(0.05)
    assert {name: who for name, (who, _) in found.items()} == {name: who for name, (who, _) in spans.items()}
    told = {name: span for name, (_, span) in found.items()}
    for name, (_, parent) in spans.items():
        assert told[name].parent_span_id == (told[parent].span_id if parent else b""), name
        assert told[name].start_time_unix_nano <= told[name].end_time_unix_nano
        assert told[name].start_time_unix_nano >= (told[parent].start_time_unix_nano if parent else 0), name
    return told


def told_of(span: Span) -> dict[str, Any]:
    """A span's attributes."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value") for one in span.attributes}


def names_nobody(seen: Backend, issue: Span, charge: Charge) -> None:
    """A business key is masked, and of the patient nothing left the machine, in whatever charset it came."""
    key = told_of(issue)["billhub.key"]
    assert key.startswith("charge_no=*")
    assert key.endswith(charge.charge_no[-4:])
    sent = b"".join(seen.bodies)
    for secret in (charge.charge_no, charge.patient.name, charge.patient.number, charge.patient.phone):
        for charset in ("utf-8", "gb18030"):
            assert secret.encode(charset) not in sent
