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

import msgspec

from hub.errors import Park, describe
from hub.ledger import faults
from hub.ledger.deciding import decide_case
from hub.ledger.held import Held, Known, Loaded
from hub.ledger.joining import Touched, join
from hub.ledger.records import BillDraft, EventIn, FaultRecord, Submission, Verdict, record
from hub.ledger.rules import UnitRules

log = logging.getLogger("billhub.ledger")


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


def _take(loaded: Loaded, changes: Changes, rules: UnitRules, submission: Submission, now: datetime) -> Verdict:
    touched = Touched()
    home = ""
    for event in submission.events:
        home = join(loaded, touched, submission, event)
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
