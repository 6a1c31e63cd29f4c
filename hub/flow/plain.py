"""The ordinary case, decided at once: one charge of the unit's own receipt, and nothing else or the one payment of it.

Most cases are no more than that. Whatever is otherwise in the least is left to the general rules, which would
decide the same here; a property of the tests compares the two.
"""

from __future__ import annotations

from hub.flow.case import Case
from hub.flow.charges import names_of, need_of, refs_of
from hub.flow.cut import FISCAL
from hub.flow.effects import Decision, Issue, bill_id
from hub.flow.facts import Fact
from hub.flow.payments import is_sure, key_of
from hub.flow.policy import Policy

WAITING = Decision("waiting")


def plain(case: Case, policy: Policy) -> Decision | None:
    """What follows from a case without bills; None where it takes the general rules to tell."""
    charge: Fact | None = None
    payment: Fact | None = None
    if len(case.facts) > 2:
        return None
    for fact in case.facts.values():
        if fact["kind"] == "charge" and charge is None:
            charge = fact
        elif fact["kind"] == "payment" and payment is None:
            payment = fact
        else:
            return None
    if charge is None or not _fits(charge, policy):
        return None
    if payment is None:
        return WAITING
    return Decision("due", effects=(_issue(charge, payment, policy),)) if _pays(payment, charge) else None


def _fits(charge: Fact, policy: Policy) -> bool:
    """Whether it makes one bill of all it asks for, and asks payments for something."""
    parts, total = charge.get("parts", ()), charge.get("total", 0)
    if len(parts) != 1 or parts[0][:2] != [FISCAL, total] or not 0 <= charge.get("insured", 0) < total:
        return False
    rule = policy.bills.get(charge.get("bill", ""))
    return rule is not None and (rule.max_items is None or int(parts[0][2]) <= rule.max_items)


def _pays(payment: Fact, charge: Fact) -> bool:
    """Whether this is money for sure, for this charge alone, and to the fen."""
    if payment["amount"] != need_of(charge) or not is_sure(payment):
        return False
    names = names_of(payment)
    return names == {charge["charge_no"]} if names else not refs_of(payment).isdisjoint(refs_of(charge))


def _issue(charge: Fact, payment: Fact, policy: Policy) -> Issue:
    number, event, total, insured = charge["charge_no"], charge["id"], charge["total"], charge.get("insured", 0)
    return Issue(
        bill_id=bill_id(policy.unit, number, event, 0, 0),
        charge_event=event,
        charge_no=number,
        digest=charge.get("digest", ""),
        bill=charge["bill"],
        part=0,
        receipt=FISCAL,
        first_item=0,
        last_item=int(charge["parts"][0][2]),
        total=total,
        insured=insured,
        allocations=((key_of(payment, payment.get("merchant", "")), total - insured),),
        payment_events=(payment["id"],),
        visit_events=(),
    )
