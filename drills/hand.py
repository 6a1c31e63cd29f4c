"""What a story works with: the place, the load, how long it may take, and a pen to write down what it did."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from drills.load import Load
from drills.place import Place
from drills.process import PATIENCE, NeverCame, until
from drills.verdict import Allowed
from hub.cli.language import say


@dataclass
class Hand:
    """See the module."""

    place: Place
    load: Load
    short: bool
    tell: Callable[[str], None]
    """hears of every step as it is done"""
    did: list[str] = field(default_factory=list)
    counted: dict[str, Any] = field(default_factory=dict)
    allowed: Allowed = field(default_factory=Allowed)
    promises: list[tuple[str, bool, str]] = field(default_factory=list)
    """what the story itself saw hold, or not"""
    begun: float = field(default_factory=time.monotonic)

    def of(self, short: int, long: int) -> int:
        """How many, or how long, in this form."""
        return short if self.short else long

    def note(self, zh: str, en: str) -> None:
        """Writes down a step."""
        line = f"{time.monotonic() - self.begun:6.1f} s  {say(zh, en)}"
        self.did.append(line)
        self.tell(line)

    def saw(self, zh: str, en: str, ok: bool, found: object = "") -> None:
        """Writes down something that must hold and that only the story can see."""
        self.promises.append((say(zh, en), ok, str(found)))

    async def until(self, condition: Callable[[], bool], what: str, seconds: float = 4 * PATIENCE) -> None:
        """Waits for something that a process brings about."""
        await until(condition, what, seconds)

    async def eventually(self, holds: Callable[[], Awaitable[bool]], what: str, seconds: float = 4 * PATIENCE) -> None:
        """Waits for something that has to be asked for."""
        end = time.monotonic() + seconds
        while not await holds():
            if time.monotonic() > end:
                raise NeverCame(f"did not come within {seconds} s: {what}")
            await asyncio.sleep(0.1)

    async def blocking(self, call: Callable[[], object]) -> None:
        """Does something that takes its time beside the load."""
        await asyncio.to_thread(call)

    async def works(self, count: int = 5, seconds: float = 120) -> None:
        """Waits until bills come to their end again; how long that took at most is counted."""
        before, started = await self._done(), time.monotonic()

        async def more() -> bool:
            return await self._done() >= before + count

        await self.eventually(more, "bills come to their end", seconds)
        took = round(time.monotonic() - started, 1)
        self.counted["longest_until_bills_s"] = max(took, self.counted.get("longest_until_bills_s", 0.0))

    async def _done(self) -> int:
        return (await self.place.bills()).get(self.place.final, 0)

    async def killed(self, role: str) -> int:
        """-9 to a process of a role; returns once it is dead, with its id."""
        victim = await self.someone(role)
        os.kill(victim, signal.SIGKILL)
        await self.until(lambda: victim not in self.place.children(role), "the killed one is dead")
        return victim

    async def someone(self, role: str) -> int:
        """A process of a role, as soon as there is one."""
        await self.until(lambda: bool(self.place.children(role)), f"there is a {role}")
        return self.place.children(role)[0]

    async def all_back(self, role: str, count: int) -> None:
        """Waits until that many processes of a role are there."""
        await self.until(lambda: len(self.place.children(role)) >= count, f"{count} of {role} are there")

    def signal(self, pids: Sequence[int], sign: signal.Signals) -> None:
        """A signal to processes."""
        for pid in pids:
            os.kill(pid, sign)
