"""Decides a case: (facts, bills, policy) → effects. The same facts give the same decision, in whatever order they came.

Carrying the effects out and deciding again gives no effects. A parked component issues nothing; the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from hub.flow.case import Case
from hub.flow.effects import Allocation, BillRef, CaseStatus, Decision, Effect, Issue, Mark, Reverse, Withdraw
from hub.flow.judge import Outcome, judge
from hub.flow.match import components
from hub.flow.plain import plain
from hub.flow.policy import Policy
from hub.flow.view import View, view

__all__ = ["Allocation", "BillRef", "Decision", "Effect", "Issue", "Mark", "Reverse", "Withdraw", "decide"]


MAX_STEPS: Final = 8
"""One step settles almost everything; a step that frees money of one charge may let another be settled by the next."""


def decide(case: Case, bills: Sequence[BillRef], policy: Policy) -> Decision:
    """What follows from a case, its bills and the unit's policy. Pure, and raises nothing for any facts."""
    if not bills and (ordinary := plain(case, policy)) is not None:
        return ordinary
    seen = view(case, bills, policy)
    decision = _step(seen)
    if not decision.effects or len(seen.charges) < 2:
        return decision
    effects = list(decision.effects)
    for _ in range(MAX_STEPS):
        bills = _after(bills, decision.effects)
        decision = _step(view(case, bills, policy))
        if not decision.effects:
            break
        _follow(effects, decision.effects)
    return replace(decision, effects=tuple(effects))


def _step(seen: View) -> Decision:
    outcomes = [judge(one, seen) for one in components(seen.charges, list(seen.money.values()), seen.spent)]
    faults = tuple((code.code, where) for out in outcomes for code, where in out.faults)
    code, where = faults[0] if faults else ("", "")
    effects = tuple(effect for out in outcomes for effect in out.effects)
    status: CaseStatus = "parked" if faults else _status(seen, outcomes)
    return Decision(status, code, where, effects, sum(out.surplus for out in outcomes), faults)


def _status(seen: View, outcomes: Sequence[Outcome]) -> CaseStatus:
    """Of a case that is not parked."""
    if any(out.due for out in outcomes):
        return "due"
    if not outcomes or seen.loose_ends or any(out.waits for out in outcomes):
        return "waiting"
    return "settled"


def _after(bills: Sequence[BillRef], effects: Sequence[Effect]) -> list[BillRef]:
    """The bills once the effects are carried out."""
    after = {bill.id: bill for bill in bills}
    for effect in effects:
        if isinstance(effect, Issue):
            after[effect.bill_id] = effect.ref()
        elif isinstance(effect, Withdraw):
            after[effect.bill_id] = replace(after[effect.bill_id], status="void")
        elif isinstance(effect, Mark):
            after[effect.bill_id] = replace(after[effect.bill_id], status=effect.to)
        else:
            original = after[effect.bill_id]
            after[effect.bill_id] = replace(original, status="reversing")
            red = replace(original, id=effect.red_id, status="due", face="red", reverses=original.id, key="")
            after[effect.red_id] = red
    return list(after.values())


def _follow(effects: list[Effect], more: Sequence[Effect]) -> None:
    """Adds a later step's effects; a bill that it withdraws and an earlier step made is not made at all."""
    made = {effect.bill_id: effect for effect in effects if isinstance(effect, Issue)}
    for effect in more:
        if isinstance(effect, Withdraw) and effect.bill_id in made:
            effects.remove(made[effect.bill_id])
        else:
            effects.append(effect)
