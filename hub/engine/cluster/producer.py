"""A producer that mends itself: whatever breaks it, another one takes its place as soon as a broker answers.

Messages that were under way are sent again by their lane; the ledger recognises repeats. acks=all and idempotence make
an acknowledgement mean that all replicas in sync hold the message, once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from hub.engine.cluster.connection import steady
from hub.engine.cluster.faults import NO_RIGHT
from hub.engine.cluster.records import pack
from hub.errors import Fault, describe
from hub.tracing.contexts import Headers

log = logging.getLogger("billhub.kafka")

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0
STOP_SECONDS: Final = 2.0
REQUEST_MS: Final = 20_000
STUCK_SECONDS: Final = 30.0
"""A producer that did not deliver for so long is given up, whatever keeps it: its own tasks may have died."""

_DENIED: Final = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)


class SteadyProducer:
    """One for a process. `send` returns after the broker's acknowledgement."""

    def __init__(
        self, options: Mapping[str, Any], largest: int, denied: Callable[[Fault | None], None] = lambda _: None
    ) -> None:
        """`largest`: bytes of the largest message; `denied` hears of a right that is gone, or back."""
        steady()
        self._options = options
        self._largest = largest
        self._current: AIOKafkaProducer | None = None
        self._gone: asyncio.Future[None]
        """done when the current producer is given up; what it still holds will not be told any more"""
        self._there = asyncio.Event()
        self._opening: asyncio.Task[None] | None = None
        self._denied = denied
        self._locked: tuple[str, int] | None = None
        """a place that this login may not write to"""

    @property
    def connected(self) -> bool:
        """Whether a producer is at hand; whether a broker answers it is another matter."""
        return self._current is not None

    async def start(self) -> None:
        """Connects.

        Raises:
            KafkaError: no broker answers.
        """
        self._use(await self._open())

    async def start_or_later(self) -> None:
        """Connects; where no broker answers, goes on trying in the background."""
        try:
            await self.start()
        except (KafkaError, OSError):
            self._opening = asyncio.get_running_loop().create_task(self._reopen(None))

    async def send(self, topic: str, partition: int, value: bytes, headers: Headers = ()) -> None:
        """Sends one message with a null key; waits for as long as it takes.

        Raises:
            KafkaError: this producer will not deliver it; another one is on its way.
        """
        await self._there.wait()
        producer, gone = self._current, self._gone
        assert producer is not None
        try:
            sent = await producer.send(topic, value, partition=partition, headers=list(headers) or None)
            await asyncio.wait((sent, gone), timeout=STUCK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not sent.done() or sent.cancelled():
                raise KafkaError("the producer was given up")
            sent.result()
        except Exception as error:
            if isinstance(error, TopicAuthorizationFailedError):
                self._locked = topic, partition
            self._replace(producer)
            if isinstance(error, KafkaError):
                raise
            raise KafkaError(describe(error)) from error

    async def close(self) -> None:
        """Ends; what was not acknowledged is given up."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._current is not None:
            await _stop(self._current)

    async def _open(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._options,
            client_id="billhub-door",
            acks="all",
            enable_idempotence=True,
            linger_ms=0,  # lanes pack what gathers; waiting for more would only cost time
            max_batch_size=self._largest,
            max_request_size=self._largest + 1024,
            request_timeout_ms=REQUEST_MS,
            metadata_max_age_ms=10_000,
        )
        try:
            await producer.start()
        except BaseException:
            await _stop(producer)
            raise
        return producer

    def _replace(self, broken: AIOKafkaProducer) -> None:
        if self._current is broken:
            self._current = None
            self._there.clear()
            self._gone.set_result(None)
            self._opening = asyncio.get_running_loop().create_task(self._reopen(broken))

    async def _reopen(self, broken: AIOKafkaProducer | None) -> None:
        if broken is not None:
            await _stop(broken)
        pause = FIRST_PAUSE
        while True:
            try:
                self._use(await self._unlocked(await self._open()))
            except _DENIED:
                self._denied(NO_RIGHT(right="write to", resource=f"topic {self._locked[0] if self._locked else ''}"))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except (KafkaError, OSError) as error:
                log.warning("Kafka does not answer: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._opening = None
                return

    async def _unlocked(self, producer: AIOKafkaProducer) -> AIOKafkaProducer:
        """A producer that may write where the last one might not: an empty message is the question."""
        if self._locked is not None:
            topic, partition = self._locked
            try:
                await producer.send_and_wait(topic, pack(()), partition=partition)
            except BaseException:
                await _stop(producer)
                raise
            self._locked = None
            self._denied(None)
        return producer

    def _use(self, producer: AIOKafkaProducer) -> None:
        self._current = producer
        self._gone = asyncio.get_running_loop().create_future()
        self._there.set()


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await producer.stop()
    except (TimeoutError, KafkaError, OSError, RuntimeError) as error:  # it would wait for its messages for ever
        log.debug("a producer ended with %s", type(error).__name__)
        await producer._sender.close()  # noqa: SLF001
        await producer.client.close()
