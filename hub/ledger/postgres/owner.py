"""What one process has leased: due bills to sign, effects to bring out; and how it gets more, and gives back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from hub.bill.numbering import SHANGHAI
from hub.errors import Retry, fault_from
from hub.ledger import faults
from hub.ledger.postgres import handing, leasing, outbox, working
from hub.ledger.postgres.pool import Connection, Database
from hub.ledger.records import FaultRecord, Work, record
from hub.ledger.reserving import MAY_LAG
from hub.ledger.rules import UnitRules

log = logging.getLogger("billhub.ledger")

_HAND_BACK: Final = """
UPDATE bill SET lease_owner = NULL, lease_until = NULL
WHERE id = ANY($1::text[]) AND status = 'due' AND (lease_owner = $2 OR lease_owner IS NULL)"""
_RENEW: Final = """
UPDATE bill SET lease_until = clock_timestamp() + $3::interval
WHERE id = ANY($1::text[]) AND status = 'due' AND lease_owner = $2 RETURNING id"""
_FREE: Final = (
    """UPDATE bill SET lease_owner = NULL, lease_until = NULL
    WHERE status = 'due' AND starts_with(lease_owner || '-', $1)""",
    "UPDATE number_block SET lease_until = '-infinity' WHERE starts_with(lease_owner || '-', $1)",
    "UPDATE outbox SET lease_until = NULL WHERE starts_with(lease_owner || '-', $1)",
)


class Owner:
    """One process's leases. What stands in memory is only where it goes on; the leases are in the database."""

    def __init__(
        self, database: Database, issuer: leasing.Issuer, rules: Callable[[], Mapping[str, UnitRules]]
    ) -> None:
        self.name = issuer.owner
        self.clock: FaultRecord | None = None
        """why this machine's clock keeps it from leasing"""
        self.has_leased = False
        self._database = database
        self._issuer = issuer
        self._rules = rules
        self._year = 0
        self._turn = leasing.Place()
        self._low: dict[tuple[str, str], leasing.Low] = {}
        """found by a lease: units to be refilled after it"""

    def begin_anew(self) -> None:
        """What starved under an old bill code tries again with the next lease."""
        self._year = 0

    async def lease(self, connection: Connection, now: datetime, want: int) -> list[Work]:
        """Due bills to sign, inside the caller's transaction; none if this machine's clock is behind."""
        if want <= 0:
            return []
        self.has_leased = True
        year = now.astimezone(SHANGHAI).year
        if year != self._year:  # the first time, or the new year's codes have numbers of their own
            await leasing.feed(connection)
            self._year = year
        if await leasing.held(connection) is not None:
            return []
        last = await leasing.last_issue(connection)
        if last is not None and now < last - MAY_LAG:
            self._clock_is_back(int((last - now).total_seconds() // 60))
            return []
        self.clock = None
        bills, low = await leasing.lease(connection, self._rules(), self._issuer, want, now, self._turn)
        self._low |= {(one.rules.unit, one.code): one for one in low}
        return await working.work_for(connection, bills)

    async def lease_after(self, now: datetime, want: int) -> list[Work]:
        """Due bills, after messages that are in for good: what hinders leasing is not to undo that for the caller."""
        try:
            return await self._database.run(lambda c: self.lease(c, now, want))
        except Retry as fault:
            log.warning("%s", fault)
            return []

    async def refill(self, now: datetime, want: int) -> list[Work]:
        """Refills units that were found low, each in a transaction of its own; returns work that waited for it."""
        if not self._low:
            return []
        low, self._low = self._low, {}
        at = now.isoformat(timespec="milliseconds")
        given = False
        try:
            for _, one in sorted(low.items()):
                again = partial(handing.refill, rules=one.rules, code=one.code, needed=one.needed, at=at)
                given = await self._database.run(again) or given
        except Retry as fault:  # they are as low as before, and found so again
            log.warning("%s", fault)
        return await self.lease_after(now, want) if given and want > 0 else []

    async def effects(self, kind: str, limit: int, now: datetime, without: Collection[str]) -> list[dict[str, Any]]:
        """Effects due to go out, oldest first."""
        self.has_leased = True
        owner, lease = self.name, self._issuer.lease
        return await self._database.run(lambda c: outbox.lease(c, kind, limit, now, owner, lease, without))

    async def renew(self, bill_ids: Sequence[str]) -> list[str]:
        """Leases longer what is still this owner's."""
        rows = await self._database.run(lambda c: c.fetch(_RENEW, list(bill_ids), self.name, self._issuer.lease))
        return [id_ for (id_,) in rows]

    async def hand_back(self, bill_ids: Sequence[str]) -> None:
        """Bills this owner will not sign, or that rest: anybody may have them at once."""
        await self._database.run(lambda c: c.execute(_HAND_BACK, list(bill_ids), self.name))

    async def free(self, name: str) -> None:
        """Everything that an owner of this name, or one that begins with it and a dash, has leased."""

        async def give_up(connection: Connection) -> None:
            for statement in _FREE:
                await connection.execute(statement, f"{name}-")

        await self._database.run(give_up)

    def _clock_is_back(self, minutes: int) -> None:
        fault = record(faults.CLOCK_BACK(minutes=minutes))
        if self.clock is None:
            log.error("alarm: %s", fault_from(fault.code, fault.where, **fault.values))
        self.clock = fault
