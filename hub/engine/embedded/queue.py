"""What waits for the next transaction: deliveries in the order they came, each with whom to answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.ledger.records import FaultRecord, Submission, Verdict

MAX_BATCH: Final = 256
"""Messages a transaction takes at most; more wait for the next one."""

MAX_QUEUE: Final = 20_000
"""Messages that may wait; beyond, senders are told to come again."""

Verdicts = Callable[[Sequence[Verdict], FaultRecord | None], None]
"""Answers a delivery: a verdict for each of its messages, or the one fault that kept all of them out."""


@dataclass(slots=True)
class Delivery:
    """Messages that came together. Without messages it is a mark: `answer` is called once all before it is done."""

    submissions: list[Submission]
    answer: Verdicts
    settled: Callable[[], None] | None = None
    """called when the bills of these messages are no longer due"""


@dataclass(slots=True)
class Queue:
    """Deliveries that wait. After a batch failed by a defect, the next ones hold one delivery each."""

    _waiting: deque[Delivery] = field(default_factory=deque)
    _messages: int = 0
    alone: int = 0
    """how many batches to come hold one delivery only"""

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def has_room(self, messages: int) -> bool:
        """Whether that many more may wait."""
        return self._messages + messages <= MAX_QUEUE

    def add(self, delivery: Delivery) -> None:
        """Puts a delivery at the end."""
        self._waiting.append(delivery)
        self._messages += len(delivery.submissions)

    def put_back(self, taken: Sequence[Delivery]) -> None:
        """Puts deliveries back to the front, in the order they had."""
        self._waiting.extendleft(reversed(taken))
        self._messages += sum(len(delivery.submissions) for delivery in taken)

    def take(self, *, nothing: bool = False) -> tuple[list[Delivery], list[Submission]]:
        """The deliveries of the next batch, and all their messages; with `nothing` only a lone turn is used up."""
        most = MAX_BATCH
        if self.alone:
            self.alone -= 1
            most = 0
        taken: list[Delivery] = []
        submissions: list[Submission] = []
        while self._waiting and not nothing:
            delivery = self._waiting[0]
            if taken and len(submissions) + len(delivery.submissions) > most:
                break
            taken.append(self._waiting.popleft())
            submissions += delivery.submissions
        self._messages -= len(submissions)
        return taken, submissions
