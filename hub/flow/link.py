"""Where an event goes: into a new case, into the one its keys name, or into several that become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hub.flow.facts import Fact
from hub.flow.faults import KEYS

LINKING: Final = frozenset({"order", "visit"})
"""Events whose very meaning is that their keys belong together."""

SHARED: Final = frozenset({"visit"})
"""Keys that many charges carry on purpose; to meet by one is no contradiction."""


class Candidate(Struct, frozen=True):
    """A case that some of the event's keys lead to."""

    id: str
    living: bool
    """whether it has issued, living bills"""
    kinds: tuple[str, ...] = ()
    """the kinds of the event's keys that led here"""


class Home(Struct, frozen=True):
    """The case an event belongs to; empty = a new one. `merge` names the others, which become part of it."""

    case_id: str = ""
    merge: tuple[str, ...] = ()


NEW: Final = Home()


def link(fact: Fact, cases: Sequence[Candidate]) -> Home:
    """Decides an event's case. The winner of a merge is the smallest id, whatever the order.

    A case whose bills are out is not joined with another such case on the word of an event that may be mistaken (a
    payment that names a charge of one and an order of the other): only by an order or a visit, or by a shared visit.

    Raises:
        Park: the keys contradict each other.
    """
    if not cases:
        return NEW
    if len(cases) == 1:
        return Home(cases[0].id)
    if fact["kind"] not in LINKING:
        named = [case for case in cases if case.living and not SHARED.issuperset(case.kinds)]
        if len(named) > 1:
            raise KEYS(where=" ".join(sorted({kind for case in named for kind in case.kinds})))
    first, *others = sorted(case.id for case in cases)
    return Home(first, tuple(others))
