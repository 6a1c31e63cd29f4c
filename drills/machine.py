"""One machine of a cluster: the parent that `billhub run --engine cluster` is, with the roles it was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drills.process import Process, running

RESTARTED = "it is started anew"
"""What a parent says of each child it starts again."""


@dataclass
class Machine(Process):
    """See the module. `environment` is what this machine's processes get besides."""

    hub: Path = Path()
    roles: tuple[str, ...] = ("all",)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Names it among the machines."""
        return self.data.parent.name

    def words(self) -> Sequence[str]:
        """Process's."""
        roles = [word for role in self.roles for word in ("--role", role)]
        return "--lang", "en", "run", "--engine", "cluster", *roles, "--hub", str(self.hub)

    def module_of(self, role: str) -> str:
        """Process's."""
        return f"hub.processes.cluster.{role}"

    def has(self, role: str) -> bool:
        """Whether it runs a role."""
        return role in self.roles or "all" in self.roles

    async def launch(self, **environment: str) -> None:
        """Process's."""
        await super().launch(**self.environment, **environment)


__all__ = ["RESTARTED", "Machine", "running"]
