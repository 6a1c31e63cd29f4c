"""Brings events into their cases, made or merged as their keys say; what is loaded stays as it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import msgspec

from hub.flow.case import Case
from hub.flow.facts import Fact
from hub.flow.link import Candidate, link
from hub.flow.status import LIVING
from hub.ledger.held import Held, Loaded
from hub.ledger.ids import message_of
from hub.ledger.records import EventIn, Submission
from hub.ledger.rows import key_id


@dataclass(slots=True)
class Touched:
    """What one message changes, until it is known that all of it goes well."""

    cases: dict[str, Held] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    events: list[EventIn] = field(default_factory=list)


def join(loaded: Loaded, touched: Touched, submission: Submission, event: EventIn) -> str:
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
        held.bills = held.bills + [msgspec.structs.replace(bill, case_id=case_id) for bill in other.bills]
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


def _held(loaded: Loaded, touched: Touched, case_id: str) -> Held:
    return touched.cases.get(case_id) or loaded.cases[case_id]


def _candidate(held: Held, case_id: str, kinds: list[str]) -> Candidate:
    return Candidate(case_id, any(bill.status in LIVING and bill.status != "due" for bill in held.bills), tuple(kinds))


def _new_case_id(unit: str, event_id: str) -> str:
    return hashlib.sha256(f"case\x1f{unit}\x1f{event_id}".encode()).hexdigest()[:32]
