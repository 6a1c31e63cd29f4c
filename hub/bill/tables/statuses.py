"""Statuses of a bill, in the order of its life; which may follow which is `hub.flow`'s table, not this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.bill.tables.table import Row, Table


@dataclass(frozen=True, slots=True)
class BillStatus(Row):
    """`numbered`: it has a code and a number. `living`: it stands for the money, and at most one does."""

    numbered: bool = False
    living: bool = False


STATUSES: Final = Table(
    name="statuses",
    zh="票据状态",
    en="Bill statuses",
    source="this project's outer surface",
    extra=(("numbered", "已赋号 / numbered"), ("living", "有效 / living")),
    rows=(
        BillStatus("waiting", "待齐", "Waiting", "one half, the charge or the money, is missing"),
        BillStatus("due", "待开", "Due", "paid; not numbered yet", living=True),
        BillStatus("issued", "已开", "Issued", "numbered and signed by the unit", numbered=True, living=True),
        BillStatus(
            "issued_offline",
            "离线已开",
            "Issued offline",
            "numbered and signed while the fiscal platform is away",
            numbered=True,
            living=True,
        ),
        BillStatus("confirmed", "已监制", "Confirmed", "signed by the supervisor too", numbered=True, living=True),
        BillStatus(
            "reversing", "冲红中", "Reversing", "a refund came; its red bill is not out yet", numbered=True, living=True
        ),
        BillStatus("reversed", "已冲红", "Reversed", "answered by a red bill", numbered=True),
        BillStatus("void", "已作废", "Void", "withdrawn before issue; its number is accounted for", numbered=True),
    ),
)
