"""The read-only port of bills that serving adapters get, limited to what the caller may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub.bill.bill import Bill
from hub.ledger.rows import VISIBLE

if TYPE_CHECKING:
    from hub.ledger.reader import Reader


class ServedBills:
    """See `hub.adapter.Bills`: the issued bills of one or several units."""

    def __init__(self, reader: Reader, *units: str, statuses: frozenset[str] = VISIBLE) -> None:
        self._reader = reader
        self._units = units
        self._statuses = statuses

    def find(self, *, bill_code: str = "", bill_number: str = "", key: str = "") -> Sequence[Bill]:
        """By code and number, or by any business key; empty where there is none, or none this caller may see."""
        wanted = key or f"{bill_code}-{bill_number}"
        ids = [
            id_
            for id_, code, number in self._reader.issued([wanted], units=self._units)
            if key or (code == bill_code and number == bill_number)
        ]
        found = self._reader.by_id(ids).values()
        return [bill for bill in found if bill.unit.id in self._units and bill.status in self._statuses]

    def changes(self, after: int, limit: int) -> Sequence[tuple[int, Bill]]:
        """Bills by change sequence, oldest change first."""
        return self._reader.changes(after, limit, self._units, sorted(self._statuses))
