"""The ledger on SQLite: WAL, synchronous=FULL, one writer, one transaction a batch.

Only one process may write; `hub.ledger.lock` keeps a second hub out. What is kept in memory (due bills, open segments,
the change sequence) is read anew after a rollback.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from hub.ledger import handing, mark, outbox, pausing, sorting
from hub.ledger.applying import Changes, apply_one
from hub.ledger.auditing import audit
from hub.ledger.loading import load
from hub.ledger.migrate import migrate_sqlite
from hub.ledger.records import Batch, BillDraft, FaultRecord, Result, Submission, Verdict, Work
from hub.ledger.reserving import Due
from hub.ledger.retiring import Retiring
from hub.ledger.rules import UnitRules
from hub.ledger.sqlite_file import FILE, connect, sqlite_faults
from hub.ledger.storing import store_confirmed, store_issued, store_not_issued
from hub.ledger.working import work_for
from hub.ledger.writing import Sequences, write

_LAST: Final = """
SELECT COALESCE((SELECT MAX(seq) FROM message), 0), COALESCE((SELECT MAX(seq) FROM bill), 0),
       MAX(COALESCE((SELECT MAX(change) FROM bill), 0), COALESCE((SELECT MAX(ahead) FROM epoch), 0)),
       (SELECT MAX(issued_at) FROM bill), (SELECT number FROM epoch WHERE state = 'held')"""


class SqliteLedger:
    """See `hub.ledger.port.Ledger`."""

    def __init__(self, folder: Path, rules: Mapping[str, UnitRules]) -> None:
        """Opens, or makes, the ledger in a data folder.

        Raises:
            Config: damaged, written by a newer release, or moved into another database.
        """
        self.path = path = folder / FILE
        moved = mark.fault_of(folder)
        if moved is not None:
            raise moved
        with sqlite_faults():
            migrate_sqlite(path)
            self._connection = connect(path)
            self._retiring = Retiring()
            self._rules = rules
            self._due = Due(self._connection, rules)
            self._read_last()

    def _read_last(self) -> None:
        *last, issued_at, self._due.held = self._connection.execute(_LAST).fetchone()
        self._last = Sequences(*last)
        self._last_issue: datetime | None = datetime.fromisoformat(issued_at) if issued_at else None

    def apply(self, batch: Batch, now: datetime, want: int) -> Result:
        """Takes in messages and signed bills and reserves numbers, in one transaction."""
        at = now.isoformat(timespec="milliseconds")
        with self._transaction(deciding=True):
            issued = store_issued(self._connection, batch.issued, self._rules, at, self._last)
            for bill_id in issued:
                self._due.signed(bill_id)
            if self._due.paused:
                for bill in batch.issued:  # signed while its unit was being paused: it keeps its number, and waits
                    if bill.bill_id in self._due and self._due.is_paused(bill.bill_id):
                        self._due.hand_back(bill.bill_id)
            if batch.issued:
                newest = max(bill.issued_at for bill in batch.issued)
                self._last_issue = max(self._last_issue or now, datetime.fromisoformat(newest))
            store_not_issued(self._connection, batch.not_issued)
            for failed in batch.not_issued:
                self._due.not_signed(failed.bill_id, failed.fault)
            store_confirmed(self._connection, batch.confirmed, self._last)
            changes = Changes()
            verdicts = []
            if batch.submissions:
                loaded = load(self._connection, batch.submissions)
                verdicts = [apply_one(loaded, changes, self._rules, message, now) for message in batch.submissions]
                write(self._connection, changes, at, self._last)
                self._follow(changes)
            reserved = self._due.reserve(want, now, self._last_issue)
            work = self._work(reserved)
        outgoing = bool(changes.questions) or (
            bool(issued) and any(rule.countersigned for rule in self._rules.values())
        )
        withdrawn = [bill.id for bill in changes.changed_bills.values() if bill.status == "void"]
        return Result(verdicts, issued, work, withdrawn, outgoing)

    def rehearse(self, message: Submission, now: datetime) -> tuple[Verdict, list[BillDraft]]:
        """The verdict on a message and the bills that would be new or otherwise; nothing of it is written."""
        changes = Changes()
        with self._transaction():
            verdict = apply_one(load(self._connection, [message]), changes, self._rules, message, now)
        return verdict, [*changes.new_bills.values(), *changes.changed_bills.values()]

    def _follow(self, changes: Changes) -> None:
        """Keeps the queue of due bills in step with what was decided."""
        for bill in changes.new_bills.values():
            if bill.status == "due":
                self._due.add(bill)
        for bill in changes.changed_bills.values():
            if bill.status != "due":
                self._due.drop(bill.id)

    def _work(self, bills: list[BillDraft]) -> list[Work]:
        return work_for(self._connection, bills) if bills else []

    def hand_back(self, bill_ids: list[str]) -> None:
        """Bills whose issuer died, or that could not be signed."""
        for bill_id in bill_ids:
            self._due.hand_back(bill_id)

    def keep_out(self, bill_ids: list[str]) -> None:
        """After a rollback: bills that are signed, or being signed, are not to be handed out a second time."""
        self._due.keep_out(bill_ids)

    def ping(self) -> None:
        """Writes something that changes nothing: whether the disk and the file take it."""
        with self._transaction():
            self._connection.execute("UPDATE alembic_version SET version_num = version_num")

    def ready(self) -> bool:
        """Whether some due bill waits for an issuer."""
        return self._due.ready

    def is_due(self, bill_id: str) -> bool:
        """Whether a bill is due and will be issued without a person's doing."""
        return bill_id in self._due

    def due(self) -> int:
        """How many bills wait for an issuer or are with one."""
        return len(self._due)

    def alarms(self) -> dict[str, FaultRecord]:
        """What keeps bills due just now."""
        return dict(self._due.alarms)

    def receive_numbers(
        self, unit: str, code: str, first: str, last: str, now: datetime, actor: str, *, region: str = ""
    ) -> None:
        """Takes in a number segment of a unit, or of a region, and lets starved bills try again."""
        at = now.isoformat(timespec="milliseconds")
        node = handing.Node(unit, region)
        with self._transaction():
            handing.receive(self._connection, node, code, first, last, at)
            audit(self._connection, at, actor, "numbers.receive", f"{node.name} {code} {first}-{last}")
        self._due.feed()

    def allot_numbers(
        self, to: handing.Node, code: str, count: int, above: Sequence[str], now: datetime, actor: str
    ) -> list[handing.Block]:
        """Hands numbers down to a region or a unit, and lets starved bills try again."""
        with self._transaction():
            at = now.isoformat(timespec="milliseconds")
            given = handing.allot(self._connection, above, to, code, count, at, actor)
        self._due.feed()
        return given

    def pause(self, unit: str, reason: str, now: datetime, actor: str, *, doors: bool) -> None:
        """Stops issuing for a unit, until `resume`."""
        at = now.isoformat(timespec="milliseconds")
        with self._transaction():
            pausing.pause(self._connection, unit, reason, at, actor, doors=doors)
        self._due.pause(self.pauses())

    def resume(self, unit: str, now: datetime, actor: str) -> None:
        """Lets a paused unit go on.

        Raises:
            Reject: it is not paused.
        """
        with self._transaction():
            pausing.resume(self._connection, unit, now.isoformat(timespec="milliseconds"), actor)
        self._due.pause(self.pauses())

    def pauses(self) -> dict[str, bool]:
        """Unit → whether its doors are closed, too, of those that are paused."""
        return pausing.pauses(self._connection)

    def has_numbers(self, unit: str, code: str) -> bool:
        """Whether the unit ever received a segment of this bill code."""
        row = self._connection.execute("SELECT 1 FROM segment WHERE unit = ? AND code = ?", (unit, code)).fetchone()
        return row is not None

    def tidy(self) -> bool:
        """Sorts some of the newest search hashes in; returns whether there are more. For when nothing else is to do."""
        bounds = sorting.unsorted(self._connection)
        if bounds is None:
            return False
        with self._transaction():
            return sorting.sort_in(self._connection, *bounds)

    def retire(self, now: datetime, days: int) -> bool:
        """Drops some bodies that came more than so many days ago and are behind no bill; whether there may be more."""
        with self._transaction():
            return self._retiring.step(self._connection, now, days)

    @property
    def rules(self) -> Mapping[str, UnitRules]:
        """Of every unit."""
        return self._rules

    def change_rules(self, rules: Mapping[str, UnitRules]) -> None:
        """The units were read anew."""
        self._rules = rules
        self._due.change_rules(rules)

    def release(self, bill_ids: list[str], now: datetime, actor: str) -> int:
        """Lets bills of a `manual` kind be issued; returns how many were waiting for that."""
        released = 0
        with self._transaction():
            for bill_id in bill_ids:
                statement = "UPDATE bill SET issue = 'on_payment' WHERE id = ? AND status = 'due' AND issue = 'manual'"
                released += self._connection.execute(statement, (bill_id,)).rowcount
                audit(self._connection, now.isoformat(timespec="milliseconds"), actor, "bill.release", bill_id)
        self._due.released(bill_ids)
        return released

    def audit(self, actor: str, action: str, subject: str, reason: str, now: datetime) -> None:
        """Writes a row of the audit log."""
        with self._transaction():
            audit(self._connection, now.isoformat(timespec="milliseconds"), actor, action, subject, reason)

    def outbox(self, kind: str, limit: int, now: datetime) -> list[dict[str, Any]]:
        """Effects due to go out, oldest first: {id, unit, subject, attempts, and the payload's own names}."""
        return outbox.due(self._connection, kind, limit, now.isoformat(timespec="milliseconds"))

    def outbox_done(self, ids: list[int]) -> None:
        """Effects that are out."""
        with self._transaction():
            outbox.done(self._connection, ids)

    def outbox_later(self, id_: int, due_at: datetime, fault: FaultRecord | None) -> None:
        """An effect to try again."""
        with self._transaction():
            outbox.later(self._connection, id_, due_at.isoformat(timespec="milliseconds"), fault)

    def reread(self) -> None:
        """Somebody else wrote meanwhile, by this process's own doing: nothing kept in memory is right any more."""
        self._due.reload()
        self._due.alarms.pop("epoch", None)
        self._read_last()

    def close(self) -> None:
        """Closes the database, with a checkpoint, so that the next start is quick."""
        with contextlib.suppress(sqlite3.DatabaseError):  # the next start does it, or says why it cannot
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    @contextlib.contextmanager
    def _transaction(self, *, deciding: bool = False) -> Iterator[None]:
        """One transaction, or nothing; `deciding` ones change what is kept in memory, too."""
        with sqlite_faults():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if deciding:
                    self._due.reload()
                    self._read_last()
                raise
