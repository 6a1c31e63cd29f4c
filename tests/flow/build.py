"""Facts in few words, and a world that carries decisions out as the ledger would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from msgspec import structs

from hub.flow.case import Case
from hub.flow.charges import names_of
from hub.flow.decide import BillRef, Decision, Issue, Mark, Reverse, Withdraw, decide
from hub.flow.facts import Fact
from hub.flow.policy import BillRule, Policy
from hub.flow.status import LIVING, change

POLICY = Policy("demo", bills={"outpatient": BillRule("medical_outpatient")})

_ids = count(1)


def _fact(kind: str, keys: dict[str, str | None], id_: str | None, rest: dict[str, Any]) -> Fact:
    made: dict[str, Any] = {"v": 1, "id": id_ or f"{kind}-{next(_ids)}", "kind": kind, "source": "his"}
    made["keys"] = [[name, value] for name, value in keys.items() if value]
    made.update((name, value) for name, value in rest.items() if value not in (None, False))
    return made  # type: ignore[return-value]


def charge(
    number: str = "C1",
    total: int = 5000,
    *,
    insured: int = 0,
    other: int = 0,
    lines: list[int] | None = None,
    order: str | None = None,
    pay: str | None = None,
    visit: str | None = None,
    version: str | None = None,
    at: str | None = None,
    digest: str | None = None,
    bill: str = "outpatient",
    id_: str | None = None,
) -> Fact:
    """`other` comes on top of the fiscal `total`."""
    parts = [["fiscal", total, len(lines or [1])]] if total or not other else []
    parts += [["other", other, 1]] if other else []
    rest = {
        "charge_no": number,
        "version": version,
        "at": at,
        "bill": bill,
        "parts": parts,
        "lines": lines,
        "insured": insured or None,
        "digest": digest or f"{number}:{total}:{insured}:{other}",
    }
    made = _fact("charge", {"charge": number, "order": order, "pay": pay, "visit": visit}, id_, rest)
    made["total"] = total + other
    return made


def pay(
    amount: int = 5000,
    trade: str | None = "T1",
    *,
    channel: str = "alipay",
    merchant: str | None = "m",
    number: str | None = None,
    order: str | None = None,
    code: str | None = None,
    visit: str | None = None,
    sure: bool = True,
    trusted: bool = False,
    deposit: bool = False,
    at: str | None = None,
    id_: str | None = None,
) -> Fact:
    keys = {
        "trade": f"{channel}/{merchant or ''}/{trade}" if trade else None,
        "charge": number,
        "order": order,
        "pay": code,
        "visit": visit,
    }
    rest = {
        "channel": channel,
        "merchant": merchant,
        "trade_no": trade,
        "confirmed": sure,
        "trusted": trusted,
        "deposit": deposit,
        "at": at,
    }
    made = _fact("payment", keys, id_, rest)
    made["amount"] = amount
    return made


def refund(
    amount: int | None = None,
    trade: str | None = "T1",
    *,
    so_far: int | None = None,
    no: str | None = None,
    channel: str = "alipay",
    merchant: str | None = "m",
    number: str | None = None,
    order: str | None = None,
    source: str = "alipay",
    id_: str | None = None,
) -> Fact:
    keys = {"trade": f"{channel}/{merchant or ''}/{trade}" if trade else None, "charge": number, "order": order}
    rest = {
        "channel": channel,
        "merchant": merchant,
        "trade_no": trade,
        "refund_no": no,
        "amount": amount,
        "refunded": so_far,
    }
    made = _fact("refund", keys, id_, rest)
    made["source"] = source
    return made


def cancel(
    number: str | None = "C1",
    *,
    version: str | None = None,
    at: str | None = None,
    bill: str | None = None,
    order: str | None = None,
    id_: str | None = None,
) -> Fact:
    rest = {"charge_no": number, "version": version, "at": at, "bill_key": bill}
    return _fact("cancel", {"charge": number, "bill": bill, "order": order}, id_, rest)


def order(
    *numbers: str, no: str | None = "O1", code: str | None = None, amount: int | None = None, id_: str | None = None
) -> Fact:
    made = _fact("order", {"order": no, "pay": code}, id_, {"amount": amount})
    made["keys"] += [["charge", number] for number in numbers]
    made["charge_nos"] = list(numbers)
    return made


def visit(no: str = "V1", id_: str | None = None) -> Fact:
    return _fact("visit", {"visit": no}, id_, {})


def case_of(*facts: Fact) -> Case:
    made = Case("case")
    for fact in facts:
        made = made.add(fact)
    return made


def decided(*facts: Fact, bills: Iterable[BillRef] = (), policy: Policy = POLICY) -> Decision:
    return decide(case_of(*facts), list(bills), policy)


def issues(decision: Decision) -> list[Issue]:
    return [effect for effect in decision.effects if isinstance(effect, Issue)]


@dataclass
class World:
    """One case, its bills, and an issuer that works when told to."""

    policy: Policy = POLICY
    case: Case = field(default_factory=lambda: Case("case"))
    bills: dict[str, BillRef] = field(default_factory=dict)
    decision: Decision = field(default_factory=lambda: Decision("waiting"))
    numbers: int = 0

    def take(self, *facts: Fact) -> Decision:
        """Events come, one after another; what follows from each is carried out."""
        for fact in facts:
            self.case = self.case.add(fact)
            self.settle()
        return self.decision

    def settle(self) -> None:
        self.decision = decide(self.case, list(self.bills.values()), self.policy)
        for effect in self.decision.effects:
            self._carry_out(effect)
        again = decide(self.case, list(reversed(self.bills.values())), self.policy)
        assert again.effects == (), (self.decision, again)
        assert (again.faults, again.surplus) == (self.decision.faults, self.decision.surplus)
        self._must_hold()

    def issue(self) -> None:
        """The issuer signs all that is due."""
        for bill in list(self.bills.values()):
            if bill.status != "due":
                continue
            self.numbers += 1
            key = f"01060126-{self.numbers:010d}"
            self.bills[bill.id] = structs.replace(bill, status=change("due", "issue"), key=key)
            if bill.face == "red":
                self._move(bill.reverses, "reversed")
        self.settle()

    @property
    def living(self) -> list[BillRef]:
        """Blue bills that stand, in order of their charge."""
        answered = {bill.reverses for bill in self.bills.values() if bill.face == "red"}
        found = [b for b in self.bills.values() if b.face == "blue" and b.status in LIVING and b.id not in answered]
        return sorted(found, key=lambda bill: (bill.charge_no, bill.part))

    @property
    def net(self) -> dict[str, int]:
        """Charge number → fen of its living bills."""
        sums: dict[str, int] = {}
        for bill in self.living:
            sums[bill.charge_no] = sums.get(bill.charge_no, 0) + bill.total
        return sums

    def bill(self, number: str = "C1") -> BillRef:
        """The one living bill of a charge."""
        (found,) = [bill for bill in self.living if bill.charge_no == number]
        return found

    def hold(self, number: str, why: str) -> None:
        bill = self.bill(number)
        self.bills[bill.id] = structs.replace(bill, holds=frozenset({why}))

    def _carry_out(self, effect: Issue | Withdraw | Reverse | Mark) -> None:
        if isinstance(effect, Issue):
            assert effect.bill_id not in self.bills
            assert change("waiting", "paid") == "due"
            self.bills[effect.bill_id] = effect.ref()
        elif isinstance(effect, Withdraw):
            self._move(effect.bill_id, "withdraw")
        elif isinstance(effect, Mark):
            assert self._move(effect.bill_id, effect.event) == effect.to
        else:
            original = self.bills[effect.bill_id]
            assert not original.holds
            assert original.status != "due"
            if original.status != "reversing":
                self._move(effect.bill_id, "reverse")
            assert effect.red_id not in self.bills
            self.bills[effect.red_id] = structs.replace(
                original, id=effect.red_id, status="due", face="red", reverses=original.id, key=""
            )

    def _move(self, bill_id: str, event: str) -> str:
        bill = self.bills[bill_id]
        to = change(bill.status, event)
        before: Any = bill.status if to == "reversing" and bill.status != "reversing" else bill.before
        self.bills[bill_id] = structs.replace(bill, status=to, before=before)
        return to

    def _must_hold(self) -> None:
        """I1: one living bill a part; a bill is the sum of its allocations and shares; no payment is used twice."""
        parts = [(bill.charge_no, bill.part) for bill in self.living]
        assert len(parts) == len(set(parts)), parts
        charges = {fact["id"]: fact for fact in self.case.facts.values() if fact["kind"] == "charge"}
        for bill in self.living:
            assert bill.total == bill.insured + sum(fen for _, fen in bill.allocations)
            assert all(fen > 0 for _, fen in bill.allocations)
            assert bill.total <= charges[bill.charge_event]["total"]

    def used(self) -> dict[str, int]:
        """Payment key → fen held by living bills."""
        sums: dict[str, int] = {}
        for bill in self.living:
            for key, fen in bill.allocations:
                sums[key] = sums.get(key, 0) + fen
        return sums


__all__ = ["POLICY", "World", "names_of"]
