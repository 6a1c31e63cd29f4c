"""The ledger as its callers see it. SQLite stands behind it in the embedded hub, PostgreSQL in the cluster."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from hub.ledger.records import Batch, FaultRecord, Result


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

    def receive_numbers(self, unit: str, code: str, first: str, last: str, now: datetime, actor: str) -> None:
        """Takes in a number segment."""

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
