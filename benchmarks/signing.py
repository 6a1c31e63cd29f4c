"""What one bill costs in primitives, measured in one run: signature, XML, sealing, commit; and the issuer as a whole.

`python -m benchmarks.signing`. The sum of the primitives is the floor; the whole is divided by it.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from benchmarks.ledger import batches, submissions
from benchmarks.machine import describe, rate, show
from hub.bill.bill import Bill
from hub.config import load_units
from hub.issuing.einvoice import einvoice_body
from hub.issuing.local import LocalIssuer
from hub.issuing.units import units_issuing
from hub.ledger.aad import document_aad
from hub.ledger.records import Batch
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.security.sm2_choice import best
from hub.security.vault import Vault

BILLS = 400


def main() -> None:
    """Primitives, their sum, and the whole."""
    print(describe())
    vault = Vault([bytes(range(32))])
    with tempfile.TemporaryDirectory(prefix="billhub-bench-") as name:
        folder = Path(name)
        found, _ = submissions(folder, BILLS, vault)
        units = load_units(folder / "units")
        ledger = SqliteLedger(folder / "data", {unit.unit.id: rules_of(unit) for unit in units})
        work = [
            item for batch in batches(found, 10) for item in ledger.apply(Batch(batch), datetime.now(UTC), 10_000).work
        ]
        issuing = units_issuing(units)
        issuer = LocalIssuer(issuing, vault, SystemRandom(), lambda: datetime.now(UTC))
        issued, failed = issuer.issue(work)
        if failed:
            raise SystemExit(failed[0])
        cpu = time.process_time()
        issuer.issue(work)
        whole = (time.process_time() - cpu) / len(work) * 1e6
        document = vault.open("demo-hospital", document_aad(issued[0].bill_id, "json"), issued[0].document)
        bill = Bill.model_validate_json(document)
        profile = issuing["demo-hospital"].profile
        body = einvoice_body(bill, profile)
        sm2 = best()
        key = sm2.generate()
        figures = {
            "sm2_sign": 1e6 / rate(lambda: sm2.sign(key, body)),
            "read_two_events": 2e6 / rate(lambda: Bill.model_validate_json(document)),
            "xml": 1e6 / rate(lambda: einvoice_body(bill, profile)),
            "seal_two": 2e6 / rate(lambda: vault.seal("demo-hospital", b"x", body)),
            "commit_share": _commit(folder) / 10,
        }
        for primitive, us in figures.items():
            show(f"  {primitive}", us=us)
        floor = sum(us for primitive, us in figures.items() if primitive != "commit_share")
        show("issuer, a bill", us=whole, floor_us=floor, whole_by_floor=round(whole / floor, 2))
        show("SM2 verify", us=1e6 / rate(lambda: sm2.verify(key.public, body, sm2.sign(key, body)), rounds=1))
        ledger.close()


def _commit(folder: Path) -> float:
    """Microseconds of wall time of a durable commit of 16 KiB."""
    connection = sqlite3.connect(folder / "commit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (a BLOB)")
    body = os.urandom(16384)

    def one() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t VALUES (?)", (body,))
        connection.execute("COMMIT")

    us = 1e6 / rate(one, rounds=1)
    connection.close()
    return us


if __name__ == "__main__":
    main()
