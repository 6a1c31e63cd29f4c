"""All senders at once around one hub, each in a lane of its own, and a school that drops fee tables."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hub.simulators.hospital_hl7_words import Writer
from hub.simulators.school import School
from tests.crash.lanes import PAYING, TAKING_BACK, Lane
from tests.crash.senders import Senders
from tests.hubprocess import until

TURNS = 12_000
"""Numbers a lane has: a multiple of all its turns, so that every lane begins with the first."""


@dataclass
class Crowd(Senders):
    """See the module. `open` lets lanes go on with another charge."""

    open: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, lanes: int = 2) -> Crowd:
        """That many of those who pay, and one of each that takes something back."""
        self.open = True
        kinds = [*PAYING * lanes, *TAKING_BACK]
        self._tasks = [asyncio.create_task(self._run(kind, number)) for number, kind in enumerate(kinds, 1)]
        return self

    async def _run(self, lane: Lane, number: int) -> None:
        writer = Writer(number, prefix=f"L{number}")
        turn = number * TURNS
        while self.open:
            await lane(self, writer, turn)
            turn += 1

    async def finish(self) -> None:
        """No new charges; whoever has something open brings it to its end."""
        self.open = False
        await asyncio.gather(*self._tasks)
        await until(lambda: all(map(self.done, self.acknowledged.files)), "every file is done")

    def drop(self, students: int = 3) -> str:
        """A school puts a fee table into the folder."""
        files = self.acknowledged.files
        school = School(len(files) + 1)
        name = f"fees-{len(files) + 1}.csv"
        rows = school.rows(students, projects=1)
        school.drop(self.town.world.inbox, name, school.csv(rows, "gb18030"))
        files[name] = len(rows)
        return name

    def done(self, name: str) -> bool:
        return (self.town.world.inbox / f"{name}.done").exists()
