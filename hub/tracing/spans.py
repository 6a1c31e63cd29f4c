"""Spans, told when they are over: what took how long is known then, and nothing is held open meanwhile.

OpenTelemetry's SDK is loaded only where hub.yaml asks for traces; without, `on` is false and nobody does anything.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from hub.ledger.records import Issued, Submission, Verdict, Work
from hub.tracing.collector import Collector, needed
from hub.tracing.contexts import (
    Context,
    Headers,
    behind,
    contexts,
    headers,
    kept,
    masked,
    received,
    taken,
    who,
)

END_SECONDS: Final = 1.0
MOST_LEFT: Final = 30_000
"""Of what came or was leased and never ended; more than an embedded hub's queue holds."""


class Came(NamedTuple):
    """A traced message that a worker has in hand."""

    context: Context
    record: Context | None
    """who produced the record it was in"""
    at: int


@dataclass(slots=True)
class Signing:
    """A traced bill that an issuer has in hand."""

    messages: list[str]
    told: dict[str, str]
    leased: int
    signed: int = 0


class Traces:
    """One for a process. Times are nanoseconds since the epoch, as `time.time_ns` has them."""

    def __init__(self) -> None:
        self.on = False
        self._one_in = 1
        self._tracer: Any = None
        self._ids: Any = None
        self._sending: Any = None
        self._came: dict[tuple[str, str], Came] = {}
        self._signing: dict[str, Signing] = {}
        self._lock = threading.Lock()

    def begin(self, collector: Collector | None, role: str, instance: str) -> None:
        """Turns it on, where there is a collector.

        Raises:
            Config: the SDK is not installed.
        """
        if collector is None:
            return
        needed()
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON

        from hub.tracing.ids import Ids
        from hub.tracing.sending import Sending

        logging.getLogger("httpx").setLevel(logging.WARNING)
        named = {
            "service.name": f"billhub-{role}",
            "service.version": version("billhub"),
            "service.instance.id": instance,
        }
        self._ids = Ids()
        self._one_in = collector.one_in
        provider = TracerProvider(
            sampler=ALWAYS_ON, resource=Resource(named), id_generator=self._ids, shutdown_on_exit=False
        )
        self._sending = Sending(collector)
        provider.add_span_processor(self._sending)
        self._tracer = provider.get_tracer("billhub")
        self.on = True

    def end(self) -> None:
        """Sends what is left, within a bound."""
        if self.on:
            self.on = False
            self._sending.end(END_SECONDS)

    # a door

    def context(self, message: Submission) -> Context | None:
        """The context of a message that a door takes, where its trace is kept."""
        return received(message) if self.on and kept(message.id, self._one_in) else None

    def answered(self, messages: Sequence[Submission], verdicts: Sequence[Verdict], began: int) -> None:
        """A door has answered a delivery."""
        for message, verdict in zip(messages, verdicts, strict=True):
            context = self.context(message)
            if context is not None:
                told = {"billhub.place": verdict.place, "billhub.answer": message.answer, **who(message)}
                self._tell("receive", context, None, began, told)

    def carried(self, messages: Sequence[Submission]) -> list[tuple[str, bytes]]:
        """The headers with which messages travel to the process that takes them in, where no record carries them."""
        found = [(place, context) for place, one in enumerate(messages) if (context := self.context(one))]
        return headers(None, found)

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

    # a worker, or the core of an embedded hub

    def came(self, messages: Sequence[Submission], told: Headers | Mapping[str, bytes]) -> None:
        """Messages came in with these headers."""
        record, events = contexts(told)
        for place, context in events.items():
            if place < len(messages):
                one = messages[place]
                self._came[one.id, one.at] = Came(context, record, time.time_ns())

    def committed(self, messages: Iterable[tuple[Submission, Verdict]], database: str, began: int) -> None:
        """A transaction that began then is committed; of what came, those that are traced are told."""
        came = self._came
        if not came:
            return
        many, ended = list(messages), time.time_ns()
        for message, verdict in many:
            found = came.pop((message.id, message.at), None)
            if found is None:
                continue
            trace = found.context.trace
            own = taken(message.id) if verdict.place == "applied" else Context(trace, self._ids.new_span())
            told = {"billhub.place": verdict.place, **who(message)}
            links = [found.record] if found.record else ()
            self._tell("take", own, found.context, found.at, told, links, ended=ended)
            size = {"db.system.name": database, "db.operation.batch.size": len(many)}
            self._tell("commit", Context(trace, self._ids.new_span()), own, began, size, ended=ended)
        if len(came) > MOST_LEFT:  # messages that were set aside under another id
            came.clear()

    # an issuer

    def leased(self, work: Iterable[Work]) -> None:
        """Bills came to be signed."""
        now = time.time_ns()
        for one in work:
            messages = behind(one)
            if messages and kept(messages[0], self._one_in):
                told = {
                    "billhub.unit": one.unit,
                    "billhub.face": one.face,
                    "billhub.key": masked("charge_no", one.charge_no),
                }
                self._signing[one.bill_id] = Signing(messages, told, now)
        if len(self._signing) > MOST_LEFT:  # bills that were withdrawn before they were stored
            self._signing.clear()

    def signed(self, bills: Iterable[Issued]) -> list[str]:
        """Bills are signed; returns those that are told once they are stored."""
        now = time.time_ns()
        traced = [bill.bill_id for bill in bills if bill.bill_id in self._signing]
        for bill_id in traced:
            self._signing[bill_id].signed = now
        return traced

    def stored(self, bills: Iterable[str]) -> None:
        """Bills are in the database."""
        for bill_id in bills:
            found = self._signing.pop(bill_id, None)
            if found is None:
                continue
            first, *others = found.messages
            parent = taken(first)
            own = Context(parent.trace, self._ids.new_span())
            self._tell("issue", own, parent, found.leased, found.told, [taken(id_) for id_ in others])
            self._tell("sign", Context(parent.trace, self._ids.new_span()), own, found.leased, {}, ended=found.signed)

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
        with self._lock:  # one id is told at a time, whatever thread tells it
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


def _remote(context: Context) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(context.trace, context.span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


TRACES: Final = Traces()
"""This process's."""
