"""Whether issuing has stopped, as a probe sees it.

One unit without numbers is an alarm of its own; of 30,000 units it must not take a machine out of service. So issuing
has stopped when the clock is wrong, or when half of the units or more cannot have their bills issued.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.errors import Fault, fault_from
from hub.ledger.faults import CLOCK_BACK
from hub.ledger.records import FaultRecord
from hub.metrics.faults import ISSUING_STOPPED


def stopped(bills: int, held_units: int, code: str, units: int) -> Fault | None:
    """By bills that are held up, of how many units, and the code of one of them."""
    if held_units and held_units * 2 >= units:
        return ISSUING_STOPPED(units=held_units, count=bills, because=code)
    return None


def stopped_by_alarms(alarms: Mapping[str, FaultRecord], units: int) -> Fault | None:
    """By what an embedded ledger says of itself."""
    for fault in alarms.values():
        if fault.code == CLOCK_BACK.code:
            return fault_from(fault.code, fault.where, **fault.values)
    held = {fault.where.partition(" ")[0] for fault in alarms.values()}
    code = next((fault.code for fault in alarms.values()), "")
    return stopped(len(alarms), len(held), code, units)
