"""What the samples did not exercise: rules of the mapping that never gave a value, source fields no rule reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.adapter import Tree
from hub.errors import Fault
from hub.mapping.coverage_source import recorder_of
from hub.mapping.explain import explain
from hub.mapping.plan import Rule
from hub.mapping.run import Mapping
from hub.mapping.testcase import DEFAULT_AT


@dataclass(slots=True)
class Coverage:
    """Coverage of one mapping over all samples added."""

    mapping: Mapping
    used: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def add(self, tree: Tree) -> None:
        """Counts a sample's message in, if the mapping is for it."""
        if not self.mapping.matches(tree):
            return
        recorder = recorder_of(self.mapping.reads, tree, self.mapping.paths)
        try:
            fields = explain(self.mapping, recorder.tree, DEFAULT_AT)
        except Fault:
            return
        self.used |= {_name(one.rule) for one in fields if one.rule is not None and one.value != ""}
        self.seen |= recorder.seen
        self.read |= recorder.read

    def unused_rules(self) -> list[str]:
        """Rules that gave no value in any sample: `charge payer.phone (file:12)`."""
        names = [_name(rule) for plan in self.mapping.plans for rule in plan.rules()]
        return [name for name in names if name not in self.used]

    def unread_fields(self) -> list[str]:
        """Source fields with content that nothing reads, in the words of the paths."""
        return sorted(self.seen - self.read)

    def json(self) -> dict[str, Any]:
        """`{"mapping","rules","unused_rules","unread_fields"}`."""
        return {
            "mapping": self.mapping.name,
            "rules": sum(1 for plan in self.mapping.plans for _ in plan.rules()),
            "unused_rules": self.unused_rules(),
            "unread_fields": self.unread_fields(),
        }


def _name(rule: Rule) -> str:
    return f"{rule.owner} {rule.name} ({rule.at})"
