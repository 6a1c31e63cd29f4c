"""The ledger as its callers see it: `Ledger` of the embedded hub (SQLite), `SharedLedger` of a cluster (PostgreSQL).

The records are the same. The embedded one is called by the one process that owns the file; the shared one by any
number of processes on any number of machines at once, which may die, freeze and wake at any moment.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from hub.ledger.handing import Block, Node
from hub.ledger.records import Batch, BillDraft, FaultRecord, Result, Submission, Verdict
from hub.ledger.rules import UnitRules


class Ledger(Protocol):
    """The durable truth. One entry, `apply`; every call is one transaction, or none.

    Raises (all calls):
        Retry: the database cannot be written just now; nothing of the call was kept.
        Config: the database is damaged; the hub must stop.
    """

    def apply(self, batch: Batch, now: datetime, want: int) -> Result:
        """Takes in messages and signed bills, and reserves numbers for up to `want` due bills, in one transaction."""

    def hand_back(self, bill_ids: list[str]) -> None:
        """Bills whose issuer died: they are handed out again, under the same numbers."""

    def due(self) -> int:
        """How many bills wait for an issuer or are with one."""

    def alarms(self) -> dict[str, FaultRecord]:
        """What keeps bills due just now."""

    def receive_numbers(
        self, unit: str, code: str, first: str, last: str, now: datetime, actor: str, *, region: str = ""
    ) -> None:
        """Takes in a number segment of a unit, or, where `unit` is empty, of a region."""

    def allot_numbers(
        self, to: Node, code: str, count: int, above: Sequence[str], now: datetime, actor: str
    ) -> list[Block]:
        """Hands numbers down from the nearest of the regions `above`; all that are asked for, or none."""

    def pause(self, unit: str, reason: str, now: datetime, actor: str, *, doors: bool) -> None:
        """Stops issuing for a unit, until `resume`; with `doors`, its messages are not taken either."""

    def resume(self, unit: str, now: datetime, actor: str) -> None:
        """Lets a paused unit go on."""

    def pauses(self) -> dict[str, bool]:
        """Unit → whether its doors are closed, too, of those that are paused."""

    def audit(self, actor: str, action: str, subject: str, reason: str, now: datetime) -> None:
        """Writes a row of the audit log."""

    def outbox(self, kind: str, limit: int, now: datetime) -> list[dict[str, Any]]:
        """Effects due to go out, oldest first."""

    def outbox_done(self, ids: list[int]) -> None:
        """Effects that are out."""

    def outbox_later(self, id_: int, due_at: datetime, fault: FaultRecord | None) -> None:
        """An effect to try again."""

    def close(self) -> None:
        """Closes the database."""


class SharedLedger(Protocol):
    """The durable truth of a cluster. Every call is one transaction, or none, and may be made from many tasks at once.

    Collisions with other processes are settled inside: a call is tried again there before it gives up.

    Raises (all calls):
        Retry: the database cannot be reached or written just now. Nothing of the call was kept, except that the
            outcome of a commit whose answer got lost is not known: the same call, made again, is harmless, because
            messages, signed bills and effects are recognised.
        Config: the call can never succeed as things are (wrong version, unfinished migration, no rights); the process
            must stop.
    Anything else that is raised is a defect of the program.
    """

    owner: str
    """Who holds this ledger's leases: unique for each life of a process."""

    async def apply(self, batch: Batch, now: datetime, want: int = 0) -> Result:
        """Takes in messages and signed bills, and leases up to `want` due bills, numbered, to this owner.

        Verdicts come in the order of the submissions. Work is leased for as long as the ledger was opened with
        (`lease`); a bill whose lease ran out goes to another issuer under the same number, and of two signatures the
        first that is stored counts: only bills in `Result.issued` are issued. An empty `Result.work` means that nothing
        is due; ask again after some tens of milliseconds. Bills in `batch.not_issued` rest a few seconds.
        """

    async def hand_back(self, bill_ids: Sequence[str]) -> None:
        """Bills this owner leased and will not sign: others may have them at once, under the same numbers."""

    async def bury(self, name: str) -> None:
        """Says that whoever had this name, a dash and more as its owner is dead: what it leased is free at once."""

    async def renew(self, bill_ids: Sequence[str]) -> list[str]:
        """Leases longer what is still being signed; returns the bills that are still this owner's."""

    async def due(self) -> int:
        """How many bills wait for an issuer or are with one. Counts: for figures, not for each message."""

    async def are_due(self, bill_ids: Sequence[str]) -> set[str]:
        """Which of these bills are due and will be issued without a person's doing."""

    async def alarms(self) -> dict[str, FaultRecord]:
        """What keeps bills due just now, over all issuers."""

    async def verdicts(self, asked: Iterable[tuple[str, bytes]]) -> dict[str, Verdict]:
        """Verdicts on messages, as far as they are in: asked by (id, fingerprint), answered by id.

        Where a sender waits for a verdict (`applied`, `issued`), a door asks this after it lost its connection.
        A repeat is answered with the verdict on the first.
        """

    async def rehearse(self, message: Submission, now: datetime) -> tuple[Verdict, list[BillDraft]]:
        """The verdict on a message and the bills that would be new or otherwise; nothing of it is written."""

    async def receive_numbers(
        self, unit: str, code: str, first: str, last: str, now: datetime, actor: str, *, region: str = ""
    ) -> None:
        """Takes in a number segment of a unit, or, where `unit` is empty, of a region; starved bills try again.

        Raises:
            Reject: it is not a segment, or overlaps one of the same bill code.
        """

    async def allot_numbers(
        self, to: Node, code: str, count: int, above: Sequence[str], now: datetime, actor: str
    ) -> list[Block]:
        """Hands numbers down from the nearest of the regions `above`; all that are asked for, or none.

        Raises:
            Reject: there are not so many.
        """

    async def pause(self, unit: str, reason: str, now: datetime, actor: str, *, doors: bool) -> None:
        """Stops issuing for a unit, until `resume`; with `doors`, its messages are not taken either.

        What an issuer is just signing is not stored any more: it stays due, under its number.
        """

    async def resume(self, unit: str, now: datetime, actor: str) -> None:
        """Lets a paused unit go on.

        Raises:
            Reject: it is not paused.
        """

    async def pauses(self) -> dict[str, bool]:
        """Unit → whether its doors are closed, too, of those that are paused."""

    async def has_numbers(self, unit: str, code: str) -> bool:
        """Whether the unit ever received a segment of this bill code."""

    async def release(self, bill_ids: Sequence[str], now: datetime, actor: str) -> int:
        """Lets bills of a `manual` kind be issued; returns how many were waiting for that."""

    async def audit(self, actor: str, action: str, subject: str, reason: str, now: datetime) -> None:
        """Writes a row of the audit log."""

    async def outbox(self, kind: str, limit: int, now: datetime, without: Collection[str] = ()) -> list[dict[str, Any]]:
        """Leases effects due to go out, oldest first: {id, unit, subject, attempts, and the payload's own names}.

        None of the units `without`. A `confirm` whose earlier relay died with it counts one attempt more.

        No two relays hold the same effect at once, unless a lease ran out: receivers recognise repeats by `subject`.
        """

    async def outbox_done(self, ids: Sequence[int]) -> None:
        """Effects that are out."""

    async def outbox_later(self, rows: Sequence[tuple[int, datetime, FaultRecord | None]]) -> None:
        """Effects that were tried, to try again: (id, when, why)."""

    async def outbox_back(self, ids: Sequence[int], due_at: datetime) -> None:
        """Effects that were leased and not tried."""

    async def tidy(self, now: datetime) -> bool:
        """Housekeeping in small steps, by any process, for when little is to do; returns whether there is more."""

    async def retire(self, days: int) -> bool:
        """Drops some bodies that came more than so many days ago and are behind no bill; ids and events stay.

        Returns whether there may be more. Parked messages keep theirs.
        """

    async def ping(self) -> None:
        """Asks the database one small question: for a probe of readiness."""

    def change_rules(self, rules: Mapping[str, UnitRules]) -> None:
        """The units were read anew."""

    async def close(self) -> None:
        """Gives back what this owner leased, as far as the database can be reached, and closes."""


class Listener(Protocol):
    """Hears of verdicts and of issued bills, on a connection of its own that it makes anew whenever it is lost.

    What was told while it was deaf it asks for afterwards, so that nothing expected is missed. Futures may be
    cancelled; a caller sets its own limit of time. Only verdicts on submissions whose `answer` is `applied` or `issued`
    are told.
    """

    async def start(self) -> None:
        """Connects, and listens until `close`.

        Raises:
            Retry, Config: as a `SharedLedger` does; later losses are mended in silence.
        """

    def expect(self, message_id: str, fingerprint: bytes) -> Future[Verdict]:
        """The verdict on a message. Call it before the message goes out: what was told earlier is not heard."""

    def expect_settled(self, bill_ids: Sequence[str]) -> Future[None]:
        """Done when none of these bills is due any more: issued, withdrawn, or waiting for a person."""

    @property
    def connected(self) -> bool:
        """Whether it hears just now: for a probe of readiness."""

    async def close(self) -> None:
        """Stops; futures still open are cancelled."""
