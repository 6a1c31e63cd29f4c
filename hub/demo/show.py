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

from hub.demo.drive import Driver
from hub.demo.world import World, build, receive_segments, write_units
from hub.engine.embedded.home import Home
from hub.issuing.verify import verify_einvoice
from hub.ledger.reader import Reader
from hub.security.certificates import Trust
from hub.simulators.fiscal_platform import FiscalPlatform, serving

READY_SECONDS: Final = 20.0
SETTLE_SECONDS: Final = 45.0


@dataclass(frozen=True, slots=True)
class Wish:
    """How the demonstration shall run."""

    bills: int = 200
    port: int = 8080
    folder: Path | None = None
    seed: int = 1
    once: bool = True
    say: Callable[[str], None] = lambda _: None
    tick: Callable[[], None] = lambda: None


async def show(wish: Wish) -> dict[str, Any]:
    """Runs it; with `once` to its end, else until cancelled. Returns the report."""
    async with AsyncExitStack() as stack:
        folder = wish.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="billhub-demo-")))
        world = build(folder, wish.seed)
        platform = FiscalPlatform(world.platform_keys)
        platform_url = await stack.enter_async_context(serving(platform))
        gateway = await stack.enter_async_context(world.unionpay.gateway())
        write_units(world, f"http://{platform_url}", gateway)
        receive_segments(world)
        ready = await stack.enter_async_context(_hub(world, wish.port))
        wish.say(f"http://{ready['http']}/console/")
        driver = Driver(world, ready["http"], ready["doors"], wish.seed, tick=wish.tick)
        started = time.monotonic()
        await driver.charges(wish.bills)
        await driver.misfortunes()
        report = await _report(world, driver, started)
        while not wish.once:
            driver.seed += 1
            await driver.charges(5, connections=1)
            await asyncio.sleep(2)
        return report


@asynccontextmanager
async def _hub(world: World, port: int) -> AsyncIterator[dict[str, Any]]:
    ready = world.folder / "ready.json"
    ready.unlink(missing_ok=True)
    log = (world.folder / "hub.log").open("ab")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "hub.cli", "run", "-c", str(world.units), "--data", str(world.data)),
        *("--http", f"127.0.0.1:{port}", "--ready", str(ready)),
        stdout=log,
        stderr=log,
    )
    try:
        end = time.monotonic() + READY_SECONDS
        while not ready.exists():
            if process.returncode is not None or time.monotonic() > end:
                tail = (world.folder / "hub.log").read_text("utf-8", "replace").splitlines()[-3:]
                raise HubNotReady("\n".join(tail))
            await asyncio.sleep(0.02)
        yield json.loads(ready.read_text("utf-8"))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()
        log.close()


class HubNotReady(Exception):  # noqa: N818  (told to the newcomer as it is)
    """The hub did not become ready; holds the end of its log."""


async def _report(world: World, driver: Driver, started: float) -> dict[str, Any]:
    home = Home(world.data)
    reader = Reader(home.folder, home.vault())
    driven = driver.driven
    end = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < end:
        bills = reader.books()["bills"]
        done = bills.get("confirmed", 0) + bills.get("reversed", 0)
        if done >= driven.charges + driven.refunds and not bills.get("due"):
            break
        await asyncio.sleep(0.1)
    seconds = time.monotonic() - started
    insurer = driver.insurer()
    await insurer.pull()
    books = reader.books()
    bills = books["bills"]
    trust = Trust.from_folder(world.data / "trust")
    verified = [
        verify_einvoice(reader.document(bill_id, "xml") or b"", trust).ok for bill_id, _code, _number in reader.issued()
    ]
    issued = sum(bills.get(status, 0) for status in ("issued", "confirmed", "reversing", "reversed"))
    wanted = driven.charges + driven.refunds
    unfinished = any(bills.get(status) for status in ("due", "reversing"))
    expectations = [
        _expected("every charge became a bill, every refund a red one", issued == wanted, f"{issued}/{wanted}"),
        _expected("every sender was answered as its protocol says", not driven.answers_bad, driven.answers_bad),
        _expected("the fiscal platform countersigned every bill", bills.get("issued", 0) == 0, bills),
        _expected("a full refund made a red bill", bills.get("reversed", 0) == driven.refunds, bills),
        _expected(
            "nothing waits, is due or parked", not any(bills.get(s) for s in ("waiting", "due", "reversing")), bills
        ),
        _expected("every bill verifies", len(verified) == issued and all(verified), verified.count(False)),
        _expected("the insurer pulled every bill", len(insurer.bills) == issued, f"{len(insurer.bills)}/{issued}"),
        _expected("the books balance", books["balanced"], books),
    ]
    return {
        "charges": driven.charges,
        "payments": driven.payments,
        "issued": issued,
        "waiting": bills.get("waiting", 0),
        "parked": reader.parked_count(),
        "seconds": round(seconds, 2),
        "books": books,
        "expectations": expectations,
        "ok": all(entry["ok"] for entry in expectations),
    }


def _expected(what: str, ok: bool, found: object) -> dict[str, Any]:
    return {"what": what, "ok": ok} if ok else {"what": what, "ok": ok, "found": found}
