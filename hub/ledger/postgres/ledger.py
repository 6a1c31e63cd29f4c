"""The ledger on PostgreSQL: see `hub.ledger.port.SharedLedger`.

Nothing of the truth is kept in memory, so any number of these work on one database, and one that dies, or freezes and
wakes, leaves nothing half done. Locks are taken in one order everywhere: cases, bills, messages, keys, blocks of
numbers, a code's stock in the regions, tally, change sequence.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from hub.errors import Fault
from hub.ledger.applying import Changes, apply_one, is_archived
from hub.ledger.handing import Block, Node
from hub.ledger.postgres import asking, handing, journal, leasing, outbox, pausing, storing
from hub.ledger.postgres.faults import Collision
from hub.ledger.postgres.loading import LockedBatch, load
from hub.ledger.postgres.owner import Owner
from hub.ledger.postgres.pool import Connection, Database
from hub.ledger.postgres.telling import tell
from hub.ledger.postgres.writing import write
from hub.ledger.records import Batch, BillDraft, FaultRecord, Result, Submission, Verdict, Work
from hub.ledger.rules import UnitRules

log = logging.getLogger("billhub.ledger")

CLOSE_SECONDS: Final = 3.0
_TIDY: Final = 2000
_SORT_IN: Final = """
WITH oldest AS MATERIALIZED (
    SELECT seq FROM search_new ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED
), newest AS (
    DELETE FROM search_new WHERE seq IN (SELECT seq FROM oldest) RETURNING hash, bill_seq
), sorted AS (
    INSERT INTO search SELECT DISTINCT hash, bill_seq FROM newest ORDER BY hash, bill_seq ON CONFLICT DO NOTHING
)
SELECT count(*) FROM newest"""
_AUDIT: Final = "INSERT INTO audit (at, actor, action, subject, reason) VALUES ($1, $2, $3, $4, $5)"
_RELEASE: Final = """
UPDATE bill SET issue = 'on_payment' WHERE id = $1 AND status = 'due' AND issue = 'manual' RETURNING id"""
_HAS_NUMBERS: Final = "SELECT 1 FROM segment WHERE unit = $1 AND code = $2 LIMIT 1"


class PostgresLedger:
    """One process's way to the shared ledger."""

    def __init__(self, database: Database, rules: Mapping[str, UnitRules], issuer: leasing.Issuer) -> None:
        self.owner = issuer.owner
        self._database = database
        self._rules = rules
        self._leases = Owner(database, issuer, lambda: self._rules)
        self._days: frozenset[str] = frozenset()

    # what workers, issuers and relays do all day

    async def apply(self, batch: Batch, now: datetime, want: int = 0) -> Result:
        """Takes in signed bills, then messages, then leases due bills: see the port.

        Signed bills and leases are one transaction, messages another: those lock bills first, these cases.
        """
        papers = bool(batch.issued or batch.not_issued or batch.confirmed)
        issued: list[str] = []
        work: list[Work] = []
        changes = Changes()
        verdicts: list[Verdict] = []
        redelivered = 0
        if papers or (want > 0 and not batch.submissions):
            wanted = 0 if batch.submissions else want
            issued, work = await self._database.run(lambda c: self._papers(c, batch, now, wanted))
        if batch.submissions:
            taken = await self._database.run(lambda c: self._take(c, batch.submissions, now))
            changes, verdicts, redelivered = taken
            if want > 0:
                work = await self._leases.lease_after(now, want)
        work = [*work, *await self._leases.refill(now, want - len(work))]
        outgoing = bool(changes.questions) or (
            bool(issued) and any(rule.countersigned for rule in self._rules.values())
        )
        return Result(verdicts, issued, work, _withdrawn(changes), outgoing, redelivered)

    async def _papers(
        self, connection: Connection, batch: Batch, now: datetime, want: int
    ) -> tuple[list[str], list[Work]]:
        at = now.isoformat(timespec="milliseconds")
        papers = await storing.lock(connection, batch)
        issued = await storing.store_issued(connection, papers, batch.issued, self._rules, at)
        await storing.store_not_issued(connection, batch.not_issued)
        await storing.store_confirmed(connection, papers, batch.confirmed)
        work = await self._leases.lease(connection, now, want)
        await tell(connection, settled=issued)
        await storing.finish(connection, papers, at)
        return issued, work

    async def _take(
        self, connection: Connection, submissions: Sequence[Submission], now: datetime
    ) -> tuple[Changes, list[Verdict], int]:
        loaded = await load(connection, submissions)
        changes = Changes()
        verdicts = [_verdict(loaded, changes, self._rules, message, now) for message in submissions]
        await tell(connection, zip(submissions, verdicts, strict=True), _withdrawn(changes))
        await write(connection, changes, loaded, now.isoformat(timespec="milliseconds"))
        return changes, verdicts, loaded.again

    async def hand_back(self, bill_ids: Sequence[str]) -> None:
        """Bills this owner will not sign, or that rest: anybody may have them at once."""
        await self._leases.hand_back(bill_ids)

    async def bury(self, name: str) -> None:
        """Frees what earlier lives of a process leased: see the port."""
        await self._leases.free(name)

    async def renew(self, bill_ids: Sequence[str]) -> list[str]:
        """Leases longer what is still this owner's."""
        return await self._leases.renew(bill_ids)

    async def outbox(self, kind: str, limit: int, now: datetime, without: Collection[str] = ()) -> list[dict[str, Any]]:
        """Leases effects due to go out, oldest first."""
        return await self._leases.effects(kind, limit, now, without)

    async def outbox_done(self, ids: Sequence[int]) -> None:
        """Effects that are out."""
        await self._database.run(lambda c: outbox.done(c, ids))

    async def outbox_later(self, rows: Sequence[tuple[int, datetime, FaultRecord | None]]) -> None:
        """Effects that were tried, to try again."""
        await self._database.run(lambda c: outbox.later(c, rows))

    async def outbox_back(self, ids: Sequence[int], due_at: datetime) -> None:
        """Effects that were leased and not tried."""
        await self._database.run(lambda c: outbox.back(c, ids, due_at))

    # what is asked

    async def due(self) -> int:
        """How many bills wait for an issuer or are with one."""
        ((count,),) = await self._database.ask(asking.COUNT_DUE)
        return int(count)

    async def are_due(self, bill_ids: Sequence[str]) -> set[str]:
        """Which of these bills are due and will be issued without a person's doing."""
        return {id_ for (id_,) in await self._database.ask(asking.ARE_DUE, list(bill_ids))}

    async def alarms(self) -> dict[str, FaultRecord]:
        """What keeps bills due just now: of all issuers, and this machine's clock."""
        found = await self._database.run(asking.alarms)
        clock = self._leases.clock
        return found if clock is None else {**found, "clock": clock}

    async def verdicts(self, asked: Iterable[tuple[str, bytes]]) -> dict[str, Verdict]:
        """Verdicts on messages by (id, fingerprint), as far as they are in."""
        wanted = list(asked)
        return await self._database.run(lambda c: asking.verdicts(c, wanted)) if wanted else {}

    async def rehearse(self, message: Submission, now: datetime) -> tuple[Verdict, list[BillDraft]]:
        """The verdict on a message and the bills that would be new or otherwise; nothing of it is written."""

        async def decide(connection: Connection) -> tuple[Verdict, list[BillDraft]]:
            changes = Changes()
            verdict = apply_one(await load(connection, [message]), changes, self._rules, message, now)
            return verdict, [*changes.new_bills.values(), *changes.changed_bills.values()]

        return await self._database.run(decide)

    async def has_numbers(self, unit: str, code: str) -> bool:
        """Whether the unit ever received a segment of this bill code."""
        return bool(await self._database.ask(_HAS_NUMBERS, unit, code))

    async def ping(self) -> None:
        """One small question."""
        await self._database.ask("SELECT 1")

    # what people do

    async def receive_numbers(
        self, unit: str, code: str, first: str, last: str, now: datetime, actor: str, *, region: str = ""
    ) -> None:
        """Takes in a number segment of a unit, or of a region, and lets starved bills try again."""
        node = Node(unit, region)

        async def take_in(connection: Connection) -> None:
            await handing.receive(connection, node, code, first, last, now)
            await leasing.feed(connection, code)
            await _audit(connection, actor, "numbers.receive", f"{node.name} {code} {first}-{last}", "", now)

        await self._database.run(take_in)

    async def allot_numbers(
        self, to: Node, code: str, count: int, above: Sequence[str], now: datetime, actor: str
    ) -> list[Block]:
        """Hands numbers down to a region or a unit, and lets starved bills try again."""
        at = now.isoformat(timespec="milliseconds")

        async def give(connection: Connection) -> list[Block]:
            given = await handing.allot(connection, above, to, code, count, at, actor)
            await leasing.feed(connection, code)
            return given

        return await self._database.run(give)

    async def pause(self, unit: str, reason: str, now: datetime, actor: str, *, doors: bool) -> None:
        """Stops issuing for a unit, until `resume`."""

        async def stop(connection: Connection) -> None:
            await pausing.pause(connection, unit, reason, now, actor, doors=doors)
            await _audit(connection, actor, "unit.pause", f"{unit} doors" if doors else unit, reason, now)

        await self._database.run(stop)

    async def resume(self, unit: str, now: datetime, actor: str) -> None:
        """Lets a paused unit go on."""

        async def go_on(connection: Connection) -> None:
            await pausing.resume(connection, unit)
            await _audit(connection, actor, "unit.resume", unit, "", now)

        await self._database.run(go_on)

    async def pauses(self) -> dict[str, bool]:
        """Unit → whether its doors are closed, too, of those that are paused."""
        return {unit: bool(doors) for unit, doors in await self._database.ask(pausing.PAUSES)}

    async def release(self, bill_ids: Sequence[str], now: datetime, actor: str) -> int:
        """Lets bills of a `manual` kind be issued; returns how many were waiting for that."""

        async def let_go(connection: Connection) -> int:
            released = 0
            for bill_id in sorted(bill_ids):
                released += len(await connection.fetch(_RELEASE, bill_id))
                await _audit(connection, actor, "bill.release", bill_id, "", now)
            return released

        return await self._database.run(let_go)

    async def audit(self, actor: str, action: str, subject: str, reason: str, now: datetime) -> None:
        """Writes a row of the audit log."""
        await self._database.run(lambda c: _audit(c, actor, action, subject, reason, now))

    # housekeeping

    async def tidy(self, now: datetime) -> bool:
        """Makes the journal's days to come, and sorts some of the newest search hashes in."""
        days = journal.days_ahead(now)
        if not days <= self._days:
            await self._database.run(lambda c: journal.make_ahead(c, now))
            self._days = days
        moved = await self._database.run(lambda c: c.fetchval(_SORT_IN, _TIDY))
        return bool(moved == _TIDY)

    async def retire(self, days: int) -> bool:
        """Drops bodies whose time is over: see the port."""
        return await self._database.run(lambda c: journal.retire(c, days))

    def change_rules(self, rules: Mapping[str, UnitRules]) -> None:
        """The units were read anew: what starved under an old bill code tries again with the next lease."""
        self._rules = rules
        self._leases.begin_anew()

    async def close(self) -> None:
        """Gives back what this owner leased, as far as the database can be reached, and closes."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                if self._leases.has_leased:  # a door or a console never has, and may not write
                    await self._leases.free(self.owner)
        except (Fault, Collision, TimeoutError) as error:
            log.warning("leases are left to run out: %s", error)
        await self._database.close()

    def cut(self) -> None:
        """Ends as a killed process would: leases run out by themselves."""
        self._database.cut()


def _verdict(
    loaded: LockedBatch, changes: Changes, rules: Mapping[str, UnitRules], message: Submission, now: datetime
) -> Verdict:
    """The verdict on one message; what a broker brings twice is answered twice, and counted once."""
    if message.place == "refused":
        return apply_one(loaded, changes, rules, message, now)
    known = loaded.messages.get(message.id)
    if known is not None and is_archived(known, message):
        return apply_one(loaded, changes, rules, message, now)
    entry, redelivered = loaded.entry(message), loaded.redelivered(message)
    verdict = apply_one(loaded, changes, rules, message, now)
    if redelivered:
        loaded.again += 1
        changes.repeats[entry] -= 1
        changes.tally[message.unit, message.source, verdict.place] -= 1
    else:
        loaded.note(entry, message.at)
    return verdict


def _withdrawn(changes: Changes) -> list[str]:
    return [bill.id for bill in changes.changed_bills.values() if bill.status == "void"]


async def _audit(connection: Connection, actor: str, action: str, subject: str, reason: str, now: datetime) -> None:
    await connection.execute(_AUDIT, now.isoformat(timespec="milliseconds"), actor, action, subject, reason)
