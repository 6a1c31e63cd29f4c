"""Decides a case: (facts, bills, policy) → effects. The same facts give the same decision, in whatever order they came.

Carrying the effects out and deciding again gives no effects. A parked component issues nothing; the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from hub.flow.case import Case
from hub.flow.effects import Allocation, BillRef, Decision, Effect, Issue, Mark, Reverse, Withdraw
from hub.flow.judge import judge
from hub.flow.match import components
from hub.flow.policy import Policy
from hub.flow.view import view

__all__ = ["Allocation", "BillRef", "Decision", "Effect", "Issue", "Mark", "Reverse", "Withdraw", "decide"]


def decide(case: Case, bills: Sequence[BillRef], policy: Policy) -> Decision:
    """What follows from a case, its bills and the unit's policy. Pure, and raises nothing for any facts."""
    seen = view(case, bills, policy)
    outcomes = [judge(one, seen) for one in components(seen.charges, list(seen.money.values()), seen.spent)]
    faults = tuple((code.code, where) for out in outcomes for code, where in out.faults)
    status: Literal["waiting", "due", "settled", "parked"] = "settled"
    if faults:
        status = "parked"
    elif any(out.due for out in outcomes):
        status = "due"
    elif not outcomes or seen.loose_ends or any(out.waits for out in outcomes):
        status = "waiting"
    code, where = faults[0] if faults else ("", "")
    effects = tuple(effect for out in outcomes for effect in out.effects)
    return Decision(status, code, where, effects, sum(out.surplus for out in outcomes), faults)
