"""A hub that dies between any two steps of taking money back: the next step is told to another life of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from hub.simulators.hospital_hl7_words import Writer
from tests.crash.crowd import TURNS
from tests.crash.lanes import Lane, given_back, partly_given_back, withdrawn, written_off
from tests.crash.proof import acknowledged_is_there, all_is_well, settled
from tests.crash.senders import Senders
from tests.hubprocess import running, town, until

WAYS: tuple[tuple[Lane, int], ...] = (
    *((given_back, turn) for turn in range(6)),
    *((partly_given_back, turn) for turn in range(4)),
    *((withdrawn, turn) for turn in range(3)),
    (written_off, 0),
)
"""Every way, in each of its turns."""


@dataclass
class Steps(Senders):
    """Senders that all stand still after each step, until the hub has died and is back."""

    life: int = 0
    standing: int = 0
    gate: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def stand(self) -> None:
        """After an acknowledgement."""
        async with self.gate:
            life = self.life
            self.standing += 1
            await self.gate.wait_for(lambda: self.life > life)

    async def go_on(self) -> None:
        async with self.gate:
            self.life, self.standing = self.life + 1, 0
            self.gate.notify_all()

    async def walk(self, number: int, lane: Lane, turn: int) -> None:
        await lane(self, Writer(number, prefix=f"S{number}"), number * TURNS + turn)


async def test_a_hub_that_dies_after_every_step_takes_each_back_once(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        hub = place.hub(0, 0)
        async with running(hub):
            steps = Steps(place, hub)
            steps.between = steps.stand
            walks = [asyncio.create_task(steps.walk(number, *way)) for number, way in enumerate(WAYS, 1)]
            while _over(walks) < len(walks):
                await until(lambda: steps.standing + _over(walks) == len(walks), "every sender is served", 60)
                await hub.kill()
                hub.ready = {}
                await hub.start()
                acknowledged_is_there(steps)
                await steps.go_on()
            await asyncio.gather(*walks)
            await settled(steps)
            all_is_well(steps)
            assert hub.starts >= 5  # the longest way has four steps


def _over(walks: list[asyncio.Task[None]]) -> int:
    """How many have come to their end; one that failed fails the test."""
    return len([walk.result() for walk in walks if walk.done()])
