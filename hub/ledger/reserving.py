"""Gives due bills their numbers, durably, before anybody signs; a bill that already has one keeps it. Units take turns.

A number belongs to its year: what was reserved in the old year is void at the turn, and the bill gets a new one.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from hub.bill.numbering import SHANGHAI
from hub.errors import fault_from
from hub.ledger import faults, handing
from hub.ledger.faults import HELD
from hub.ledger.numbers import Numbers
from hub.ledger.pausing import pauses
from hub.ledger.records import BillDraft, FaultRecord, record
from hub.ledger.rows import BILL_COLUMNS, bill_draft, fault_text
from hub.ledger.rules import UnitRules
from hub.ledger.turns import Turns

log = logging.getLogger("billhub.ledger")

_DUE: Final = (
    f"SELECT {BILL_COLUMNS} FROM bill b WHERE b.status = 'due' AND b.issue = 'on_payment' ORDER BY b.due_at, b.seq"  # noqa: S608
)
_RELEASED: Final = f"SELECT {BILL_COLUMNS} FROM bill b WHERE b.id = ? AND b.status = 'due' AND b.issue = 'on_payment'"  # noqa: S608
_RESERVE: Final = "UPDATE bill SET bill_code = ?, bill_number = ?, fault = NULL WHERE id = ?"
_STARVED: Final = "UPDATE bill SET fault = ? WHERE id = ?"
_GIVE_UP: Final = "UPDATE bill SET bill_code = NULL, bill_number = NULL WHERE id = ?"
_VOID: Final = """
INSERT INTO void_number (code, number, unit, bill_id, reason, at) VALUES (?, ?, ?, ?, 'turn of the year', ?)"""
MAY_LAG: Final = timedelta(minutes=5)
"""How far the clock may fall behind the last issue before issuing stops."""


class Due:
    """The due bills waiting for an issuer, each unit's oldest first; kept in memory by the one writer."""

    def __init__(self, connection: sqlite3.Connection, rules: Mapping[str, UnitRules]) -> None:
        self._connection = connection
        self._rules = rules
        self._numbers = Numbers(connection)
        self._queue: Turns[str] = Turns()
        self._bills: dict[str, BillDraft] = {}
        self._out: set[str] = set()
        self._starved: dict[tuple[str, str], list[str]] = {}
        self._dry: set[tuple[str, str]] = set()
        """(unit, code) whose regions had nothing to hand down when last asked"""
        self._year = 0
        self.paused: frozenset[str] = frozenset()
        self.held: int | None = None
        """the epoch that a restore opened and nobody released"""
        self.alarms: dict[str, FaultRecord] = {}
        """what keeps bills due just now: code and subject → fault"""
        self.reload()

    def reload(self) -> None:
        """Reads the due bills anew: at start, and after a rollback."""
        self._numbers.forget()
        self._queue.clear()
        self._bills.clear()
        self._out.clear()
        self._starved.clear()
        self._dry.clear()
        self.pause(pauses(self._connection))
        for row in self._connection.execute(_DUE):
            self.add(bill_draft(row))

    def __len__(self) -> int:
        return len(self._bills)

    def __contains__(self, bill_id: object) -> bool:
        return bill_id in self._bills

    @property
    def ready(self) -> bool:
        """Whether a bill waits to be handed out."""
        return bool(self._queue)

    def pause(self, units: Iterable[str]) -> None:
        """From now on, nothing is issued of exactly these units; what they have stays in its order."""
        self.paused = frozenset(units)
        self._queue.hold(self.paused)

    def is_paused(self, bill_id: str) -> bool:
        """Whether a due bill's unit is paused."""
        bill = self._bills.get(bill_id)
        return bill is not None and bill.unit in self.paused

    def keep_out(self, bill_ids: Iterable[str]) -> None:
        """Bills that are with an issuer: they stay due, and are not handed out again."""
        self._out.update(bill_ids)

    def add(self, bill: BillDraft) -> None:
        """A bill that became due."""
        if bill.issue == "on_payment" and bill.id not in self._bills:
            self._queue.add(bill.unit, bill.id)
            self._bills[bill.id] = bill

    def released(self, bill_ids: Iterable[str]) -> None:
        """Bills that a person let go."""
        for bill_id in bill_ids:
            for row in self._connection.execute(_RELEASED, (bill_id,)):
                self.add(bill_draft(row))

    def alarm(self, name: str, fault: FaultRecord) -> None:
        """What keeps bills due, told once in the log and kept until it is over."""
        if name not in self.alarms:
            log.error("alarm: %s", fault_from(fault.code, fault.where, **fault.values))
        self.alarms[name] = fault

    def not_signed(self, bill_id: str, fault: FaultRecord) -> None:
        """An issuer could not sign a bill."""
        bill = self._bills.get(bill_id)
        if bill is not None:
            self.alarm(f"signing {bill.unit} {fault.code}", fault)

    def signed(self, bill_id: str) -> None:
        """An issuer signed a bill: whatever kept its unit from signing is over."""
        bill = self._bills.get(bill_id)
        if bill is not None and self.alarms:
            start = f"signing {bill.unit} "
            self.alarms = {name: fault for name, fault in self.alarms.items() if not name.startswith(start)}
        self.drop(bill_id)

    def drop(self, bill_id: str) -> None:
        """A bill that is due no longer: withdrawn, or issued."""
        self._bills.pop(bill_id, None)
        self._out.discard(bill_id)

    def change_rules(self, rules: Mapping[str, UnitRules]) -> None:
        """The units were read anew: what starved may try again."""
        self._rules = rules
        self.feed()

    def feed(self) -> None:
        """A segment came in, or a year began: starved bills may try again."""
        self._numbers.forget()
        for (unit, _code), bills in self._starved.items():
            self._queue.add_first(unit, bills)
        self._starved.clear()
        self._dry.clear()
        self.alarms.clear()

    def hand_back(self, bill_id: str) -> None:
        """An issuer gave the bill up, or died with it: it is next."""
        if bill_id in self._bills and bill_id in self._out:
            self._out.discard(bill_id)
            self._queue.add_first(self._bills[bill_id].unit, [bill_id])

    def reserve(self, want: int, now: datetime, last_issue: datetime | None) -> list[BillDraft]:
        """Up to `want` due bills with numbers; writes the reservations inside the caller's transaction."""
        year = now.astimezone(SHANGHAI).year
        if year != self._year:  # the new year's codes have numbers of their own
            self._year = year
            self.feed()
        if not self._queue or want <= 0:
            return []
        if self.held is not None:
            self.alarm("epoch", record(HELD(epoch=self.held)))
            return []
        if last_issue is not None and now < last_issue - MAY_LAG:
            minutes = int((last_issue - now).total_seconds() // 60)
            self.alarm("clock", record(faults.CLOCK_BACK(minutes=minutes)))
            return []
        self.alarms.pop("clock", None)
        at = now.isoformat(timespec="milliseconds")
        taken: list[BillDraft] = []
        rows: list[tuple[str, str, str]] = []
        while (turn := self._queue.peek()) and len(taken) < want:
            self._queue.take()
            bill = self._bills.get(turn[1])
            if bill is None or bill.id in self._out:
                continue
            rules = self._rules.get(bill.unit)
            if rules is None or bill.bill not in rules.types:
                fault = record(faults.NO_RULES(f"{bill.unit} {bill.bill}", unit=bill.unit, bill=bill.bill))
                self._hold_back(bill, bill.bill, f"rules {bill.unit} {bill.bill}", fault)
                continue
            code = rules.bill_code(bill.bill, now)
            if bill.bill_number and bill.bill_code != code:
                self._connection.execute(_VOID, (bill.bill_code, bill.bill_number, bill.unit, bill.id, at))
                self._connection.execute(_GIVE_UP, (bill.id,))
                bill.bill_code = bill.bill_number = ""
            if not bill.bill_number:
                number = self._number(rules, code, at)
                if number is None:
                    self._starve(bill, code)
                    continue
                bill.bill_code, bill.bill_number = code, number
                rows.append((code, number, bill.id))
            taken.append(bill)
            self._out.add(bill.id)
        if rows:
            self._connection.executemany(_RESERVE, rows)
            self._numbers.write()
        return taken

    def _number(self, rules: UnitRules, code: str, at: str) -> str | None:
        """The next number; a unit that runs low, or out, is refilled first."""
        where = rules.unit, code
        if rules.above and where not in self._dry:
            free = self._numbers.free(*where)
            count = handing.amount(rules, free, 1)
            if count:
                to = handing.Node(unit=rules.unit)
                given = handing.hand_down(self._connection, rules.above, to, code, count, at, handing.REFILL)
                if given:
                    self._numbers.reread(*where)
                if sum(last - first + 1 for first, last in given) < count:
                    self._dry.add(where)
        return self._numbers.take(*where)

    def _starve(self, bill: BillDraft, code: str) -> None:
        fault = record(faults.NO_NUMBERS(f"{bill.unit} {code}", unit=bill.unit, bill_code=code))
        self._hold_back(bill, code, f"numbers {bill.unit} {code}", fault)

    def _hold_back(self, bill: BillDraft, why: str, alarm: str, fault: FaultRecord) -> None:
        """Leaves a bill due until numbers, or new rules, come in."""
        self.alarm(alarm, fault)
        self._starved.setdefault((bill.unit, why), []).append(bill.id)
        self._connection.execute(_STARVED, (fault_text(fault), bill.id))
