"""What a decision is made of and what it asks for. All deterministic: ids are hashes of what a bill stands for."""

from __future__ import annotations

import hashlib
from typing import Literal

from msgspec import Struct

from hub.bill.bill import Status

CaseStatus = Literal["waiting", "due", "settled", "parked"]

Allocation = tuple[str, int]
"""(payment key, fen): this payment's part in a bill. A payment's key is channel/merchant/trade_no, or event:<id>."""


class BillRef(Struct, frozen=True):
    """A bill of the case, as a decision sees it."""

    id: str
    status: Status
    charge_no: str
    charge_event: str
    digest: str
    total: int
    insured: int = 0
    allocations: tuple[Allocation, ...] = ()
    part: int = 0
    face: Literal["blue", "red"] = "blue"
    holds: frozenset[str] = frozenset()
    """why it may not be reversed now: booked, paper, claimed"""
    reverses: str = ""
    """red: the bill it answers"""
    key: str = ""
    """`<code>-<number>` once numbered: what a cancel by bill names"""
    before: Literal["issued", "issued_offline", "confirmed"] = "issued"
    """reversing: the status it would go back to"""


class Issue(Struct, frozen=True):
    """Make this bill; it is due. `items[first_item:last_item]` of the charge's items of that receipt are its items."""

    bill_id: str
    charge_event: str
    charge_no: str
    digest: str
    bill: str
    """the bill's name in the unit's YAML"""
    part: int
    receipt: str
    first_item: int
    last_item: int
    total: int
    insured: int
    allocations: tuple[Allocation, ...]
    payment_events: tuple[str, ...]
    """one for each allocation: the report that tells most of the payment"""
    visit_events: tuple[str, ...]
    replaces: str = ""
    """the reversed bill it comes after"""
    flags: tuple[str, ...] = ()
    """fault codes that were let pass"""

    def ref(self) -> BillRef:
        """The due bill this makes."""
        return BillRef(
            id=self.bill_id,
            status="due",
            charge_no=self.charge_no,
            charge_event=self.charge_event,
            digest=self.digest,
            total=self.total,
            insured=self.insured,
            allocations=self.allocations,
            part=self.part,
        )


class Withdraw(Struct, frozen=True):
    """This bill, not issued yet, is no longer wanted."""

    bill_id: str


class Reverse(Struct, frozen=True):
    """Answer this issued bill with a red one. It is living until then, but stands for its charge no more."""

    bill_id: str
    red_id: str
    reason: Literal["cancelled", "refunded", "revised", "redirected"]
    """`redirected`: the same charge, but other payments turned out to be the ones that paid it"""


class Mark(Struct, frozen=True):
    """Only a status changes: a refund came and its charge has not followed yet, or it has and the bill is right."""

    bill_id: str
    event: str
    to: Status


Effect = Issue | Withdraw | Reverse | Mark


class Decision(Struct, frozen=True):
    """What follows from a case, its bills and the policy.

    `fault` and `where` are the first of `faults` where the case is parked; the codes are those of hub.flow.faults.
    `surplus` is a refund due, in fen.
    """

    status: CaseStatus
    fault: str = ""
    where: str = ""
    effects: tuple[Effect, ...] = ()
    surplus: int = 0
    faults: tuple[tuple[str, str], ...] = ()


def bill_id(unit: str, charge_no: str, charge_event: str, part: int, generation: int) -> str:
    """A blue bill's id; `generation` counts the earlier bills of this part of the charge."""
    return _hash(f"bill\x1f{unit}\x1f{charge_no}\x1f{charge_event}\x1f{part}\x1f{generation}")


def red_id(original: str) -> str:
    """The id of the red bill that answers a bill: there is only one."""
    return _hash(f"red\x1f{original}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
