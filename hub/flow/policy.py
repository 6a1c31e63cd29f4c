"""The unit's choices where the facts do not decide. Every default parks or waits: nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class BillRule:
    """How a bill of the unit's YAML is made.

    `over_items`: a charge with more items than `max_items` is issued all the same (and flagged), split into several
    bills (only without insurance shares), or parked.
    """

    kind: str
    max_items: int | None = None
    over_items: Literal["issue", "split", "park"] = "issue"
    issue: Literal["on_payment", "manual", "shadow"] = "on_payment"


@dataclass(frozen=True, slots=True)
class Policy:
    """A unit's named policies (design: Money).

    `overpayment`: `issue` leaves the surplus as a refund due. `charge_revised`: a charge changed after its bill was
    issued, no money moved and no cancel: `reissue` makes red and blue.
    """

    unit: str
    overpayment: Literal["park", "issue"] = "park"
    underpayment: Literal["wait", "park"] = "wait"
    charge_revised: Literal["park", "reissue"] = "park"
    contradiction: Literal["park"] = "park"
    zero_total: Literal["park", "issue"] = "park"
    bills: Mapping[str, BillRule] = field(default_factory=dict)
