"""How a bill's status may change: one table, and nothing changes outside it."""

from __future__ import annotations

from typing import Final

from hub.bill.bill import Status
from hub.flow.faults import STATUS

CHANGES: Final[dict[tuple[Status, str], Status]] = {
    ("waiting", "paid"): "due",  # a blue bill comes into being
    ("waiting", "reverse"): "due",  # a red bill comes into being
    ("waiting", "withdraw"): "void",
    ("due", "withdraw"): "void",  # withdrawn before issue; a number it had is accounted for
    ("due", "issue"): "issued",  # numbered, signed by the unit
    ("due", "issue_offline"): "issued_offline",  # the same while the platform is away
    ("issued_offline", "upload"): "issued",
    ("issued_offline", "confirm"): "confirmed",
    ("issued", "confirm"): "confirmed",  # signed by the supervisor too
    ("issued", "reverse"): "reversing",
    ("issued_offline", "reverse"): "reversing",
    ("confirmed", "reverse"): "reversing",
    ("reversing", "confirm"): "reversing",  # a countersignature that was under way
    ("reversing", "restore_issued"): "issued",  # the money agrees again and nothing was reversed
    ("reversing", "restore_issued_offline"): "issued_offline",
    ("reversing", "restore_confirmed"): "confirmed",
    ("reversing", "reversed"): "reversed",  # its red bill is issued
}

LIVING: Final[frozenset[Status]] = frozenset({"due", "issued", "issued_offline", "confirmed", "reversing"})
"""Statuses of a bill that stands for its charge."""


def change(status: Status, event: str) -> Status:
    """The status after an event.

    Raises:
        Park: the table has no such change.
    """
    after = CHANGES.get((status, event))
    if after is None:
        raise STATUS(where=f"{status}/{event}", status=status, event=event)
    return after
