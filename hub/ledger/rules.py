"""What the ledger needs of a unit's YAML: its policy for flow, and how its bills are numbered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.bill.codes import items_max
from hub.bill.numbering import bill_code
from hub.config import UnitConfig
from hub.flow.policy import BillRule, Policy


@dataclass(frozen=True, slots=True)
class UnitRules:
    """One unit's rules."""

    unit: str
    policy: Policy
    region: str
    types: dict[str, str]
    """bill of the YAML → four-digit bill type"""
    countersigned: bool
    """whether a fiscal platform is configured"""
    above: tuple[str, ...] = ()
    """its region and those above it, the nearest first; none where no tree is configured"""
    low: int = 0
    """free numbers below which the unit is refilled"""
    refill: int = 0
    """how many numbers a refill brings, at least; 0: it is not refilled by itself"""

    def bill_code(self, bill: str, now: datetime) -> str:
        """The bill code a bill gets when numbered now: region, type, and the year in Asia/Shanghai."""
        return bill_code(self.region, self.types[bill], now)


def rules_of(config: UnitConfig) -> UnitRules:
    """The rules in a unit's YAML."""
    bills = {
        name: BillRule(
            kind=bill.kind,
            max_items=bill.max_items or items_max(bill.kind),
            over_items=bill.over_items,
            issue=bill.issue,
        )
        for name, bill in config.bills.items()
    }
    policy = Policy(unit=config.unit.id, bills=bills, **config.policy.model_dump())
    return UnitRules(
        unit=config.unit.id,
        policy=policy,
        region=config.unit.region,
        types={name: bill.type for name, bill in config.bills.items()},
        countersigned=config.signing.platform is not None,
        above=tuple(region.code for region in config.above),
        low=config.numbers.low,
        refill=config.numbers.refill,
    )
