"""Charge + signed payment → numbered, SM2-signed and durable, on the real hub with real processes and sockets.

`python -m benchmarks.end_to_end [--bills N] [--mllp] [--doors D] [--issuers I] [--rate R]`. The generator shares the
machine. With --rate the charges are there already, and payments arrive at R a second: the delays are payment → issued.
"""

from __future__ import annotations

import argparse
import asyncio
import time

import uvloop

from benchmarks import load
from benchmarks.machine import describe, percentile, show
from benchmarks.world import Measured, charge_frames, charge_posts, charges, hub, payments


async def _until_issued(measured: Measured, count: int, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while measured.issued() < count:
        if time.perf_counter() > end:
            raise SystemExit(f"only {measured.issued()} of {count} bills were issued")
        await asyncio.sleep(0.01)


async def burst(measured: Measured, bills: int, *, mllp: bool, connections: int = 32) -> dict[str, float]:
    """All at once: half the connections charge, then the payments follow as fast as they are taken."""
    made = charges(bills)
    paying = payments(measured.world.alipay, made)
    charging = charge_frames(made) if mllp else charge_posts(made)
    port = measured.mllp if mllp else measured.port
    before = measured.processes()
    started, own = time.perf_counter(), time.process_time()
    slices = 10
    step = -(-bills // slices)
    answers: list[float] = []
    paid = asyncio.Queue[list[bytes] | None]()

    async def pay() -> None:
        while (part := await paid.get()) is not None:
            answers.extend(await load.run(measured.host, measured.port, part, connections, http=True))

    payer = asyncio.create_task(pay())
    for at in range(0, bills, step):
        await load.run(measured.host, port, charging[at : at + step], connections, http=not mllp)
        paid.put_nowait(paying[at : at + step])
    paid.put_nowait(None)
    await payer
    answered, own = time.perf_counter() - started, time.process_time() - own
    await _until_issued(measured, bills, 120)
    seconds = time.perf_counter() - started
    after = measured.processes()
    cpu = {name: after[name][0] - before.get(name, (0.0, 0))[0] for name in after}
    memory = {name: kib for name, (_, kib) in after.items()}
    figures = {
        "bills_per_s": bills / seconds,
        "answered_per_s": bills / answered,
        "answer_p50_ms": percentile(answers, 0.5) * 1000,
        "answer_p99_ms": percentile(answers, 0.99) * 1000,
        "ready_s": measured.started,
    }
    show("MLLP charge + HTTP payment" if mllp else "HTTP charge + HTTP payment", **figures)
    show("  load generator", us_a_bill=own / bills * 1e6)
    for name, used in sorted(cpu.items()):
        show(f"  {name}", us_a_bill=used / bills * 1e6, resident_MiB=memory[name] / 1024)
    return figures


async def steady(measured: Measured, bills: int, rate: float) -> None:
    """Payments at a steady rate for charges that wait."""
    made = charges(bills)
    paying = payments(measured.world.alipay, made)
    await load.run(measured.host, measured.port, charge_posts(made), 16, http=True)
    started = time.perf_counter()
    sent = 0
    while sent < bills:
        due = min(bills, int((time.perf_counter() - started) * rate) + 1)
        if due > sent:
            await load.run(measured.host, measured.port, paying[sent:due], 16, http=True)
            sent = due
        await asyncio.sleep(0.002)
    await _until_issued(measured, bills, 60)
    delays = measured.delays()
    show(
        f"payment → issued at {rate:.0f}/s",
        p50_ms=percentile(delays, 0.5),
        p99_ms=percentile(delays, 0.99),
        most_ms=max(delays),
    )


async def embedded(given: argparse.Namespace, options: list[str]) -> None:
    """Runs what the arguments name."""
    rate = given.rate
    if rate is None and (given.http or not given.mllp):
        async with hub(*options, his_http=True) as measured:
            rate = (await burst(measured, given.bills, mllp=False, connections=given.connections))["bills_per_s"] / 2
    if given.rate is None and (given.mllp or not given.http):
        async with hub(*options) as measured:
            await burst(measured, given.bills, mllp=True, connections=given.connections)
    if rate and not given.mllp:
        async with hub(*options, his_http=True) as measured:
            await steady(measured, given.bills, rate)


def main() -> None:
    """Runs what the arguments name; by default both ways and the delay at half the first rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bills", type=int, default=6000)
    parser.add_argument("--mllp", action="store_true")
    parser.add_argument("--http", action="store_true")
    parser.add_argument("--rate", type=float)
    parser.add_argument("--doors", type=int)
    parser.add_argument("--issuers", type=int)
    parser.add_argument("--connections", type=int, default=32, help="each way")
    given = parser.parse_args()
    options = [f"--{name}={getattr(given, name)}" for name in ("doors", "issuers") if getattr(given, name) is not None]
    print(describe())
    uvloop.run(embedded(given, options))


if __name__ == "__main__":
    main()
