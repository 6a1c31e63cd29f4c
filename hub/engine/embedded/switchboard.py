"""The core's side of the links: who connected, what they ask, and what becomes of them when they die."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from hub.engine.embedded.core import Core
from hub.engine.embedded.frames import (
    Answered,
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
from hub.errors import Fault, fault_from
from hub.ledger.applying import record
from hub.ledger.records import FaultRecord, Verdict

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
                self._core.signed(self._seats[link], frame.issued, frame.not_issued)
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
        """Tells the children of a role to finish; returns how many there are."""
        return self._to(role, Stop(seconds))

    def reload(self) -> None:
        """Tells the children to read the units anew."""
        for role in ("door", "issuer", "relay"):
            self._to(role, Reload())

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
        if frame.role == "issuer":
            seat = self._seats[link] = LinkSeat(link, frame.capacity)
            self._core.sit(seat)
        self._ready(frame.role, frame.pid)

    def _submit(self, link: Link, frame: Submit) -> None:
        def answer(verdicts: Sequence[Verdict], fault: FaultRecord | None) -> None:
            link.send(Verdicts(frame.seq, list(verdicts), fault))

        settled = (lambda: link.send(Settled(frame.seq))) if frame.watch else None
        self._core.submit(frame.submissions, answer, settled)

    def _sent(self, frame: Sent) -> None:
        ledger = self._core.ledger
        if frame.confirmed:
            self._core.confirmed(frame.confirmed)
        if frame.submissions:
            done = frame.done

            def answer(_verdicts: Sequence[Verdict], fault: FaultRecord | None) -> None:
                if fault is None:
                    ledger.outbox_done(done)

            self._core.submit(frame.submissions, answer)
        elif frame.done:
            ledger.outbox_done(frame.done)
        for id_, due_at, fault in frame.later:
            ledger.outbox_later(id_, datetime.fromisoformat(due_at), fault)

    def _command(self, link: Link, frame: Command) -> None:
        if frame.verb == "flush":
            self._core.after(lambda: link.send(Answered(frame.seq, True)))
            return
        try:
            result = self._commands(frame.verb, frame.args)
        except Fault as fault:
            link.send(Answered(frame.seq, None, record(fault)))
            return
        link.send(Answered(frame.seq, result))
