"""The servers, the files and the machines of a drill, and questions to the database that no hub answers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from drills.machine import Machine
from drills.process import PATIENCE
from hub.demo.world import World
from hub.local.kafka import LocalKafka
from hub.local.postgres import LocalPostgres
from hub.local.standby import LocalStandby
from hub.security.vault import Vault
from hub.simulators.fiscal_platform import FiscalPlatform

if TYPE_CHECKING:
    from drills.network import Network
    from drills.space import Space


@dataclass
class Place:
    """See the module. `final` is the status a bill comes to here."""

    world: World
    kafka: LocalKafka
    postgres: LocalPostgres
    hub: Path
    vault: Vault
    final: str = "issued"
    standby: LocalStandby | None = None
    platform: FiscalPlatform | None = None
    network: Network | None = None
    spaces: dict[str, Space] = field(default_factory=dict)
    machines: list[Machine] = field(default_factory=list)
    turns: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    """numbers that no other sender of this run has"""

    def machine(self, *roles: str) -> Machine:
        """One more machine, not started yet."""
        data = self.world.folder / f"machine{len(self.machines)}" / "data"
        data.mkdir(parents=True)
        made = Machine(self.world.units, data, hub=self.hub, roles=roles or ("all",))
        if self.network is not None:
            made.before, made.http = self.network.inside, f"{self.network.hub_front}:0"
        self.machines.append(made)
        return made

    def with_role(self, role: str) -> list[Machine]:
        """The machines that run a role and are up."""
        return [machine for machine in self.machines if machine.alive and machine.ready and machine.has(role)]

    def children(self, role: str) -> list[int]:
        """The processes of a role, on all machines."""
        return [pid for machine in self.machines if machine.alive for pid in machine.children(role)]

    def said(self, text: str) -> int:
        """How often machines have said something."""
        return sum(machine.log.count(text) for machine in self.machines if machine.starts)

    async def rows(self, question: str, *values: Any) -> list[Any]:
        """Asks the database itself."""
        line = await asyncpg.connect(self.postgres.dsn(), timeout=10)
        try:
            return [tuple(row) for row in await line.fetch(question, *values)]
        finally:
            await line.close()

    async def bills(self) -> dict[str, int]:
        """Status → bills."""
        return dict(await self.rows("SELECT status, count(*) FROM bill GROUP BY status"))

    async def tally(self) -> dict[str, int]:
        """Place → messages, over all sources."""
        return dict(await self.rows("SELECT place, sum(count)::int FROM tally GROUP BY place HAVING sum(count) <> 0"))

    async def until_bills(self, seconds: float = PATIENCE * 2, **wanted: int) -> None:
        """Waits until there are these bills and no others."""
        async with asyncio.timeout(seconds):
            while await self.bills() != wanted:
                await asyncio.sleep(0.05)
