"""An issuer process: gets due bills with their numbers, gives them back signed. It never opens the database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from random import SystemRandom

from hub.config import UnitConfig
from hub.engine.embedded.frames import Frame, Handout, Reload, Signed, Stored
from hub.engine.embedded.home import Home
from hub.issuing.local import LocalIssuer
from hub.issuing.units import units_issuing
from hub.ledger.records import Work
from hub.processes.accepted import accepted
from hub.processes.child import Child, run_child
from hub.processes.plan import plan_from_environment
from hub.tracing.spans import TRACES

SLICE = 8
"""Bills signed before what is done is sent back: small enough that a bill does not wait for its neighbours."""


def local_issuer(home: Home, units: Sequence[UnitConfig]) -> LocalIssuer:
    """A local issuer for these units."""
    return LocalIssuer(units_issuing(units), home.vault(), SystemRandom(), lambda: datetime.now(UTC))


async def main() -> None:
    """Runs an issuer process by the plan in its environment."""
    plan = plan_from_environment()
    home = Home(plan.data_path)
    child = Child("issuer", home.socket, plan.capacity)
    await child.connect()
    issuer = local_issuer(home, accepted(home))
    queue: list[Work] = []
    waiting = asyncio.Event()

    def on_frame(frame: Frame) -> None:
        nonlocal issuer
        if isinstance(frame, Handout):
            if TRACES.on:
                TRACES.leased(frame.work)
            queue.extend(frame.work)
            waiting.set()
        elif isinstance(frame, Stored):
            TRACES.stored(frame.bills)
        elif isinstance(frame, Reload):
            issuer = local_issuer(home, accepted(home))

    async def sign() -> None:
        while True:
            await waiting.wait()
            part, queue[:] = queue[:SLICE], queue[SLICE:]
            if not queue:
                waiting.clear()
            issued, failed = issuer.issue(part)
            child.link.send(Signed(issued, failed, TRACES.signed(issued) if TRACES.on else []))
            await asyncio.sleep(0)

    child.on_frame = on_frame
    signing = asyncio.get_running_loop().create_task(sign())
    child.hello()
    await signing


if __name__ == "__main__":
    run_child(main)
