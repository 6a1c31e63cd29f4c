"""Ids of spans: the one that is told next, where it is known beforehand, else one by chance."""

from __future__ import annotations

from random import SystemRandom

from opentelemetry.sdk.trace.id_generator import IdGenerator

from hub.tracing.contexts import Context


class Ids(IdGenerator):
    """The tracer asks for the trace's id only where a span has no parent."""

    def __init__(self) -> None:
        self._random = SystemRandom()
        self.next = Context(0, 0)

    def new_span(self) -> int:
        """An id of no span yet."""
        return self._random.getrandbits(64) or 1

    def generate_span_id(self) -> int:
        """The SDK's."""
        return self.next.span

    def generate_trace_id(self) -> int:
        """The SDK's."""
        return self.next.trace
