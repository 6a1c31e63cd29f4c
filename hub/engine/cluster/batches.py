"""Messages that wait for their transaction, and how many transactions are under way.

A transaction costs a dozen words with the database, however small it is; a small one beside another would only slow
both down. So what comes while one is under way waits for its end, but not for long, and not where there is enough for
one of its own. A quiet worker commits what comes at once; a busy one a hundred at a time (benchmarks.kafka).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NoReturn

from hub.engine.cluster.poison import Place
from hub.engine.cluster.taking import DEFECT, LastingError
from hub.errors import describe

MOST_MESSAGES: Final = 200
"""Kafka messages that make a batch. Each may hold hundreds of submissions; the ledger gets smaller transactions."""
MOST_BYTES: Final = 512 * 1024
"""Bytes after which a batch is closed: some three hundred submissions."""
WORTH_BYTES: Final = 128 * 1024
"""What is worth a transaction beside another: some eighty submissions."""
LINGER_SECONDS: Final = 0.03
"""How long less than that waits: one transaction that is held up by a lock must not hold up all units."""
AT_ONCE: Final = 3
"""Batches under way, each with a connection: while some wait for the database, another is read, decided and written."""

Take = Callable[[Sequence[tuple[bytes | None, Place]]], Awaitable[None]]
End = Callable[[int, str], NoReturn]


class Batches:
    """Has messages committed batch by batch, and acknowledges them in their order.

    Faust commits past a single message that is not acknowledged yet, and past any number before a group's first commit:
    were the process to die then, that message would never be delivered again.
    """

    def __init__(self, take: Take, ack: Callable[[Any], Awaitable[None]], end: End) -> None:
        """`end` is called with an exit code and a reason when the process has to end; what is in hand is not done."""
        self._take = take
        self._ack = ack
        self._end = end
        self._waiting: list[Any] = []
        self._bytes = 0
        self._room = asyncio.Event()
        self._late: asyncio.TimerHandle | None = None
        self._under_way: list[asyncio.Task[None]] = []
        self._uncommitted = 0

    async def add(self, events: Sequence[Any]) -> None:
        """Waits while there is a whole batch already."""
        while len(self._waiting) >= MOST_MESSAGES or self._bytes >= MOST_BYTES:
            self._room.clear()
            await self._room.wait()
        self._waiting += events
        self._bytes += sum(map(_size, events))
        self._begin()

    def cancel(self) -> None:
        """Leaves everything as it is, unacknowledged."""
        for batch in self._under_way:
            batch.cancel()
        if self._late is not None:
            self._late.cancel()

    def _begin(self, *, late: bool = False) -> None:
        """Begins what is worth it, or whatever waits if it is late."""
        while self._waiting and len(self._under_way) < AT_ONCE and (late or self._worth()):
            before = self._under_way[-1] if self._under_way else None
            self._under_way.append(asyncio.create_task(self._carry(self._next(), before)))
            late = False
        if self._waiting and self._late is None:
            self._late = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._hurry)

    def _hurry(self) -> None:
        self._late = None
        self._begin(late=True)

    def _worth(self) -> bool:
        return not self._uncommitted or self._bytes >= WORTH_BYTES or len(self._waiting) >= MOST_MESSAGES

    def _next(self) -> list[Any]:
        """The next batch: no more than one transaction or two, so that what lies there is shared."""
        size = count = 0
        while count < len(self._waiting) and size < MOST_BYTES:
            size += _size(self._waiting[count])
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._bytes -= size
        self._uncommitted += 1
        if self._late is not None:
            self._late.cancel()
            self._late = None
        self._room.set()
        return batch

    async def _carry(self, events: Sequence[Any], before: asyncio.Task[None] | None) -> None:
        """One batch, from its transaction to its acknowledgement."""
        try:
            await self._take([(event.value, _place(event.message)) for event in events])
            self._uncommitted -= 1
            if before is not None:
                await before
            for event in events:
                await self._ack(event)
            self._under_way.pop(0)
            self._begin()
        except asyncio.CancelledError:
            raise
        except LastingError as reason:
            self._end(reason.code, str(reason))
        except BaseException as error:  # noqa: BLE001  (what leaves an agent stalls it for ever)
            self._end(DEFECT, describe(error))


def _size(event: Any) -> int:
    return len(event.value or b"")


def _place(message: Any) -> Place:
    return Place(message.topic, message.partition, message.offset, message.headers)
