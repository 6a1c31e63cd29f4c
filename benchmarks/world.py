"""A hub to measure: a real process on a folder of its own, one hospital, no fiscal platform; and prepared messages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import frame, post
from hub.demo.world import build, receive_segments, write_units
from hub.ledger.sqlite import FILE
from hub.simulators.alipay import Alipay
from hub.simulators.hospital_hl7_words import Writer

HIS = "demo-hospital/his"


@dataclass(slots=True)
class Measured:
    """A running hub. `cpu()` are the seconds its processes have used so far."""

    folder: Path
    host: str
    port: int
    mllp: int
    pid: int
    alipay: Alipay
    started: float

    def issued(self) -> int:
        """Bills issued, durably."""
        connection = sqlite3.connect(f"file:{self.folder / 'data' / FILE}?mode=ro", uri=True)
        with contextlib.closing(connection):
            return int(connection.execute("SELECT COUNT(*) FROM bill WHERE status = 'issued'").fetchone()[0])

    def delays(self) -> list[float]:
        """Milliseconds from due (the payment's commit) to issued, of every bill."""
        connection = sqlite3.connect(f"file:{self.folder / 'data' / FILE}?mode=ro", uri=True)
        question = "SELECT (julianday(issued_at) - julianday(due_at)) * 86400000 FROM bill WHERE status = 'issued'"
        with contextlib.closing(connection):
            return [row[0] for row in connection.execute(question)]

    def processes(self) -> dict[str, tuple[float, int]]:
        """role-pid → (CPU seconds, resident KiB)."""
        found: dict[str, tuple[float, int]] = {}
        for pid in [self.pid, *_children(self.pid)]:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            role = next((role for role in ("door", "issuer", "relay") if f"processes.{role}" in command), "core")
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks = int(fields[11]) + int(fields[12])
            resident = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") // 1024
            found[f"{role}-{pid}"] = (ticks / os.sysconf("SC_CLK_TCK"), resident)
        return found


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@asynccontextmanager
async def hub(*options: str, his_http: bool = False) -> AsyncIterator[Measured]:
    """Starts a hub with a million numbers; ends it when done."""
    with tempfile.TemporaryDirectory(prefix="billhub-bench-") as name:
        folder = Path(name)
        world = build(folder, 1)
        (world.platform_keys).mkdir(parents=True, exist_ok=True)
        (world.platform_keys / "ca.cert.pem").write_bytes(
            (world.units / "keys" / "trust" / "hospital-ca.pem").read_bytes()
        )
        write_units(world, "http://127.0.0.1:9", "http://127.0.0.1:9/query")
        text = (world.units / "hospital.yaml").read_text("utf-8")
        text = "\n".join(line for line in text.splitlines() if "platform:" not in line and "gateway:" not in line)
        text = "\n".join(line for line in text.splitlines() if "sign_cert" not in line and "sign_key" not in line)
        if his_http:
            text = text.replace('door: {mllp: "127.0.0.1:0"}', "door: http")
        (world.units / "hospital.yaml").write_text(text + "\n", "utf-8")
        (world.units / "school.yaml").unlink()
        receive_segments(world)
        ready = folder / "ready.json"
        started = time.perf_counter()
        log = (folder / "hub.log").open("wb")
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
                    raise SystemExit((folder / "hub.log").read_text())
                await asyncio.sleep(0.005)
            seconds = time.perf_counter() - started
            told: dict[str, Any] = json.loads(ready.read_text())
            host, _, port = told["http"].rpartition(":")
            mllp = told["doors"][HIS].rpartition(":")[2] if not his_http else "0"
            yield Measured(folder, host, int(port), int(mllp), told["pid"], world.alipay, seconds)
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
