"""What a door calls with the bytes it received; everything a door knows of the rest of the hub.

A `Retry` raised by it means "busy, nothing is wrong": HTTP says 503, MLLP and folder keep the message and try again.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from hub.adapter import Answer, Delivery
from hub.errors import Fault

Clock = Callable[[], datetime]

ENDS: Final = (CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit)
"""What ends a task or the process; anything else costs the message that caused it, a panic of a Rust library too."""


class Handler(Protocol):
    """Takes a delivery of the source named "unit/source" and returns what its sender gets.

    Raises:
        Reject: NO_SUCH_SOURCE for an unknown unit or source; others refuse in the door's own words.
        Retry: a queue is full; the value `retry_after` may give seconds.
    """

    async def __call__(self, source: str, delivery: Delivery) -> Answer:
        """The answer, in the sender's protocol."""


class Refuser(Protocol):
    """Words a door's own refusal (over-long, unframed, never finished) in the sender's protocol, and may keep it."""

    async def __call__(self, source: str, delivery: Delivery, fault: Fault) -> Answer:
        """The answer; `delivery.body` holds only the beginning of what was sent."""


def now() -> datetime:
    """The time of receipt, where the caller gives no clock."""
    return datetime.now(UTC)
