"""What comes in on one HTTP connection: read into requests as far as it may go ahead, held as bytes beyond that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hub.doors import faults
from hub.doors.http_buffer import AHEAD, Budget, Share, ahead
from hub.doors.http_limits import HttpLimits
from hub.doors.http_reader import RequestReader

_HELD_LIMIT: Final = 256 * 1024
"""Bytes held unread; then the peer is not read on."""


class Incoming:
    """`queue` has the requests in order, the first of them in flight; `held` the bytes not read into requests yet."""

    __slots__ = ("_share", "held", "queue", "reader")

    def __init__(self, limits: HttpLimits, time: Callable[[], float], budget: Budget) -> None:
        self.reader = RequestReader(limits, time)
        self.queue = self.reader.queue
        self.held = b""
        self._share = Share(budget)

    @property
    def half(self) -> bool:
        """Whether the body of the last request is still coming."""
        return bool(self.queue) and not self.queue[-1].complete

    @property
    def far_ahead(self) -> bool:
        """Whether so much waits behind the request in flight that the peer is not read on."""
        return len(self.held) > _HELD_LIMIT or ahead(self.queue) > AHEAD

    def feed(self, data: bytes) -> None:
        """Bytes from the peer; a body for which the door as a whole has no room is turned away."""
        if self.held:
            self.held += data
        else:
            self.held = self.reader.feed(data)
        if not self._share.fits(self.queue, len(self.held)) and self.half:
            self._turn_away()

    def go_on(self, moment: float) -> None:
        """A request has been answered: reads on what was held; what is next in turn has its time from this moment."""
        # What was read ahead may have been held up by us: its time begins with its turn.
        if self.queue:
            self.queue[0].body_since = moment
        elif self.reader.head_since is not None:
            self.reader.head_since = moment
        if self.held:
            held, self.held = self.held, b""
            self.held = self.reader.feed(held)
        self._share.fits(self.queue, len(self.held))

    def ended(self) -> None:
        """The peer sends no more: what is half is dropped."""
        if not self.held:
            if self.half:
                self.queue.pop()
            self.reader.head_since = None

    def stop(self) -> None:
        """Nothing more is read, and nothing that waits is answered."""
        self.queue.clear()
        self.held = b""
        self.reader.over = True

    def close(self) -> None:
        """The connection is gone."""
        self.stop()
        self.reader.close()
        self._share.release()

    def _turn_away(self) -> None:
        """The door holds too much: the body that is still coming is not read on, and what there is of it is dropped."""
        request = self.queue[-1]
        self.reader.refuse(faults.TOO_MANY(retry_after=2))
        request.place = None  # nothing is wrong with it, so it is not kept among the refused
        request.take()
        self._share.fits(self.queue, 0)
