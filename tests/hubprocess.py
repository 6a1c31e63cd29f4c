"""Embedded hubs as processes: a world to run on, and the machinery of `drills.process` around it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drills.process import PATIENCE, Process, processes, running, session_of, until
from hub.demo.world import World, build, receive_segments, write_units
from hub.engine.embedded.home import Home
from hub.ledger.reader import Reader
from hub.simulators.fiscal_platform import FiscalPlatform, serving


@dataclass
class HubProcess(Process):
    """A hub on a folder. `doors` and `issuers` 0: all in one process."""

    doors: int = 1
    issuers: int = 1
    options: tuple[str, ...] = ()

    def words(self) -> Sequence[str]:
        return "run", "--doors", str(self.doors), "--issuers", str(self.issuers), *self.options

    def module_of(self, role: str) -> str:
        return f"hub.processes.{role}"

    def reader(self) -> Reader:
        home = Home(self.data)
        return Reader(home.folder, home.vault())


@dataclass
class Town:
    """A demo world with the peers that serve, ready for a hub."""

    world: World
    platform: FiscalPlatform

    def hub(self, doors: int = 1, issuers: int = 1) -> HubProcess:
        return HubProcess(self.world.units, self.world.data, doors=doors, issuers=issuers)


@contextlib.asynccontextmanager
async def town(folder: Path, numbers: int = 100_000) -> AsyncIterator[Town]:
    """Makes a world in a folder, and serves the fiscal platform and UnionPay's gateway as long as it is open."""
    world = build(folder, 1)
    platform = FiscalPlatform(world.platform_keys)
    async with serving(platform) as platform_url, world.unionpay.gateway() as gateway:
        write_units(world, f"http://{platform_url}", gateway)
        if numbers:
            receive_segments(world, numbers)
        yield Town(world, platform)


__all__ = ["PATIENCE", "HubProcess", "Town", "processes", "running", "session_of", "town", "until"]
