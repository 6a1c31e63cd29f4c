"""Opens an epoch, keeps what was done of it, and ends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, func, insert, select, text, update

from hub.flow.case import Case
from hub.ledger import schema
from hub.ledger.deciding import decide_case
from hub.ledger.epochs import numbers
from hub.ledger.epochs.copies import DRAFT, epoch_of
from hub.ledger.epochs.entering import BILL_ROW, next_of
from hub.ledger.epochs.faults import NOT_HELD, STILL_HELD, UNMATCHED
from hub.ledger.held import Held
from hub.ledger.rows import VISIBLE, bill_draft, bill_row, fault_text, step
from hub.ledger.rules import UnitRules

GAP: Final = 1_000_000
"""Places of the change sequence that are passed over: more than an archive is ever behind what insurers saw."""
_EPOCH: Final = schema.EPOCH


def open_epoch(c: Connection, source: str, now: datetime, actor: str, *, restore: bool = False) -> int:
    """A new epoch: everything that could be numbered is kept back, and issuing is held. Returns its number."""
    at = _at(now)
    number = epoch_of(c) + 1
    behind = c.scalar(select(func.max(schema.BILL.c.change))) or 0
    c.execute(insert(_EPOCH).values(number=number, opened_at=at, state="held", source=source, behind=behind, ahead=0))
    move_on(c, behind)
    kept = numbers.keep_back(c, number)
    note(c, "opened", {"quarantined": kept} | ({"restore": True} if restore else {}))
    audit(c, at, actor, "epoch.open", str(number), f"{source}; {kept} numbers quarantined")
    return number


def move_on(c: Connection, change: int) -> None:
    """No place of the change sequence up to well behind this one is given any more."""
    row = _newest(c)
    if row is not None and row["ahead"] < change + GAP:
        c.execute(update(_EPOCH).where(_EPOCH.c.number == row["number"]).values(ahead=change + GAP))
        if c.dialect.name != "sqlite":
            c.execute(
                text("SELECT setval('seq_change', greatest(:ahead, last_value)) FROM seq_change"),
                {"ahead": change + GAP},
            )


def held(look: Connection) -> dict[str, Any] | None:
    """The epoch that is held: {number, opened_at, source, behind, steps}, or None."""
    row = _newest(look)
    return row if row is not None and row["state"] == "held" else None


def history(look: Connection) -> list[dict[str, Any]]:
    """All epochs, the newest first."""
    return [_shown(row) for row in look.execute(select(_EPOCH).order_by(_EPOCH.c.number.desc()))]


def _newest(look: Connection) -> dict[str, Any] | None:
    row = look.execute(select(_EPOCH).order_by(_EPOCH.c.number.desc()).limit(1)).first()
    return _shown(row) if row is not None else None


def _shown(row: Any) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ("number", "state", "opened_at", "source", "behind", "ahead")}
    shown["steps"] = orjson.loads(row.steps)
    return shown | ({"released_at": row.released_at} if row.released_at else {})


def note(c: Connection, name: str, done: Mapping[str, Any]) -> None:
    """Keeps how far a step of the held epoch is."""
    row = _newest(c)
    assert row is not None
    steps = {**row["steps"], name: dict(done)}
    c.execute(update(_EPOCH).where(_EPOCH.c.number == row["number"]).values(steps=orjson.dumps(steps).decode()))


def audit(c: Connection, at: str, actor: str, action: str, subject: str, reason: str) -> None:
    """A row of the audit log."""
    c.execute(insert(schema.AUDIT).values(at=at, actor=actor, action=action, subject=subject, reason=reason))


def settle(c: Connection, rules: Mapping[str, UnitRules], now: datetime) -> int:
    """Decides the cases of all bills that came from outside; returns how many cases.

    What the archive had not yet (a red bill that was due, say) becomes due here; issuing is held, so nothing hurries.
    """
    row = held(c)
    if row is None:
        return 0
    bill = schema.BILL
    cases = c.scalars(select(bill.c.case_id).distinct().where(bill.c.change > row["behind"])).all()
    for case_id in cases:
        _settle(c, case_id, rules, now)
    return len(cases)


def _settle(c: Connection, case_id: str, rules: Mapping[str, UnitRules], now: datetime) -> None:
    table, bill = schema.CASE, schema.BILL
    row = c.execute(select(table).where(table.c.id == case_id)).one()
    unit = rules.get(row.unit)
    if unit is None:
        return
    ids = orjson.loads(row.bills)
    found = {one.id: bill_draft(tuple(one)) for one in c.execute(select(*DRAFT).where(bill.c.id.in_(ids)))}
    case = Case.load(case_id, row.facts)
    outcome = decide_case(Held(case, row.unit, row.status, [found[id_] for id_ in ids if id_ in found]), unit, now)
    at = _at(now)
    steps: dict[str, str] = {}
    for bill_id, event, before, after in outcome.steps:
        steps[bill_id] = steps.get(bill_id, "") + step(at, event, before, after)
    for one in outcome.fresh:
        values = dict(zip(BILL_ROW, bill_row(one, steps.get(one.id, "")), strict=True))
        c.execute(insert(bill).values(seq=next_of(c, bill, "seq_bill"), **values))
    for one in outcome.changed:
        change = next_change(c) if one.status in VISIBLE else 0
        grown = bill.c.history + steps.get(one.id, "")
        values = {"status": one.status, "before": one.before, "history": grown, "change": change}
        c.execute(update(bill).where(bill.c.id == one.id).values(values))
    status = {"status": outcome.status, "fault": fault_text(outcome.fault), "surplus": outcome.surplus}
    bills = orjson.dumps([one.id for one in outcome.bills]).decode()
    c.execute(update(table).where(table.c.id == case_id).values(bills=bills, **status))


def next_change(c: Connection) -> int:
    """The next place of the change sequence."""
    if c.dialect.name != "sqlite":
        return int(c.scalar(select(func.nextval("seq_change"))) or 0)
    last = c.scalar(select(func.max(schema.BILL.c.change))) or 0
    ahead = c.scalar(select(func.max(_EPOCH.c.ahead))) or 0
    return max(int(last), int(ahead)) + 1


def resume(
    c: Connection, now: datetime, actor: str, *, leave_unmatched: str = "", all_numbers: bool = False
) -> dict[str, Any]:
    """Issuing goes on: {epoch, freed, unmatched}.

    Raises:
        Config: the restore is not finished.
        Reject: no epoch is held, or bills of the platform have no case yet.
    """
    row = held(c)
    if row is None:
        raise NOT_HELD()
    if row["steps"].get("opened", {}).get("restore") and "finished" not in row["steps"]:
        raise STILL_HELD(epoch=row["number"])
    left = c.execute(select(schema.FOUND.c.code, schema.FOUND.c.number).order_by(schema.FOUND.c.number)).all()
    if left and not leave_unmatched:
        raise UNMATCHED(count=len(left), first=f"{left[0].code}-{left[0].number}")
    archive = row["steps"].get("archive", {})
    freed = 0 if all_numbers or not archive.get("read") else numbers.give_free(c, row["number"])
    c.execute(update(_EPOCH).where(_EPOCH.c.number == row["number"]).values(state="open", released_at=_at(now)))
    reason = f"{freed} numbers given free"
    if left:
        reason += f"; {len(left)} bills of the platform without a case: {leave_unmatched}"
    audit(c, _at(now), actor, "epoch.resume", str(row["number"]), reason)
    return {"epoch": row["number"], "freed": freed, "unmatched": len(left)}


def _at(now: datetime) -> str:
    return now.isoformat(timespec="milliseconds")
