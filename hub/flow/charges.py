"""What is owed: of each charge_no the version that counts, and whether it was withdrawn.

The highest version counts (numbers by value, then texts), then the latest time, then the id; a charge without a version
ranks below all that have one, by its time. A cancel strikes

    named by its bill    the version that bill was made of, and those below it
    with a version       that version and those below it
    with a time          every version that is not later
    with neither         every version there is: nothing says that any of them came after it

so that the order of arrival decides nothing. A charge revised to nothing is withdrawn as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from hub.flow.effects import BillRef
from hub.flow.facts import Fact

Ref = tuple[str, str]
"""(key kind, value)"""

LINKS: Final = frozenset({"order", "pay", "visit"})
"""Kinds of keys by which a payment may find the charges it pays."""

_Rank = tuple[int, int, str]


class Standing(Struct):
    """One charge_no as all its facts have it. `fact` is the current version, also of a withdrawn charge."""

    charge_no: str
    fact: Fact
    withdrawn: bool = False
    rivals: frozenset[str] = frozenset()
    """digests of the current version where there are several: a contradiction"""
    struck: frozenset[str] = frozenset()
    """event ids of versions a cancel strikes"""
    needs: set[int] = set()
    """what its versions asked payment channels for, fen"""
    refs: set[Ref] = set()

    @property
    def total(self) -> int:
        """Fen, of the current version."""
        return self.fact.get("total", 0)

    @property
    def insured(self) -> int:
        """Fen that no payment channel has to bring."""
        return self.fact.get("insured", 0)

    @property
    def need(self) -> int:
        """Fen that payments have to bring."""
        return need_of(self.fact)

    @property
    def digest(self) -> str:
        """Of the current version's content."""
        return self.fact.get("digest", "")

    @property
    def order(self) -> tuple[str, str]:
        """By which charges are paid one after another."""
        return self.fact.get("at", ""), self.charge_no


def need_of(charge: Fact) -> int:
    """Fen that payments have to bring for this version of a charge."""
    return charge.get("total", 0) - charge.get("insured", 0)


def standings(
    charges: Sequence[Fact], cancels: Sequence[Fact], bills: Sequence[BillRef]
) -> tuple[dict[str, Standing], int]:
    """Charge number → how it stands, and how many cancels wait for a charge that is not known yet."""
    versions: dict[str, list[Fact]] = {}
    for charge in charges:
        versions.setdefault(charge["charge_no"], []).append(charge)
    strikes, waiting = _strikes(versions, cancels, bills)
    return {number: _stand(number, facts, strikes.get(number, ())) for number, facts in versions.items()}, waiting


def refs_of(fact: Fact) -> set[Ref]:
    """The keys of an event that may link payments and charges."""
    return {(kind, value) for kind, value in fact["keys"] if kind in LINKS}


def names_of(fact: Fact) -> set[str]:
    """The charges an event names outright."""
    return {value for kind, value in fact["keys"] if kind == "charge"}


def _stand(number: str, facts: list[Fact], cancels: Iterable[tuple[Fact, Fact | None]]) -> Standing:
    current = max(facts, key=lambda fact: (_rank(fact), fact.get("at", ""), fact["id"]))
    top = _rank(current)
    digests = frozenset(fact.get("digest", "") for fact in facts if _rank(fact) == top)
    struck = frozenset(fact["id"] for fact in facts for cancel, billed in cancels if _covers(cancel, billed, fact))
    emptied = current.get("total", 0) == 0 and any(fact.get("total", 0) != 0 for fact in facts if _rank(fact) < top)
    return Standing(
        number,
        current,
        withdrawn=emptied or current["id"] in struck,
        rivals=digests if len(digests) > 1 else frozenset(),
        struck=struck,
        needs={need_of(fact) for fact in facts},
        refs=set().union(*(refs_of(fact) for fact in facts)),
    )


def _strikes(
    versions: Mapping[str, list[Fact]], cancels: Sequence[Fact], bills: Sequence[BillRef]
) -> tuple[dict[str, list[tuple[Fact, Fact | None]]], int]:
    """Charge number → its cancels, each with the version of the bill it names, if it names one we know."""
    made = {bill.key: bill for bill in bills if bill.key and bill.face == "blue"}
    found: dict[str, list[tuple[Fact, Fact | None]]] = {}
    waiting = 0
    for cancel in cancels:
        bill = made.get(cancel.get("bill_key", ""))
        if bill is not None:
            charge = next((c for c in versions.get(bill.charge_no, ()) if c["id"] == bill.charge_event), None)
            numbers = [bill.charge_no]
        elif "bill_key" in cancel and "charge_no" not in cancel:
            charge, numbers = None, []
        else:
            charge, numbers = None, _cancelled(cancel, versions)
        numbers = [number for number in numbers if number in versions]
        waiting += not numbers
        for number in numbers:
            found.setdefault(number, []).append((cancel, charge))
    return found, waiting


def _cancelled(cancel: Fact, versions: Mapping[str, list[Fact]]) -> list[str]:
    """The charges a cancel names; one that goes by order or pay code withdraws all that carry it."""
    if "charge_no" in cancel:
        return [cancel["charge_no"]]
    refs = {ref for ref in refs_of(cancel) if ref[0] != "visit"}
    return [number for number, facts in versions.items() if any(refs & refs_of(fact) for fact in facts)]


def _covers(cancel: Fact, billed: Fact | None, charge: Fact) -> bool:
    if billed is not None:
        return (_rank(charge), charge.get("at", "")) <= (_rank(billed), billed.get("at", ""))
    if "version" in cancel:
        return _rank(charge) <= _rank(cancel)
    if "at" in cancel and "at" in charge:
        return charge["at"] <= cancel["at"]
    return True


def _rank(fact: Fact) -> _Rank:
    version = fact.get("version", "")
    if not version:
        return 0, 0, fact.get("at", "")
    if version.isascii() and version.isdigit():
        return 1, int(version), ""
    return 2, 0, version
