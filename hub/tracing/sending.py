"""Sends spans to the collector, in a thread beside everything else: nobody who tells a span ever waits for it.

A bounded number is kept while the collector is away, and the oldest go first. A trouble is said once, and once more
when it is over; whatever was dropped meanwhile is counted.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from hub.errors import Fault, describe
from hub.metrics.catalogue import SPANS
from hub.tracing.collector import Collector
from hub.tracing.faults import NOT_TAKEN, SLOW
from hub.tracing.post import Post

log = logging.getLogger("billhub.traces")

MOST: Final = 4096
"""Spans kept."""
AT_ONCE: Final = 512
"""Spans of one delivery."""
EVERY_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""How long a collector is left alone after its n-th failure in a row."""


class Sending(SpanProcessor):
    """See the module. One thread sends; the lock holds for what is kept and what is counted."""

    def __init__(self, collector: Collector) -> None:
        self._endpoint = collector.endpoint
        self._post = Post(collector)
        self._kept: deque[ReadableSpan] = deque()
        self._in_hand = 0
        self._failures = 0
        self._said: set[str] = set()
        self._lost = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """The SDK's: a span is told."""
        with self._lock:
            self._kept.append(span)
            full = self._cut()
            many = len(self._kept) >= AT_ONCE
        if full and not self._said:
            self._say(SLOW(endpoint=self._endpoint, why="it takes fewer spans than there are"))
        elif many and not self._failures:
            self._wake.set()

    def end(self, seconds: float) -> None:
        """Sends what is left, within a bound."""
        self._ending = True
        self._wake.set()
        self._thread.join(seconds)
        with self._lock:
            left = len(self._kept) + self._in_hand
            self._drop(left)
        if left:
            log.warning("%s spans were not sent before the end", left)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            while not self._ending:
                pause = AGAIN_SECONDS[min(self._failures, len(AGAIN_SECONDS)) - 1] if self._failures else EVERY_SECONDS
                self._wake.wait(pause)
                self._wake.clear()
                while (batch := self._next()) and self._sent(runner, batch):
                    pass
            runner.run(self._post.close())

    def _next(self) -> list[ReadableSpan]:
        with self._lock:
            batch = [self._kept.popleft() for _ in range(min(AT_ONCE, len(self._kept)))]
            self._in_hand = len(batch)
        return batch

    def _sent(self, runner: asyncio.Runner, batch: Sequence[ReadableSpan]) -> bool:
        """Whether the next one may follow at once."""
        try:
            answer = runner.run(self._post(encode_spans(batch).SerializeToString()))
            refused = ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans
        except Fault as fault:
            self._failed(batch, fault)
        except Exception as error:  # noqa: BLE001  (a defect, or an answer in no known form, must not end the thread)
            self._failed(batch, NOT_TAKEN(endpoint=self._endpoint, found=describe(error)))
        else:
            self._well(len(batch), refused)
            return True
        return False

    def _well(self, sent: int, refused: int) -> None:
        self._failures = 0
        with self._lock:
            self._in_hand = 0
            SPANS.add(sent - refused, "sent")
            self._drop(refused)
            over = bool(self._said) and not refused and len(self._kept) < AT_ONCE
            lost = self._lost
            if over:
                self._lost = 0
                self._said.clear()
        if refused:
            self._say(NOT_TAKEN(endpoint=self._endpoint, found=f"{refused} of {sent} spans"))
        if over:
            log.info("the traces' collector %s takes spans again; %s were dropped meanwhile", self._endpoint, lost)

    def _failed(self, batch: Sequence[ReadableSpan], fault: Fault) -> None:
        self._failures += 1
        with self._lock:
            self._in_hand = 0
            if fault.code is NOT_TAKEN:
                self._drop(len(batch))
            else:
                self._kept.extendleft(reversed(batch))
                self._cut()
        self._say(fault)

    def _say(self, fault: Fault) -> None:
        """Says a trouble, unless it was said since all was well."""
        if fault.code.code not in self._said:
            self._said.add(fault.code.code)
            log.warning("%s", fault)

    def _cut(self) -> bool:
        """Drops the oldest beyond what is kept; whether there were any."""
        over = len(self._kept) - MOST
        for _ in range(over):
            self._kept.popleft()
        self._drop(max(0, over))
        return over > 0

    def _drop(self, count: int) -> None:
        if count:
            self._lost += count
            SPANS.add(count, "dropped")
