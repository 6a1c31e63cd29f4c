"""The Faust worker: takes Kafka messages in batches, has them committed, and only then acknowledges them.

Everything here follows from what was measured (faust-streaming 0.15): an exception that leaves an agent loses messages
or stalls it for ever, so none does; `take` and plain iteration acknowledge what failed, so only `noack_take` is used;
Tables and exactly-once processing do not count right after a crash, so the ledger's keys do the counting. Where
something lasts, the process ends hard, without leaving the group in order, and what it had in hand is delivered again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, NoReturn

import faust
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from hub.engine.cluster.batches import MOST_MESSAGES, Batches, Take
from hub.engine.cluster.connection import client_options, steady
from hub.engine.cluster.lag import LagMeter, Unmeasured
from hub.engine.cluster.taking import Progress
from hub.engine.cluster.topics import Topics, check_reading
from hub.engine.cluster.watchdog import TICK_SECONDS, Signs
from hub.errors import Config, Fault
from hub.hubfile import HubConfig

log = logging.getLogger("billhub.worker")

WITHIN_SECONDS: Final = 0.01
"""How long a batch gathers: a fixed wait, and so most of a quiet worker's latency."""
AGAIN_SECONDS: Final = 2.0
DENIED: Final = 77
"""The exit code of a worker that Kafka had denied to read."""
_DENIED: Final = (TopicAuthorizationFailedError, GroupAuthorizationFailedError)


def end(code: int, why: str) -> NoReturn:
    """Ends the process at once: a graceful end would say that what is in hand was done."""
    os.write(2, f"the worker ends with {code}: {why}\n".encode())
    os._exit(code)


def worker_app(
    hub: HubConfig, topics: Topics, instance: str, folder: Path, take: Take, client: str = "billhub"
) -> faust.App:
    """The Faust application of one worker process; `instance` is its name in the group, the same in all its lives."""
    steady()
    app = faust.App(
        topics.group,
        broker=[f"kafka://{server}" for server in hub.kafka.servers],
        broker_credentials=_credentials(hub),
        broker_client_id=client,
        store="memory://",
        datadir=folder,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_group_instance_id=instance,  # its partitions wait for it through a restart
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=10_000,
        consumer_max_fetch_size=4 * 1024 * 1024,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        broker_rebalance_timeout=20.0,
        broker_request_timeout=20.0,  # not less than the session's
        broker_commit_interval=0.5,  # each rebalance delivers again what was not committed
        broker_max_poll_records=500,
        stream_buffer_maxsize=1024,
        stream_wait_empty=False,  # else an end, or a rebalance, waits for what is never acknowledged
        stream_ack_cancelled_tasks=False,
        stream_processing_timeout=60.0,
    )
    for name in (topics.events, topics.refused):
        channel = app.topic(name, key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw")
        app.agent(channel, name=f"take-{name}", concurrency=1)(_agent(take))
    return app


def run_app(app: faust.App, loop: asyncio.AbstractEventLoop, denied: Callable[[], None]) -> NoReturn:
    """Runs the application until a signal ends it; `denied` is called once when Kafka lets it read no more."""
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115  (it moves the cursor to the very end of the process)
    worker = _Worker(app, loop=loop, redirect_stdouts=False, quiet=True, stdout=nowhere, stderr=nowhere)
    worker.denied = denied
    worker.execute_from_commandline()


def await_rights(hub: HubConfig, topics: Topics, told: Callable[[Fault | None], None]) -> None:
    """Says what Kafka denies until it denies nothing; then the process ends, to be started anew.

    In a thread of its own: what was denied something has crashed, and mends itself no more.
    """

    def ask() -> None:
        while True:
            try:
                asyncio.run(check_reading(hub, topics))
            except Config as fault:
                told(fault)
                time.sleep(AGAIN_SECONDS)
            else:
                told(None)
                end(DENIED, "Kafka denied it to read, and does no more")

    threading.Thread(target=ask, name="rights", daemon=True).start()


class _Worker(faust.Worker):
    """Leaves logging as the hub has set it up, and does not fall over a right that was taken away."""

    denied: Callable[[], None]

    def _setup_logging(self) -> None:
        for name in ("faust", "mode"):
            logging.getLogger(name).setLevel(logging.WARNING)
        for name in ("faust.transport.consumer", "faust.transport.drivers.aiokafka"):
            logging.getLogger(name).addFilter(_no_denial)

    def _crash(self, reason: BaseException) -> None:
        if not isinstance(reason, _DENIED):
            super()._crash(reason)
            return
        denied, self.denied = self.denied, lambda: None
        denied()


def _no_denial(record: logging.LogRecord) -> bool:
    """Its traceback says nothing that the one line of a denial does not."""
    return not (record.exc_info and isinstance(record.exc_info[1], _DENIED))


def _agent(take: Take) -> Callable[[Any], Awaitable[None]]:
    async def work(stream: Any) -> None:
        batches = Batches(take, stream.ack, end)
        try:
            async for events in stream.noack_take(MOST_MESSAGES, within=WITHIN_SECONDS):
                await batches.add(events)
        finally:
            batches.cancel()

    return work


async def show_signs(
    hub: HubConfig, topics: Topics, app: faust.App, signs: Signs, progress: Callable[[], Progress | None]
) -> None:
    """Keeps the watchdog's signs up to date; runs as long as the worker does."""
    meter = LagMeter(client_options(hub), topics)
    try:
        while True:
            owned = tuple(app.consumer.assignment())
            try:
                signs.lag = await meter.look(owned)
            except (Unmeasured, Config):
                signs.lag = None
            done = progress()
            # a worker that was given partitions and never a message of them has stalled as well
            signs.excused = not owned or (done is not None and done.waiting_for_database)
            signs.beats += 1
            await asyncio.sleep(TICK_SECONDS / 2)
    finally:
        await meter.close()


def _credentials(hub: HubConfig) -> Any:
    options = client_options(hub)
    context = options.get("ssl_context")
    if hub.kafka.sasl is not None:
        return faust.SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=hub.kafka.sasl.mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context else None
