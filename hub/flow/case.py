"""A case (收费事项): the facts that belong together. A set that only grows, so the order of arrival leaves no trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from msgspec import Struct

from hub.flow.facts import Fact

SCHEMA: Final = 1
"""Schema version of the storage form; the last release's stays readable."""


class Case(Struct, frozen=True):
    """Event id → fact. Everything else about a case is computed from this."""

    id: str
    facts: Mapping[str, Fact] = {}

    def add(self, fact: Fact) -> Case:
        """With one more fact; adding it again changes nothing."""
        known = self.facts.get(fact["id"])
        if known is None:
            return Case(self.id, {**self.facts, fact["id"]: fact})
        kept = _one(known, fact)
        return self if kept is known else Case(self.id, {**self.facts, fact["id"]: kept})

    def join(self, other: Case) -> Case:
        """The union of both, under the smaller id. Commutative, associative, idempotent."""
        facts = {**self.facts, **other.facts}
        for id_ in self.facts.keys() & other.facts.keys():
            facts[id_] = _one(self.facts[id_], other.facts[id_])
        return Case(min(self.id, other.id), facts)

    def dump(self) -> bytes:
        """The storage form, the same bytes for the same facts."""
        facts = [self.facts[id_] for id_ in sorted(self.facts)]
        return orjson.dumps({"v": SCHEMA, "facts": facts})

    @classmethod
    def load(cls, id_: str, stored: bytes | str) -> Case:
        """From the storage form.

        Raises:
            ValueError: not a stored case, or one of a newer release.
        """
        data: dict[str, Any] = orjson.loads(stored)
        if data["v"] > SCHEMA:
            raise ValueError(f"case of schema {data['v']}; this release reads up to {SCHEMA}")
        return cls(id_, {fact["id"]: fact for fact in data["facts"]})


def join(one: Case, other: Case) -> Case:
    """The union of two cases."""
    return one.join(other)


def _one(known: Fact, other: Fact) -> Fact:
    """Of two facts with one id always the same one; the ledger parks a repeat with other content beforehand."""
    if known is other or known == other:
        return known
    return min(known, other, key=lambda fact: orjson.dumps(fact, option=orjson.OPT_SORT_KEYS))
