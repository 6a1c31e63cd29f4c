"""How the hub's clients connect to Kafka, from a hub.yaml; and what keeps them steady.

Two habits of aiokafka 0.14 are mended here, once a process. On a closed transport uvloop raises RuntimeError where
asyncio raises OSError; the client knows only the latter, its metadata task dies, and it never finds a broker again. And
while a broker is away it writes some twenty lines a second.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from aiokafka import conn
from aiokafka.errors import KafkaConnectionError

from hub.hubfile import HubConfig

SAY_AGAIN_SECONDS: Final = 30.0
"""How long the same line of a Kafka client is not written again."""

TALKATIVE: Final = (
    "aiokafka",
    "aiokafka.cluster",
    "aiokafka.conn",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
    "billhub.kafka",
)
"""Loggers that repeat themselves while a broker is away; a filter holds for its own logger only."""


def client_options(hub: HubConfig) -> dict[str, Any]:
    """The options that every aiokafka client takes.

    Raises:
        Config: a TLS or password file that cannot be used.
    """
    kafka = hub.kafka
    options: dict[str, Any] = {"bootstrap_servers": list(kafka.servers)}
    if kafka.tls is not None:
        options["ssl_context"] = hub.tls_context(kafka.tls)
    if kafka.sasl is not None:
        options["sasl_mechanism"] = kafka.sasl.mechanism
        options["sasl_plain_username"] = kafka.sasl.user
        options["sasl_plain_password"] = hub.secret(kafka.sasl.password_file)
    protocol = ("SASL_" if kafka.sasl is not None else "") + ("SSL" if kafka.tls is not None else "PLAINTEXT")
    return options | {"security_protocol": protocol}


class Seldom(logging.Filter):
    """Lets each line of a logger through once in a while; how often it was held back stands behind it."""

    def __init__(self, seconds: float = SAY_AGAIN_SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._said: dict[tuple[str, object], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Logging's."""
        key = (record.name, record.msg)
        now = time.monotonic()
        last, held = self._said.get(key, (-self._seconds, 0))
        if now - last < self._seconds:
            self._said[key] = (last, held + 1)
            return False
        if len(self._said) > 1000:
            self._said.clear()
        self._said[key] = (now, 0)
        if held:
            record.msg = f"{record.msg} (and {held} times more)"
        return True


def steady() -> None:
    """Makes this process's Kafka clients steady; may be called more than once."""
    current = conn.AIOKafkaConnection.send
    if getattr(current, "steady", False):
        return

    def send(self: Any, request: Any, expect_response: bool = True) -> Any:
        try:
            return current(self, request, expect_response)
        except RuntimeError as error:
            self.close(reason=conn.CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"the connection is closed: {error}") from error

    send.steady = True  # type: ignore[attr-defined]
    conn.AIOKafkaConnection.send = send
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(Seldom())
