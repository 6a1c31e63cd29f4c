"""The core's side of the links: who connected, what they ask, and what becomes of them when they die."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import hub.fault_texts  # noqa: F401  (children name faults of rooms that this process never loads)
from hub.engine.embedded.commands import closed_of
from hub.engine.embedded.core import RETRY_SECONDS, Core
from hub.engine.embedded.frames import (
    Answered,
    Closed,
    Command,
    Failed,
    Frame,
    Hello,
    Link,
    Poke,
    Reload,
    Sent,
    Settled,
    Signed,
    Stop,
    Submit,
    Verdicts,
)
from hub.engine.embedded.seats import LinkSeat
from hub.engine.faults import BATCH_FAILED
from hub.errors import Config, Fault, Retry, describe, fault_from
from hub.ledger.records import FaultRecord, Verdict, record
from hub.tracing.spans import TRACES

log = logging.getLogger("billhub.core")


class Switchboard:
    """All links of a core. `commands` runs an admin verb; `ready` is called whenever a child says hello."""

    def __init__(
        self, core: Core, commands: Callable[[str, dict[str, Any]], Any], ready: Callable[[str, int], None]
    ) -> None:
        self._core = core
        self._commands = commands
        self._ready = ready
        self._seats: dict[Link, LinkSeat] = {}
        self._links: set[Link] = set()
        self._owed: deque[Callable[[], None]] = deque()
        self._flushes: list[Callable[[], None]] = []
        self._ending: dict[str, float] = {}
        self.failed: Callable[[Fault], None] = lambda _: None
        """called when a child says that it cannot start"""

    def link(self) -> Link:
        """A link for a connection that came in: asyncio's protocol factory."""
        link = Link(self.frames, self.lost)
        self._links.add(link)
        return link

    def frames(self, link: Link, frames: Sequence[Frame]) -> None:
        """Frames of one packed list."""
        for frame in frames:
            if isinstance(frame, Submit):
                self._submit(link, frame)
            elif isinstance(frame, Signed):
                self._core.signed(self._seats[link], frame.issued, frame.not_issued, frame.traced)
            elif isinstance(frame, Sent):
                self._sent(frame)
            elif isinstance(frame, Hello):
                self._hello(link, frame)
            elif isinstance(frame, Command):
                self._command(link, frame)
            elif isinstance(frame, Failed):
                self.failed(fault_from(frame.fault.code, frame.fault.where, **frame.fault.values))

    def lost(self, link: Link) -> None:
        """A link ended: an issuer's bills are handed out again; a door's senders were not answered and will repeat."""
        self._links.discard(link)
        seat = self._seats.pop(link, None)
        if seat is not None:
            self._core.leave(seat)

    def poke(self) -> None:
        """Tells the relays that there may be something to send."""
        self._to("relay", Poke())

    def stop(self, role: str, seconds: float) -> int:
        """Tells the children of a role to finish, also those that come later; returns how many there are."""
        self._ending[role] = seconds
        return self._to(role, Stop(seconds))

    def reload(self) -> None:
        """Tells the children to read the units anew."""
        for role in ("door", "issuer", "relay"):
            self._to(role, Reload())

    def closed(self, units: Sequence[str]) -> None:
        """Tells the doors which units are paused with their doors."""
        self._to("door", Closed(list(units)))

    def connected(self, role: str) -> int:
        """How many children of a role are there."""
        return sum(link.role == role for link in self._links)

    def _to(self, role: str, frame: Frame) -> int:
        links = [link for link in self._links if link.role == role]
        for link in links:
            link.send(frame)
        return len(links)

    def _hello(self, link: Link, frame: Hello) -> None:
        link.role = frame.role
        if frame.role in self._ending:
            link.send(Stop(self._ending[frame.role]))
            return
        if frame.role == "issuer":
            seat = self._seats[link] = LinkSeat(link, frame.capacity)
            self._core.sit(seat)
        if frame.role == "door":
            link.send(Closed(closed_of(self._core.ledger.pauses())))
        self._ready(frame.role, frame.pid)

    def _submit(self, link: Link, frame: Submit) -> None:
        def answer(verdicts: Sequence[Verdict], fault: FaultRecord | None) -> None:
            link.send(Verdicts(frame.seq, list(verdicts), fault))

        settled = (lambda: link.send(Settled(frame.seq))) if frame.watch else None
        if TRACES.on:
            TRACES.came(frame.submissions, frame.headers)
        self._core.submit(frame.submissions, answer, settled)

    def _sent(self, frame: Sent) -> None:
        ledger = self._core.ledger
        done = frame.done
        if frame.confirmed:
            self._core.confirmed(frame.confirmed)
        if frame.submissions:

            def answer(_verdicts: Sequence[Verdict], fault: FaultRecord | None) -> None:
                if fault is None:
                    self._owe(lambda: ledger.outbox_done(done))

            self._core.submit(frame.submissions, answer)
        elif done:
            self._owe(lambda: ledger.outbox_done(done))
        for id_, due_at, fault in frame.later:
            self._owe(partial(ledger.outbox_later, id_, datetime.fromisoformat(due_at), fault))

    def _owe(self, write: Callable[[], None]) -> None:
        """A write of the outbox: now, or, where the database cannot be written, as soon as it can."""
        self._owed.append(write)
        if len(self._owed) == 1:
            self._pay()

    def _pay(self) -> None:
        while self._owed:
            try:
                self._owed[0]()
            except Retry as fault:
                log.warning("%s", fault)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._pay)
                return
            except Config as fault:
                self.failed(fault)
                return
            self._owed.popleft()
        waiting, self._flushes = self._flushes, []
        for flushed in waiting:
            self._core.after(flushed)

    def _command(self, link: Link, frame: Command) -> None:
        if frame.verb == "flush":
            self._flushes.append(lambda: link.send(Answered(frame.seq, True)))
            if not self._owed:
                self._pay()
            return
        try:
            result = self._commands(frame.verb, frame.args)
        except Fault as fault:
            link.send(Answered(frame.seq, None, record(fault)))
            return
        except Exception as error:  # noqa: BLE001  (a wrong call ends that call only)
            log.error("command %s: %s", frame.verb[:40], describe(error))  # noqa: TRY400  (may quote arguments)
            link.send(Answered(frame.seq, None, record(BATCH_FAILED())))
            return
        link.send(Answered(frame.seq, result))
