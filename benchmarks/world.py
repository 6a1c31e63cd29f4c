"""A hub to measure: a real process on a folder of its own, one hospital, no fiscal platform; and prepared messages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.load import frame, post
from hub.demo.world import World, build, receive_segments, write_units
from hub.ledger.sqlite_file import FILE
from hub.simulators.alipay import Alipay
from hub.simulators.hospital_hl7_words import Writer

HIS = "demo-hospital/his"


Look = Callable[[str], list[tuple[Any, ...]]]
"""Asks the hub's database as any program could."""
_DELAYS: Final = "SELECT due_at, issued_at FROM bill WHERE status = 'issued'"
_ROLE: Final = re.compile(r"hub\.processes\.(?:cluster\.)?(\w+)")


@dataclass(slots=True)
class Measured:
    """A running hub."""

    host: str
    port: int
    mllp: int
    pid: int
    world: World
    started: float
    look: Look

    def issued(self) -> int:
        """Bills issued, durably."""
        return int(self.look("SELECT COUNT(*) FROM bill WHERE status = 'issued'")[0][0])

    def delays(self) -> list[float]:
        """Milliseconds from due (the payment's commit) to issued, of every bill."""
        moments = ((datetime.fromisoformat(due), datetime.fromisoformat(issued)) for due, issued in self.look(_DELAYS))
        return [(issued - due).total_seconds() * 1000 for due, issued in moments]

    def processes(self) -> dict[str, tuple[float, int]]:
        """role-pid → (CPU seconds, resident KiB)."""
        found: dict[str, tuple[float, int]] = {}
        for pid in [self.pid, *_children(self.pid)]:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            role = found_role[1] if (found_role := _ROLE.search(command)) else "parent"
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks = int(fields[11]) + int(fields[12])
            resident = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") // 1024
            found[f"{role}-{pid}"] = (ticks / os.sysconf("SC_CLK_TCK"), resident)
        return found


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@asynccontextmanager
async def hub(*options: str, his_http: bool = False) -> AsyncIterator[Measured]:
    """Starts an embedded hub with a million numbers; ends it when done."""
    with tempfile.TemporaryDirectory(prefix="billhub-bench-") as name:
        folder = Path(name)
        world = made_world(folder, his_http=his_http)
        receive_segments(world)

        def look(question: str) -> list[tuple[Any, ...]]:
            with contextlib.closing(sqlite3.connect(f"file:{world.data / FILE}?mode=ro", uri=True)) as line:
                return line.execute(question).fetchall()

        async with running(world, look, *options, his_http=his_http) as measured:
            yield measured


def made_world(folder: Path, *, his_http: bool) -> World:
    """One hospital's files, without a platform and a gateway to ask."""
    world = build(folder, 1)
    (world.platform_keys).mkdir(parents=True, exist_ok=True)
    (world.platform_keys / "ca.cert.pem").write_bytes((world.units / "keys" / "trust" / "hospital-ca.pem").read_bytes())
    write_units(world, "http://127.0.0.1:9", "http://127.0.0.1:9/query")
    text = (world.units / "hospital.yaml").read_text("utf-8")
    left_out = ("platform:", "gateway:", "sign_cert", "sign_key")
    text = "\n".join(line for line in text.splitlines() if not any(word in line for word in left_out))
    if his_http:
        text = text.replace('door: {mllp: "127.0.0.1:0"}', "door: http")
    text += "\nquota: {per_second: 100000, burst: 1000000, in_flight: 4096}\n"  # one unit is to fill the whole machine
    (world.units / "hospital.yaml").write_text(text, "utf-8")
    (world.units / "school.yaml").unlink()
    return world


@asynccontextmanager
async def running(world: World, look: Look, *options: str, his_http: bool) -> AsyncIterator[Measured]:
    """`billhub run` on these files, until the block ends."""
    ready = world.folder / "ready.json"
    started = time.perf_counter()
    log = (world.folder / "hub.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "hub.cli", "run", "-c", str(world.units), "--data", str(world.data)),
        *("--http", "127.0.0.1:0", "--ready", str(ready), *options),
        stdout=log,
        stderr=log,
    )
    try:
        while not ready.exists():
            if process.returncode is not None:
                raise SystemExit((world.folder / "hub.log").read_text())
            await asyncio.sleep(0.005)
        seconds = time.perf_counter() - started
        told: dict[str, Any] = json.loads(ready.read_text())
        host, _, port = told.get("http", "nowhere:0").rpartition(":")  # a hub without doors has no address
        mllp = told["doors"][HIS].rpartition(":")[2] if not his_http else "0"
        yield Measured(host, int(port), int(mllp), told["pid"], world, seconds, look)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        log.close()


def charges(count: int, seed: int = 1, lines: int = 3) -> list[tuple[str, int, bytes]]:
    """(charge number, fen, DFT^P03) of synthetic charges."""
    writer = Writer(seed)
    made = [writer.charge(lines) for _ in range(count)]
    return [(charge.charge_no, charge.amount_fen, charge.body) for charge in made]


def payments(alipay: Alipay, made: list[tuple[str, int, bytes]]) -> list[bytes]:
    """Signed notifications that pay the charges, as prepared HTTP requests."""
    form = "application/x-www-form-urlencoded; charset=utf-8"
    return [post("/in/demo-hospital/alipay", alipay.paid(number, fen), form) for number, fen, _ in made]


def charge_posts(made: list[tuple[str, int, bytes]]) -> list[bytes]:
    """The charges as prepared HTTP requests."""
    return [post(f"/in/{HIS}", body, "application/hl7-v2") for _, _, body in made]


def charge_frames(made: list[tuple[str, int, bytes]]) -> list[bytes]:
    """The charges as prepared MLLP frames."""
    return [frame(body) for _, _, body in made]
