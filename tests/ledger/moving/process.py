"""A move as a process, in small pages, that `BILLHUB_CRASH_AT` kills: FOLDER ROWS, and the address in DSN."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import psycopg
import pytest

from hub.crashpoints import VARIABLE
from hub.errors import Config
from hub.ledger.moving import tables
from hub.ledger.postgres import open_ledger
from tests.ledger.moving.lived import RULES_SIGNED, moving

PAGE: Final = 4


def moves(folder: Path, dsn: str, dies_at: str = "") -> tuple[int, list[str]]:
    """A move as a process of its own: its exit code, and rows, resumed, already, equal."""
    env = {**os.environ, "DSN": dsn, VARIABLE: dies_at}
    command = [sys.executable, "-m", "tests.ledger.moving.process", str(folder), str(PAGE)]
    ran = subprocess.run(command, env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert ran.returncode in {0, -signal.SIGKILL}, ran.stderr.decode()
    return ran.returncode, ran.stdout.decode().split()


def rows_there(dsn: str) -> int:
    with psycopg.connect(dsn) as look:
        row = look.execute("SELECT sum(rows) FROM moving").fetchone()
        assert row is not None
        return int(row[0])


def closed(dsn: str) -> str:
    """The code by which a cluster's process is refused."""
    with pytest.raises(Config) as fault:
        asyncio.run(open_ledger(dsn, RULES_SIGNED, owner="early"))
    return fault.value.code.code


if __name__ == "__main__":
    tables.PAGE_ROWS = int(sys.argv[2])  # type: ignore[misc]
    report = moving(Path(sys.argv[1]), os.environ["DSN"])
    sys.stdout.write(f"{report.rows} {report.resumed} {report.already} {report.equal}\n")
