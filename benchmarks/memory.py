"""Memory after many bills, and how soon a hub is ready again after kill -9.

`python -m benchmarks.memory [--bills N]`: resident memory of every process after each tenth of N bills, then
kill -9 of all and a new start on the same data.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time

import uvloop

from benchmarks import load
from benchmarks.machine import describe, show
from benchmarks.world import charge_posts, charges, hub, payments


async def run(bills: int) -> None:
    """The measurement."""
    async with hub(his_http=True) as measured:
        step = bills // 10
        for tenth in range(10):
            made = charges(step, seed=tenth + 1)
            await load.run(measured.host, measured.port, charge_posts(made), 16, http=True)
            await load.run(measured.host, measured.port, payments(measured.world.alipay, made), 16, http=True)
            while measured.issued() < step * (tenth + 1):
                await asyncio.sleep(0.05)
            resident = {name: f"{kib / 1024:.0f}" for name, (_, kib) in measured.processes().items()}
            show(f"after {step * (tenth + 1):,} bills, MiB", **resident)
        os.kill(measured.pid, signal.SIGKILL)
        await asyncio.sleep(0.5)
        ready = measured.world.folder / "again.json"
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "hub.cli", "run", "-c", str(measured.world.units), "--data", str(measured.world.data)),
            *("--http", "127.0.0.1:0", "--ready", str(ready)),
            stderr=asyncio.subprocess.DEVNULL,
        )
        while not ready.exists():
            await asyncio.sleep(0.002)
        show(
            "ready after kill -9",
            seconds=round(time.perf_counter() - started, 2),
            pid=json.loads(ready.read_text())["pid"],
        )
        process.terminate()
        await process.wait()


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bills", type=int, default=100_000)
    given = parser.parse_args()
    print(describe())
    uvloop.run(run(given.bills))


if __name__ == "__main__":
    main()
