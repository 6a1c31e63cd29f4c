"""Runs the demonstration: the hub as a process of its own, the peers here, and a report of what was expected."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.demo.drive import RUN, Driver
from hub.demo.misfortunes import give_back, repeat_and_forge
from hub.demo.report import Tally, report
from hub.demo.stage import Stage, cluster, embedded
from hub.demo.world import World, build, write_units
from hub.errors import Lang
from hub.ledger.reader import Reader
from hub.processes.lifeline import die_with_parent
from hub.simulators.fiscal_books import Mood
from hub.simulators.fiscal_platform import FiscalPlatform, serving

SETTLE_SECONDS: Final = 20.0
ROUND_SECONDS: Final = 2.0
"""Between two rounds of gentle traffic, once the report is made."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a newcomer is told once the doors are open."""

    console: str
    units: Path
    data: Path
    insurer_key: Path
    kept: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """How the demonstration shall run. `told` hears of the report when it goes on after it."""

    bills: int = 200
    port: int = 8080
    folder: Path | None = None
    once: bool = True
    cluster: bool = False
    lang: Lang = "en"
    say: Callable[[Running], None] = lambda _: None
    tick: Callable[[], None] = lambda: None
    told: Callable[[dict[str, Any]], None] = lambda _: None


async def show(wish: Wish) -> dict[str, Any]:
    """Runs it; with `once` to its end, else until cancelled. Returns the report.

    Raises:
        HubNotReady: the hub did not start, or ended while the demonstration went on.
    """
    async with AsyncExitStack() as stack:
        folder = wish.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="billhub-demo-")))
        seed = _next_run(folder)
        world = build(folder, seed)
        platform = FiscalPlatform(world.platform_keys)
        platform_url = await stack.enter_async_context(serving(platform))
        gateway = await stack.enter_async_context(world.unionpay.gateway())
        write_units(world, f"http://{platform_url}", gateway)
        stage = await stack.enter_async_context(cluster(world) if wish.cluster else embedded(world))
        hub = await stack.enter_async_context(_hub(world, wish.port, stage))
        ready = hub.ready
        console = f"http://{ready['http']}/console/"
        wish.say(Running(console, world.units, world.data, world.insurer_file, wish.folder is not None))
        driver = Driver(world, ready["http"], ready["doors"], seed * RUN, tick=wish.tick)
        made = await _play(driver, stage.reader, platform, wish)
        if not wish.once:
            wish.told(made)
            await _go_on(driver, hub)
        return made


async def _play(driver: Driver, reader: Reader, platform: FiscalPlatform, wish: Wish) -> dict[str, Any]:
    """The whole play: charges while the platform is away for a moment, misfortunes, refunds, the insurer twice."""
    tally = Tally(before=reader.books())
    started = time.monotonic()
    platform.mood = Mood("down", times=2)
    await driver.charges(wish.bills)
    await repeat_and_forge(driver)
    await _settle(reader, tally.wanted(driver))
    insurer = driver.insurer()
    await insurer.pull()
    known = {number: bill["status"] for number, bill in insurer.bills.items()}
    tally.misfortunes = await give_back(driver)
    await _settle(reader, tally.wanted(driver), reversed_=tally.reversed_before + tally.misfortunes.reds)
    tally.seconds = time.monotonic() - started
    tally.second_pull = await insurer.pull()
    tally.changed = sum(known.get(number) != bill["status"] for number, bill in insurer.bills.items())
    tally.away = platform.mood.mode == "none"
    return report(driver, reader, insurer, tally, wish.lang)


async def _settle(reader: Reader, wanted: int, reversed_: int = 0) -> None:
    """Waits until that many bills are confirmed or reversed and none is on its way, or the time is over."""
    end = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < end:
        bills = reader.books()["bills"]
        done = bills.get("confirmed", 0) + bills.get("reversed", 0)
        moving = any(bills.get(status) for status in ("due", "issued", "reversing"))
        if done >= wanted and not moving and bills.get("reversed", 0) >= reversed_:
            return
        await asyncio.sleep(0.05)


async def _go_on(driver: Driver, hub: _Hub) -> None:
    """Gentle traffic, until somebody ends it."""
    while True:
        driver.seed += 1
        await driver.charges(3, connections=1, school=False)
        driver.paid.clear()
        driver.answered.clear()
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                await hub.process.wait()
        except TimeoutError:
            continue
        raise HubNotReady(hub.last_words())


@dataclass(slots=True)
class _Hub:
    """The hub's process, and what its ready file says."""

    process: asyncio.subprocess.Process
    ready: dict[str, Any]
    log: Path

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return next((line for line in reversed(lines) if line.startswith("billhub: ")), "\n".join(lines[-3:]))


@asynccontextmanager
async def _hub(world: World, port: int, stage: Stage) -> AsyncIterator[_Hub]:
    ready = world.folder / "ready.json"
    ready.unlink(missing_ok=True)
    with (world.folder / "hub.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "hub.cli", "run", "-c", str(world.units), "--data", str(world.data)),
            *("--http", f"127.0.0.1:{port}", "--ready", str(ready), *stage.options),
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(),
        )
        hub = _Hub(process, {}, world.folder / "hub.log")
        try:
            end = time.monotonic() + stage.seconds
            while not ready.exists():
                if process.returncode is not None or time.monotonic() > end:
                    raise HubNotReady(hub.last_words())
                await asyncio.sleep(0.02)
            hub.ready = json.loads(ready.read_text("utf-8"))
            yield hub
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.wait()


class HubNotReady(Exception):  # noqa: N818  (told to the newcomer as it is)
    """The hub did not become ready, or ended; holds what it said last."""


def _next_run(folder: Path) -> int:
    """1 for the first run in a folder, then 2 …: peers of a later run never repeat the numbers of an earlier one."""
    counter = folder / "runs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = int(counter.read_text("ascii")) + 1 if counter.exists() else 1
    counter.write_text(str(number), "ascii")
    return number
