"""The relay process: the outbox's way out, and the outside's answers' way in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import Protocol

from hub.adapter import Asker, Delivery, Message
from hub.config import UnitConfig
from hub.delivery.relay import Kind, Relay
from hub.engine.embedded.frames import Answered, Command, Frame, Poke, Reload, Sent
from hub.engine.embedded.home import Home
from hub.engine.intake import Intake
from hub.engine.platforms import platforms_of
from hub.errors import Fault
from hub.ledger.aad import document_aad
from hub.ledger.reader import Reader
from hub.ledger.records import Confirmed, record
from hub.metrics.catalogue import EFFECTS
from hub.processes.accepted import accepted
from hub.processes.archiving import archiver_of, hold_back, kept
from hub.processes.child import Child, run_child
from hub.processes.plan import plan_from_environment
from hub.security.vault import Vault


class Carrier(Protocol):
    """Who takes results to the ledger, in order: a link to the core, or, in a cluster, the ledger itself."""

    def send(self, frame: Frame) -> None:
        """Queues a frame; a command is answered behind everything that came before it."""


def lazily(units: Sequence[UnitConfig], vault: Vault) -> Callable[[], Intake]:
    """The sources of these units, bound when a channel is first asked: most relays only have bills countersigned."""
    return cache(partial(Intake, units, vault))


def askers(results: LinkResults) -> Callable[[str, str], Asker | None]:
    """Finds a unit's source that asks its channel."""

    def asker(unit: str, source: str) -> Asker | None:
        found = results.intake().sources.get(f"{unit}/{source}")
        return found.source if found is not None and isinstance(found.source, Asker) else None

    return asker


class LinkResults:
    """See `hub.delivery.relay.Results`: over the link, in order, and known to be durable by an answered command."""

    def __init__(self, link: Carrier, vault: Vault, intake: Callable[[], Intake]) -> None:
        self._link = link
        self._vault = vault
        self.intake = intake
        self._seq = 0
        self._flushed: dict[int, asyncio.Future[None]] = {}

    def confirmed(self, unit: str, bill_id: str, xml: bytes | None, fault: Fault | None) -> None:
        """Seals the countersigned XML and sends it."""
        if fault is None:
            EFFECTS.add(1, "confirm", "done")
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        sealed = self._vault.seal(unit, document_aad(bill_id, "xml"), xml) if xml else b""
        self._link.send(Sent(confirmed=[Confirmed(bill_id, at, sealed, record(fault) if fault else None)]))

    def told(self, unit: str, source: str, delivery: Delivery, messages: tuple[Message, ...], row: int) -> None:
        """Translates the answer like any message, and sends it."""
        EFFECTS.add(1, "ask", "done")
        intake = self.intake()
        submissions = intake.translate(intake.bound(f"{unit}/{source}"), delivery, messages)
        self._link.send(Sent(submissions=submissions, done=[row]))

    def later(self, kind: Kind, row: int, at: datetime, fault: Fault | None) -> None:
        """A row that was tried, to try again."""
        EFFECTS.add(1, kind, "later")
        self._link.send(Sent(later=[(row, at.isoformat(timespec="milliseconds"), record(fault) if fault else None)]))

    async def flush(self) -> None:
        """A command goes behind the results, and is answered after their commit."""
        self._seq += 1
        done = self._flushed[self._seq] = asyncio.get_running_loop().create_future()
        self._link.send(Command(self._seq, "flush", {}))
        await done

    def answered(self, seq: int) -> None:
        """The core has caught up."""
        done = self._flushed.pop(seq, None)
        if done is not None and not done.done():
            done.set_result(None)


async def main() -> None:
    """Runs a relay process by the plan in its environment."""
    plan = plan_from_environment()
    home = Home(plan.data_path)
    vault = home.vault()
    units = accepted(home)
    child = Child("relay", home.socket)
    results = LinkResults(await child.connect(), vault, lazily(units, vault))
    relay = Relay(Reader(home.folder, vault, shared=True), results, platforms_of(units, home.trust), askers(results))

    def on_frame(frame: Frame) -> None:
        if isinstance(frame, Poke):
            relay.poked.set()
        elif isinstance(frame, Answered):
            results.answered(frame.seq)
        elif isinstance(frame, Reload):
            changed = accepted(home)
            results.intake = lazily(changed, vault)
            relay.platforms = platforms_of(changed, home.trust)

    child.on_frame = on_frame
    archive = kept(home)
    works = []
    if archive is not None:
        look = Reader(home.folder, vault, shared=True)
        archiver = archiver_of(archive, look, vault)
        hold_back(relay, archive, archiver)
        works.append(asyncio.get_running_loop().create_task(archiver.run()))
    running = asyncio.get_running_loop().create_task(relay.run())

    async def stop(_seconds: float) -> None:
        for work in (running, *works):
            work.cancel()

    child.on_stop = stop
    child.hello()
    await asyncio.gather(running, *works, return_exceptions=False)


if __name__ == "__main__":
    run_child(main)
