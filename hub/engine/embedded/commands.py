"""Writing commands of other processes, carried out by the process that owns the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from hub.engine.embedded.core import Core
from hub.engine.epochs import VERBS, carry_out
from hub.engine.faults import NO_SUCH_COMMAND
from hub.ledger.epochs.desk import sqlite_desk
from hub.ledger.handing import Node
from hub.ledger.records import Batch, BillDraft, Submission, Verdict
from hub.ledger.sqlite import SqliteLedger


class Commands:
    """One method a verb; arguments and results are JSON values. Also what the console does."""

    def __init__(
        self,
        ledger: SqliteLedger,
        core: Core,
        reload: Callable[[], None],
        closed: Callable[[list[str]], None] = lambda _units: None,
    ) -> None:
        """`closed` is told which units' doors are to be closed, whenever that changes."""
        self._ledger = ledger
        self._core = core
        self._reload = reload
        self._closed = closed
        self._verbs: dict[str, Callable[..., Any]] = {
            "status": self.status,
            "reload": self.reload,
            "numbers.receive": self.receive_numbers,
            "numbers.allot": self.allot_numbers,
            "units.pause": self.pause,
            "units.resume": self.resume,
            "bills.release": self.release,
            "parked.replay": self.replay,
            "parked.rehearse": self.rehearse,
            "audit": self.audit,
        }

    def __call__(self, verb: str, args: dict[str, Any]) -> Any:
        """Carries out a verb.

        Raises:
            Reject: unknown verb, or refused by the ledger.
        """
        if verb in VERBS:
            return self._epoch(verb, args)
        if verb not in self._verbs:
            raise NO_SUCH_COMMAND(verb=verb)
        return self._verbs[verb](**args)

    def _epoch(self, verb: str, args: dict[str, Any]) -> Any:
        """By a connection of its own, in this process, between two batches: the ledger reads everything anew."""
        try:
            return carry_out(sqlite_desk(self._ledger.path), verb, args, datetime.now(UTC), self._ledger.rules)
        finally:
            self._core.reread()

    def status(self) -> dict[str, Any]:
        """What the core is doing: due bills, alarms, its tally."""
        tally = self._core.tally
        return {
            "due": self._ledger.due(),
            "alarms": {name: [fault.code, fault.where, fault.values] for name, fault in self._ledger.alarms().items()},
            "batches": tally.batches,
            "messages": tally.messages,
            "issued": tally.issued,
            "failures": tally.failures,
            "largest_batch": tally.largest,
        }

    def reload(self) -> bool:
        """Reads the units anew."""
        self._reload()
        return True

    def receive_numbers(self, unit: str, code: str, first: str, last: str, actor: str, region: str = "") -> bool:
        """Takes in a number segment of a unit, or of a region, and lets starved bills go on."""
        self._ledger.receive_numbers(unit, code, first, last, datetime.now(UTC), actor, region=region)
        self._core.wake()
        return True

    def allot_numbers(
        self, unit: str, region: str, code: str, count: int, above: list[str], actor: str
    ) -> list[tuple[int, int]]:
        """Hands numbers down to a unit, or to a region; the blocks given."""
        given = self._ledger.allot_numbers(Node(unit, region), code, count, above, datetime.now(UTC), actor)
        self._core.wake()
        return given

    def pause(self, unit: str, reason: str, actor: str, doors: bool = False) -> bool:
        """Stops issuing for a unit; with `doors`, taking in, too."""
        self._ledger.pause(unit, reason, datetime.now(UTC), actor, doors=doors)
        self._closed(closed_of(self._ledger.pauses()))
        return True

    def resume(self, unit: str, actor: str) -> bool:
        """Lets a paused unit go on."""
        self._ledger.resume(unit, datetime.now(UTC), actor)
        self._closed(closed_of(self._ledger.pauses()))
        self._core.wake()
        return True

    def release(self, bill_ids: list[str], actor: str) -> int:
        """Lets bills of a `manual` kind be issued."""
        released = self._ledger.release(bill_ids, datetime.now(UTC), actor)
        self._core.wake()
        return released

    def replay(self, submission: bytes, actor: str) -> dict[str, Any]:
        """Takes a parked message in again, as today's configuration reads it; its verdict."""
        message = msgspec.msgpack.decode(submission, type=Submission)
        now = datetime.now(UTC)
        (verdict,) = self._ledger.apply(Batch([message]), now, 0).verdicts
        self._ledger.audit(actor, "parked.replay", message.id, verdict.place, now)
        self._core.wake()
        return replayed(verdict)

    def rehearse(self, submission: bytes) -> dict[str, Any]:
        """What a replay would come to: its place, and the bills that would be new or otherwise."""
        message = msgspec.msgpack.decode(submission, type=Submission)
        return rehearsed(*self._ledger.rehearse(message, datetime.now(UTC)))

    def audit(self, actor: str, action: str, subject: str, reason: str) -> bool:
        """Writes a row of the audit log."""
        self._ledger.audit(actor, action, subject, reason, datetime.now(UTC))
        return True


def closed_of(pauses: Mapping[str, bool]) -> list[str]:
    """Paused units whose doors are closed, too."""
    return sorted(unit for unit, doors in pauses.items() if doors)


def replayed(verdict: Verdict) -> dict[str, Any]:
    """What became of a parked message, as JSON."""
    return {"place": verdict.place, "bills": verdict.bills, "code": verdict.fault.code if verdict.fault else ""}


def rehearsed(verdict: Verdict, bills: Sequence[BillDraft]) -> dict[str, Any]:
    """What would become of it, as JSON."""
    shown = [
        {"charge_no": bill.charge_no, "face": bill.face, "status": bill.status, "total_fen": bill.total}
        for bill in bills
    ]
    return {"place": verdict.place, "code": verdict.fault.code if verdict.fault else "", "bills": shown}
