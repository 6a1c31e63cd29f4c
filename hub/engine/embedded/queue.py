"""What waits for the next transaction: deliveries, units in turn, each with whom to answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.ledger.records import FaultRecord, Submission, Verdict
from hub.ledger.turns import Turns

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


class _Open:
    """Which of the numbers that came in order are still open; the least costs a step."""

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._done: set[int] = set()

    def add(self, number: int) -> None:
        """One more, the highest yet."""
        self._order.append(number)

    def done(self, number: int) -> None:
        """One less."""
        self._done.add(number)
        while self._order and self._order[0] in self._done:
            self._done.discard(self._order.popleft())

    def least(self) -> float:
        """The least that is open."""
        return self._order[0] if self._order else float("inf")


@dataclass(slots=True)
class Queue:
    """Deliveries that wait, units in turn; within a unit in the order they came.

    After a batch failed by a defect, the next ones hold one delivery each.
    """

    _turns: Turns[tuple[int, Delivery]] = field(default_factory=Turns)
    _front: deque[Delivery] = field(default_factory=deque)
    """what came back from a batch, before everything else"""
    _marks: deque[tuple[int, Delivery]] = field(default_factory=deque)
    _open: _Open = field(default_factory=_Open)
    _messages: int = 0
    _came: int = 0
    alone: int = 0
    """how many batches to come hold one delivery only"""

    def __bool__(self) -> bool:
        return bool(self._front or self._turns or self._marks)

    def has_room(self, messages: int) -> bool:
        """Whether that many more may wait."""
        return self._messages + messages <= MAX_QUEUE

    def add(self, delivery: Delivery) -> None:
        """Puts a delivery at the end of its unit's; a mark waits for all that came before it."""
        self._came += 1
        if not delivery.submissions:
            self._marks.append((self._came, delivery))
            return
        self._open.add(self._came)
        self._turns.add(delivery.submissions[0].unit, (self._came, delivery))
        self._messages += len(delivery.submissions)

    def put_back(self, taken: Sequence[Delivery]) -> None:
        """Puts deliveries back to the front, in the order they had."""
        self._front.extendleft(reversed(taken))
        self._messages += sum(len(delivery.submissions) for delivery in taken)

    def take(self, *, nothing: bool = False) -> tuple[list[Delivery], list[Submission]]:
        """The deliveries of the next batch, and all their messages; with `nothing` only a lone turn is used up."""
        most = MAX_BATCH
        if self.alone:
            self.alone -= 1
            most = 0
        taken: list[Delivery] = []
        submissions: list[Submission] = []
        while not nothing and (delivery := self._next()) is not None:
            if taken and len(submissions) + len(delivery.submissions) > most:
                break
            self._take(delivery)
            taken.append(delivery)
            submissions += delivery.submissions
        self._messages -= len(submissions)
        return taken, submissions

    def _next(self) -> Delivery | None:
        if self._front:
            return self._front[0]
        if self._marks and self._marks[0][0] < self._open.least():
            return self._marks[0][1]
        turn = self._turns.peek()
        return turn[1][1] if turn else None

    def _take(self, delivery: Delivery) -> None:
        if self._front:
            self._front.popleft()
        elif not delivery.submissions:
            self._marks.popleft()
        else:
            turn = self._turns.peek()
            assert turn is not None
            self._open.done(turn[1][0])
            self._turns.take(len(delivery.submissions))
