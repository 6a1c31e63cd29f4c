"""Spans, told when they are over: what took how long is known then, and nothing is held open meanwhile.

OpenTelemetry's SDK is loaded only where hub.yaml asks for traces; without, `on` is false and nobody does anything.
"""

from __future__ import annotations

import importlib.util
import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from hub.ledger.records import Issued, Submission, Verdict, Work
from hub.sections.hub import TracesSection
from hub.tracing.contexts import Context, behind, headers, kept, key_of, masked, received, taken
from hub.tracing.faults import NO_EXTRA

NEEDED: Final = ("opentelemetry.sdk", "opentelemetry.exporter")
END_MILLISECONDS: Final = 1500
SEND_SECONDS: Final = 5.0
MOST_LEFT: Final = 10_000


class Came(NamedTuple):
    """A traced message that a worker has in hand."""

    context: Context
    record: Context | None
    """who produced the record it was in"""
    at: int


class Traces:
    """One for a process. Times are nanoseconds since the epoch, as `time.time_ns` has them."""

    def __init__(self) -> None:
        self.on = False
        self._one_in = 1
        self._provider: Any = None
        self._tracer: Any = None
        self._ids: Any = None
        self._lock = threading.Lock()

    def begin(self, section: TracesSection | None, role: str, instance: str, ca: str | None = None) -> None:
        """Turns it on, where the section is there.

        Raises:
            Config: the SDK is not installed.
        """
        if section is None:
            return
        check(section)
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON

        from hub.tracing.ids import Ids

        logging.getLogger("opentelemetry").setLevel(logging.ERROR)
        named = {
            "service.name": f"billhub-{role}",
            "service.version": version("billhub"),
            "service.instance.id": instance,
        }
        self._ids = Ids()
        self._one_in = section.one_in
        self._provider = TracerProvider(
            sampler=ALWAYS_ON, resource=Resource(named), id_generator=self._ids, shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(section.endpoint, certificate_file=ca, timeout=SEND_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
        self._tracer = self._provider.get_tracer("billhub")
        self.on = True

    def end(self) -> None:
        """Sends what is left, within a bound."""
        if self.on:
            self.on = False
            self._provider.force_flush(END_MILLISECONDS)

    # a door

    def context(self, message: Submission) -> Context | None:
        """The context of a message that a door takes, where its trace is kept."""
        return received(message) if self.on and kept(message.id, self._one_in) else None

    def answered(self, messages: Sequence[Submission], verdicts: Sequence[Verdict], began: int) -> None:
        """A door has answered a delivery."""
        for message, verdict in zip(messages, verdicts, strict=True):
            context = self.context(message)
            if context is not None:
                told = {"billhub.place": verdict.place, "billhub.answer": message.answer, **_who(message)}
                self._tell("receive", context, None, began, told)

    def produced(self, events: Sequence[tuple[int, Context]]) -> tuple[Context, list[tuple[str, bytes]]]:
        """(the span that a record will be told as, the record's headers)."""
        context = Context(events[0][1].trace, self._ids.new_span())
        return context, headers(context, events)

    def acknowledged(
        self,
        context: Context,
        topic: str,
        partition: int,
        events: Sequence[tuple[int, Context]],
        packed: int,
        began: int,
    ) -> None:
        """Kafka has a record: one span, in the trace of its first traced message, with a link to each of them."""
        told = {
            "messaging.system": "kafka",
            "messaging.destination.name": topic,
            "messaging.destination.partition.id": str(partition),
            "messaging.batch.message_count": packed,
        }
        links = [event for _, event in events]
        self._tell("produce", context, links[0], began, told, links)

    # a worker

    def committed(
        self, messages: Iterable[tuple[Submission, Verdict]], came: dict[tuple[str, str], Came], began: int
    ) -> None:
        """A transaction that began then is committed; of what came, those that are traced are told."""
        many, ended = list(messages), time.time_ns()
        for message, verdict in many:
            found = came.pop((message.id, message.at), None)
            if found is None:
                continue
            trace = found.context.trace
            own = taken(message.id) if verdict.place == "applied" else Context(trace, self._ids.new_span())
            told = {"billhub.place": verdict.place, **_who(message)}
            links = [found.record] if found.record else ()
            self._tell("take", own, found.context, found.at, told, links, ended=ended)
            size = {"db.system.name": "postgresql", "db.operation.batch.size": len(many)}
            self._tell("commit", Context(trace, self._ids.new_span()), own, began, size, ended=ended)
        if len(came) > MOST_LEFT:  # messages that were set aside under another id
            came.clear()

    # an issuer

    def issued(
        self, work: Sequence[Work], stored: Iterable[str], bills: Sequence[Issued], times: tuple[int, int]
    ) -> None:
        """Bills are stored; `times` are when they were leased and when they were signed."""
        leased, signed = times
        there = set(stored) & {bill.bill_id for bill in bills}
        for one in work:
            messages = behind(one)
            if one.bill_id not in there or not messages or not kept(messages[0], self._one_in):
                continue
            parent = taken(messages[0])
            own = Context(parent.trace, self._ids.new_span())
            told = {
                "billhub.unit": one.unit,
                "billhub.face": one.face,
                "billhub.key": masked("charge_no", one.charge_no),
            }
            self._tell("issue", own, parent, leased, told, [taken(id_) for id_ in messages[1:]])
            self._tell("sign", Context(parent.trace, self._ids.new_span()), own, leased, {}, ended=signed)

    def _tell(
        self,
        name: str,
        own: Context,
        parent: Context | None,
        began: int,
        told: Mapping[str, Any],
        links: Iterable[Context] = (),
        *,
        ended: int | None = None,
    ) -> None:
        from opentelemetry import trace
        from opentelemetry.context import Context as Carried

        kind = {"receive": trace.SpanKind.SERVER, "produce": trace.SpanKind.PRODUCER, "take": trace.SpanKind.CONSUMER}
        within = trace.set_span_in_context(trace.NonRecordingSpan(_remote(parent)), Carried()) if parent else Carried()
        with self._lock:  # an issuer's thread and its loop may both have something to tell
            self._ids.next = own
            span = self._tracer.start_span(
                name,
                within,
                kind.get(name, trace.SpanKind.INTERNAL),
                dict(told),
                [trace.Link(_remote(link)) for link in links],
                began,
            )
        span.end(ended if ended is not None else time.time_ns())


def check(section: TracesSection | None) -> None:
    """Whether what traces need is there.

    Raises:
        Config: it is not.
    """
    for name in NEEDED if section is not None else ():
        try:
            missing = importlib.util.find_spec(name) is None
        except ModuleNotFoundError:
            missing = True
        if missing:
            raise NO_EXTRA(name=name)


def _who(message: Submission) -> dict[str, str]:
    told = {"billhub.unit": message.unit, "billhub.source": message.source, "billhub.kind": message.kind}
    key = key_of(message)
    return told | {"billhub.key": key} if key else told


def _remote(context: Context) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(context.trace, context.span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


TRACES: Final = Traces()
"""This process's."""
