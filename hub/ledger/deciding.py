"""What follows for a case, as flow decides it, carried out on copies of its bills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from hub.flow import decide as flow
from hub.flow.effects import CaseStatus
from hub.flow.facts import Fact
from hub.ledger.held import Held
from hub.ledger.records import BillDraft, FaultRecord
from hub.ledger.rules import UnitRules


@dataclass(slots=True)
class Outcome:
    """What follows: the case's bills as they are now, which of them are new or otherwise, and the steps they took."""

    status: CaseStatus
    fault: FaultRecord | None
    surplus: int
    bills: list[BillDraft]
    fresh: list[BillDraft]
    changed: list[BillDraft]
    steps: list[tuple[str, str, str, str]]


def decide_case(held: Held, rules: UnitRules, now: datetime) -> Outcome:
    """Asks flow what follows for a case, and carries it out on copies of its bills."""
    decision = flow.decide(held.case, [_ref(bill) for bill in held.bills], rules.policy)
    fault = FaultRecord(decision.fault, decision.where) if decision.fault else None
    if not decision.effects:
        return Outcome(decision.status, fault, int(decision.surplus), held.bills, [], [], [])
    bills = {bill.id: bill for bill in held.bills}
    fresh: list[BillDraft] = []
    changed: dict[str, BillDraft] = {}
    steps: list[tuple[str, str, str, str]] = []

    def move(bill_id: str, event: str, to: str, **values: object) -> None:
        before = changed.get(bill_id) or bills[bill_id]
        if to == "reversing":
            values["before"] = before.status
        changed[bill_id] = msgspec.structs.replace(before, status=to, **values)
        steps.append((bill_id, event, before.status, to))

    due_at = now.isoformat(timespec="milliseconds")
    for effect in decision.effects:
        if isinstance(effect, flow.Issue):
            fresh.append(_due_bill(effect, held, rules, due_at))
            steps.append((effect.bill_id, "paid", "waiting", "due"))
        elif isinstance(effect, flow.Withdraw):
            move(effect.bill_id, "withdraw", "void")
        elif isinstance(effect, flow.Mark):
            move(effect.bill_id, effect.event, effect.to)
        else:
            original = changed.get(effect.bill_id) or bills[effect.bill_id]
            if original.status != "reversing":
                move(effect.bill_id, "reverse", "reversing")
            fresh.append(_red_bill(effect, original, due_at))
            steps.append((effect.red_id, "reverse", "waiting", "due"))
    after = [changed.get(bill.id, bill) for bill in held.bills] + fresh
    return Outcome(decision.status, fault, int(decision.surplus), after, fresh, list(changed.values()), steps)


def _ref(bill: BillDraft) -> flow.BillRef:
    return flow.BillRef(
        id=bill.id,
        status=bill.status,
        face=bill.face,
        charge_no=bill.charge_no,
        charge_event=bill.charge_event,
        digest=bill.digest,
        part=bill.part,
        total=bill.total,
        insured=bill.insured,
        allocations=tuple(bill.allocations),
        holds=frozenset(bill.holds),
        reverses=bill.reverses,
        key=f"{bill.bill_code}-{bill.bill_number}" if bill.bill_number else "",
        before=bill.before or "issued",  # type: ignore[arg-type]
    )


def _due_bill(effect: flow.Issue, held: Held, rules: UnitRules, due_at: str) -> BillDraft:
    charge: Fact = held.case.facts[effect.charge_event]
    rule = rules.policy.bills[effect.bill]
    return BillDraft(
        id=effect.bill_id,
        unit=held.unit,
        case_id=held.case.id,
        source=charge["source"],
        bill=effect.bill,
        status="due",
        face="blue",
        charge_no=effect.charge_no,
        charge_event=effect.charge_event,
        digest=charge.get("digest", ""),
        part=effect.part,
        first_item=effect.first_item,
        last_item=effect.last_item,
        receipt=effect.receipt,
        total=int(effect.total),
        insured=int(effect.insured),
        allocations=[(key, int(fen)) for key, fen in effect.allocations],
        payment_events=list(effect.payment_events),
        visit_events=list(effect.visit_events),
        due_at=due_at,
        replaces=effect.replaces,
        issue=rule.issue,
    )


def _red_bill(effect: flow.Reverse, original: BillDraft, due_at: str) -> BillDraft:
    return msgspec.structs.replace(
        original,
        id=effect.red_id,
        status="due",
        face="red",
        due_at=due_at,
        reverses=original.id,
        replaces="",
        reason=effect.reason,
        holds=[],
        bill_code="",
        bill_number="",
        issue="on_payment",
    )
