"""Turns submissions into verdicts and changes, in memory: nothing here writes, so nothing here can be half done.

A message that fails, fails alone: what it would have changed is thrown away, and it is parked.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from hub.errors import Fault, Park, describe
from hub.flow import decide as flow
from hub.flow.case import Case
from hub.flow.effects import CaseStatus
from hub.flow.facts import Fact
from hub.flow.link import Candidate, link
from hub.ledger import faults
from hub.ledger.held import Held, Known, Loaded
from hub.ledger.ids import message_of
from hub.ledger.records import BillDraft, EventIn, FaultRecord, Submission, Verdict
from hub.ledger.rows import key_id
from hub.ledger.rules import UnitRules

log = logging.getLogger("billhub.ledger")

LIVING: Final = frozenset({"due", "issued", "issued_offline", "confirmed", "reversing"})
"""Statuses of a bill that stands for its charge."""


@dataclass(slots=True)
class Changes:
    """What one transaction shall write."""

    messages: list[tuple[Submission, Verdict]] = field(default_factory=list)
    replayed: dict[str, int] = field(default_factory=dict)
    """message id → its sequence number, of messages read again"""
    repeats: Counter[str] = field(default_factory=Counter)
    refused: list[Submission] = field(default_factory=list)
    events: list[EventIn] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    cases: dict[str, tuple[Held, str, FaultRecord | None, int]] = field(default_factory=dict)
    """case id → (case, status, fault, surplus)"""
    merged: dict[str, tuple[str, str]] = field(default_factory=dict)
    """case id → (unit, the case it went into)"""
    new_bills: dict[str, BillDraft] = field(default_factory=dict)
    changed_bills: dict[str, BillDraft] = field(default_factory=dict)
    steps: list[tuple[str, str, str, str]] = field(default_factory=list)
    """(bill id, event, from, to) for histories"""
    tally: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    questions: list[Submission] = field(default_factory=list)


def apply_one(
    loaded: Loaded, changes: Changes, rules: Mapping[str, UnitRules], submission: Submission, now: datetime
) -> Verdict:
    """The verdict on one message; `loaded` and `changes` are updated only when all of it went well."""
    verdict = _verdict(loaded, changes, rules, submission, now)
    changes.tally[submission.unit, submission.source, verdict.place] += 1
    return verdict


def _verdict(
    loaded: Loaded, changes: Changes, rules: Mapping[str, UnitRules], submission: Submission, now: datetime
) -> Verdict:
    if submission.place == "refused":
        changes.refused.append(submission)
        return Verdict("refused", submission.fault)
    known = loaded.messages.get(submission.id)
    if known is not None and submission.replay and known.place == "parked":
        changes.tally[submission.unit, submission.source, "parked"] -= 1
        changes.replayed[submission.id] = known.seq
    elif known is not None and is_archived(known, submission):
        changes.tally[submission.unit, submission.source, "applied"] -= 1
        changes.replayed[submission.id] = known.seq
    elif known is not None:
        return _again(loaded, changes, submission, known)
    if submission.fault is not None:
        verdict = Verdict("parked", submission.fault)
    else:
        try:
            verdict = _take(loaded, changes, rules[submission.unit], submission, now)
        except Park as fault:
            verdict = Verdict("parked", record(fault))
        except Exception as error:  # noqa: BLE001  (a message that fails, fails alone)
            log.error(  # noqa: TRY400  (a traceback may quote the message)
                "message %s of %s/%s: %s", submission.id, submission.unit, submission.source, describe(error)
            )
            verdict = Verdict("parked", record(faults.DEFECT(found=type(error).__name__)))
    changes.messages.append((submission, verdict))
    seq = known.seq if known is not None else 0
    loaded.messages[submission.id] = Known(submission.fingerprint, verdict.place, verdict.fault, verdict.case_id, seq)
    return verdict


def is_archived(known: Known, submission: Submission) -> bool:
    """Whether a message was only entered from an archive: its bills are here, and what else it says comes now."""
    return known.place == "archived" and known.fingerprint == submission.fingerprint


def _again(loaded: Loaded, changes: Changes, submission: Submission, known: Known) -> Verdict:
    """A message whose id came before: the old answer, or a contradiction kept for a person."""
    if known.fingerprint == submission.fingerprint:
        changes.repeats[submission.id] += 1
        home = loaded.home(known.case_id)
        return Verdict("duplicate", known.fault, home, _bills_of(loaded, home))
    # the other content is a message of its own, so that it is kept, listed, and recognised when it comes once more
    other = msgspec.structs.replace(submission, id=contradiction_id(submission), events=[], question=None)
    verdict = Verdict("parked", record(faults.CHANGED_REPEAT()), known.case_id)
    if loaded.find_message(other.id) is not None:
        changes.repeats[other.id] += 1
        return Verdict("duplicate", verdict.fault, known.case_id)
    changes.messages.append((other, verdict))
    loaded.messages[other.id] = Known(other.fingerprint, "parked", verdict.fault, known.case_id)
    return verdict


def contradiction_id(submission: Submission) -> str:
    """The id under which a repeat with other content is kept."""
    return contradiction_of(submission.id, submission.fingerprint)


def contradiction_of(id_: str, fingerprint: bytes) -> str:
    """The same, of a message's id and its fingerprint."""
    return hashlib.sha256(id_.encode() + b"\x1f" + fingerprint).hexdigest()[:32]


def _bills_of(loaded: Loaded, case_id: str) -> list[str]:
    held = loaded.cases.get(case_id)
    return [bill.id for bill in held.bills if bill.status != "void"] if held else []


@dataclass(slots=True)
class _Touched:
    """What one message changes, until it is known that all of it goes well."""

    cases: dict[str, Held] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    events: list[EventIn] = field(default_factory=list)


def _take(loaded: Loaded, changes: Changes, rules: UnitRules, submission: Submission, now: datetime) -> Verdict:
    touched = _Touched()
    home = ""
    for event in submission.events:
        home = _join(loaded, touched, submission, event)
    if not home:
        return Verdict("applied")
    decided = {id_: decide_case(held, rules, now) for id_, held in touched.cases.items()}
    # from here on nothing can fail
    loaded.cases.update(touched.cases)
    loaded.keys.update(touched.keys)
    changes.keys.update(touched.keys)
    loaded.merged.update(touched.merged)
    for gone, into in touched.merged.items():
        loaded.cases.pop(gone, None)
        changes.cases.pop(gone, None)
        changes.merged[gone] = submission.unit, into
    changes.events.extend(touched.events)
    if submission.question is not None:
        changes.questions.append(submission)
    parked: FaultRecord | None = None
    for id_, outcome in decided.items():
        held = loaded.cases[id_]
        held.status, held.bills = outcome.status, outcome.bills
        changes.cases[id_] = (held, outcome.status, outcome.fault, outcome.surplus)
        for bill in outcome.fresh:
            changes.new_bills[bill.id] = bill
        for bill in outcome.bills:  # changed, or moved with its case, before it was ever written
            if bill.id in changes.new_bills:
                changes.new_bills[bill.id] = bill
        for bill in outcome.changed:
            if bill.id not in changes.new_bills:
                changes.changed_bills[bill.id] = bill
        changes.steps.extend(outcome.steps)
        parked = parked or outcome.fault
    bills = [bill.id for id_ in decided for bill in loaded.cases[id_].bills if bill.status != "void"]
    return Verdict("parked" if parked else "applied", parked, home, bills)


def _join(loaded: Loaded, touched: _Touched, submission: Submission, event: EventIn) -> str:
    """Brings an event into its case, made or merged as its keys say; returns the case id."""
    unit = submission.unit
    keys = [key_id(unit, kind, value) for kind, value in event.fact["keys"]]
    found: dict[str, list[str]] = {}
    for key, (kind, _value) in zip(keys, event.fact["keys"], strict=True):
        case_id = loaded.home(touched.keys.get(key) or loaded.keys.get(key) or "")
        while case_id in touched.merged:
            case_id = touched.merged[case_id]
        if case_id:
            found.setdefault(case_id, []).append(kind)
    candidates = [_candidate(_held(loaded, touched, id_), id_, kinds) for id_, kinds in found.items()]
    home = link(event.fact, candidates)
    case_id = home.case_id or _new_case_id(unit, event.id)
    held = touched.cases.get(case_id)
    if held is None:
        base = loaded.cases.get(case_id)
        held = (
            Held(base.case, unit, base.status, list(base.bills))
            if base
            else Held(Case(case_id), unit, "waiting", [], True)
        )
        touched.cases[case_id] = held
    for other_id in home.merge:
        other = _held(loaded, touched, other_id)
        held.case = held.case.join(other.case)
        held.bills = held.bills + [_with(bill, case_id=case_id) for bill in other.bills]
        touched.cases.pop(other_id, None)
        touched.merged[other_id] = case_id
        for fact in other.case.facts.values():
            for kind, value in fact["keys"]:
                touched.keys[key_id(unit, kind, value)] = case_id
    held.case = _replaced(held.case, event.fact, submission) if submission.replay else held.case.add(event.fact)
    for key in keys:
        if (touched.keys.get(key) or loaded.keys.get(key)) != case_id:
            touched.keys[key] = case_id
    touched.events.append(event)
    return case_id


def _replaced(case: Case, fact: Fact, submission: Submission) -> Case:
    """The case with what a message says today, and without what only its first reading said."""
    today = {event.id for event in submission.events}
    kept = {id_: old for id_, old in case.facts.items() if id_ in today or message_of(id_)[0] != submission.id}
    return Case(case.id, {**kept, fact["id"]: fact})


def _held(loaded: Loaded, touched: _Touched, case_id: str) -> Held:
    return touched.cases.get(case_id) or loaded.cases[case_id]


def _candidate(held: Held, case_id: str, kinds: list[str]) -> Candidate:
    return Candidate(case_id, any(bill.status in LIVING and bill.status != "due" for bill in held.bills), tuple(kinds))


def _new_case_id(unit: str, event_id: str) -> str:
    return hashlib.sha256(f"case\x1f{unit}\x1f{event_id}".encode()).hexdigest()[:32]


@dataclass(slots=True)
class _Outcome:
    status: CaseStatus
    fault: FaultRecord | None
    surplus: int
    bills: list[BillDraft]
    fresh: list[BillDraft]
    changed: list[BillDraft]
    steps: list[tuple[str, str, str, str]]


def decide_case(held: Held, rules: UnitRules, now: datetime) -> _Outcome:
    """Asks flow what follows for a case, and carries it out on copies of its bills."""
    decision = flow.decide(held.case, [_ref(bill) for bill in held.bills], rules.policy)
    fault = FaultRecord(decision.fault, decision.where) if decision.fault else None
    if not decision.effects:
        return _Outcome(decision.status, fault, int(decision.surplus), held.bills, [], [], [])
    bills = {bill.id: bill for bill in held.bills}
    fresh: list[BillDraft] = []
    changed: dict[str, BillDraft] = {}
    steps: list[tuple[str, str, str, str]] = []

    def move(bill_id: str, event: str, to: str, **values: object) -> None:
        before = changed.get(bill_id) or bills[bill_id]
        if to == "reversing":
            values["before"] = before.status
        changed[bill_id] = _with(before, status=to, **values)
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
    return _Outcome(decision.status, fault, int(decision.surplus), after, fresh, list(changed.values()), steps)


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
    return _with(
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


def _with(bill: BillDraft, **values: object) -> BillDraft:
    return msgspec.structs.replace(bill, **values)


def record(fault: Fault) -> FaultRecord:
    """A fault as it travels and rests."""
    return FaultRecord(fault.code.code, fault.where, {name: str(value) for name, value in fault.values.items()})
