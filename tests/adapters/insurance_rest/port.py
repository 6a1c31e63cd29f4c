"""The read-only port of bills, kept in memory: what a hub with a few bills would hand the adapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hub.bill.bill import Bill

BLUE: dict[str, Any] = {
    "status": "confirmed",
    "kind": "medical_outpatient",
    "unit": {"id": "demo", "name": "示例人民医院", "uscc": "12320900E875065319", "region": "410100"},
    "bill_name": "医疗门诊收费票据（电子）",
    "bill_code": "41060126",
    "check_code": "a1b2c3",
    "issued_at": "2026-11-23T09:30:15+08:00",
    "payer": {"name": "测试一"},
    "items": [{"code": "01", "name": "床位费", "amount_fen": 15000}],
    "total_fen": 15000,
    "paid_fen": 15000,
}


def bill(number: int, **fields: Any) -> Bill:
    """A bill with that number."""
    return Bill.model_validate(BLUE | {"id": f"b{number}", "bill_number": f"{number:010d}"} | fields)


class Shelf:
    """Bills by the sequence of their last change. A changed bill moves to the end."""

    def __init__(self, *bills: Bill) -> None:
        self.rows: list[tuple[int, Bill]] = []
        self.asked: list[tuple[int, int]] = []
        self._last = 0
        for one in bills:
            self.put(one)

    def put(self, changed: Bill) -> None:
        """A new or changed bill; the sequence leaves gaps as other units' bills would."""
        self._last += 3
        self.rows = [(at, old) for at, old in self.rows if old.id != changed.id] + [(self._last, changed)]

    def find(self, *, bill_code: str = "", bill_number: str = "", key: str = "") -> Sequence[Bill]:
        """By code and number."""
        assert not key
        return [one for _, one in self.rows if (one.bill_code, one.bill_number) == (bill_code, bill_number)]

    def changes(self, after: int, limit: int) -> Iterator[tuple[int, Bill]]:
        """Oldest change first."""
        self.asked.append((after, limit))
        return iter([row for row in self.rows if row[0] > after][:limit])
