"""ledger.apply alone: charge and payment in, bill due, numbered, signed bytes stored; CPU and wall time a bill.

`python -m benchmarks.ledger [--bills N] [--batch B]`. Signing is left out: ready-made sealed bytes of real size are
stored. The same run is repeated with bodies that are not encrypted, to show what encryption costs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.machine import describe, show
from benchmarks.world import charges
from hub.adapter import Delivery
from hub.config import load_units
from hub.demo.world import build, receive_segments, write_units
from hub.engine.intake import Intake
from hub.ledger.records import Batch, Issued, Submission, Work
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.security.vault import Vault


class PlainVault(Vault):
    """Keeps everything open: only to measure what sealing costs."""

    def seal(self, unit: str, aad: bytes, plain: bytes) -> bytes:
        """As it is."""
        return plain

    def open(self, unit: str, aad: bytes, sealed: bytes) -> bytes:
        """As it is."""
        return sealed


def submissions(folder: Path, bills: int, vault: Vault) -> tuple[list[Submission], float]:
    """Charges and payments as the doors hand them over, and the seconds that took."""
    world = build(folder, 1)
    (world.platform_keys).mkdir(parents=True, exist_ok=True)
    (world.platform_keys / "ca.cert.pem").write_bytes((world.units / "keys" / "trust" / "hospital-ca.pem").read_bytes())
    write_units(world, "http://127.0.0.1:9", "http://127.0.0.1:9/query")
    receive_segments(world)
    intake = Intake(load_units(world.units), vault)
    his, alipay = intake.bound("demo-hospital/his"), intake.bound("demo-hospital/alipay")
    now = datetime.now(UTC)
    made = charges(bills)
    forms = [world.alipay.paid(number, fen) for number, fen, _ in made]
    started = time.process_time()
    found: list[Submission] = []
    for (_, _, body), form in zip(made, forms, strict=True):
        found += intake.take(his, Delivery(body, now, door="mllp")).submissions
        found += intake.take(alipay, Delivery(form, now)).submissions
    return found, time.process_time() - started


def signed(work: list[Work], at: str) -> list[Issued]:
    """What an issuer would give back: bytes of the size of a real bill."""
    return [
        Issued(
            item.bill_id,
            item.bill_code,
            item.bill_number,
            "abc123",
            at,
            b"x" * 4200,
            b"j" * 2600,
            [("id_no", item.bill_id.encode()[:16])],
        )
        for item in work
    ]


def batches(found: list[Submission], size: int) -> Iterator[list[Submission]]:
    """As many at a time."""
    for at in range(0, len(found), size):
        yield found[at : at + size]


def run(bills: int, size: int, vault: Vault, name: str) -> None:
    """One measurement."""
    with tempfile.TemporaryDirectory(prefix="billhub-bench-") as folder:
        found, intake = submissions(Path(folder), bills, vault)
        data = Path(folder) / "data"
        ledger = SqliteLedger(data, {unit.unit.id: rules_of(unit) for unit in load_units(Path(folder) / "units")})
        now = datetime.now(UTC)
        cpu, wall = time.process_time(), time.perf_counter()
        back: list[Issued] = []
        stored = 0
        for batch in batches(found, size):
            now += timedelta(milliseconds=5)
            result = ledger.apply(Batch(batch, back), now, 10_000)
            stored += len(result.issued)
            back = signed(result.work, now.isoformat(timespec="milliseconds"))
        stored += len(ledger.apply(Batch([], back), now, 0).issued)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        if stored != bills:
            raise SystemExit(f"{stored} of {bills} bills were stored")
        ledger.close()
        size_mb = (data / "ledger.db").stat().st_size / 2**20
        show(
            name,
            ledger_cpu_us=cpu / bills * 1e6,
            ledger_wall_us=wall / bills * 1e6,
            intake_cpu_us=intake / bills * 1e6,
            KiB_a_bill=size_mb * 1024 / bills,
        )


def main() -> None:
    """Encrypted and plain, at a small and a large batch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bills", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=10)
    given = parser.parse_args()
    print(describe())
    key = bytes(range(32))
    run(given.bills, given.batch, Vault([key]), f"sealed, batch {given.batch}")
    run(given.bills, given.batch, PlainVault([key]), f"plain, batch {given.batch}")


if __name__ == "__main__":
    main()
