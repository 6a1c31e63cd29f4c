"""A PostgreSQL in a folder ends with whoever started it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import sys, threading, time
from pathlib import Path
from hub.local.postgres import LocalPostgres
def start():
    server = LocalPostgres(Path(sys.argv[1])).start()
    print(server.pid, flush=True)
    kept.append(server)
kept = []
thread = threading.Thread(target=start)
thread.start()
thread.join()
time.sleep(600)
"""


def test_a_server_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path / "server")], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        server = Path(f"/proc/{int(owner.stdout.readline())}")
        assert b"postgres" in (server / "cmdline").read_bytes()
        owner.kill()
    until = time.monotonic() + 30
    while server.exists():
        assert time.monotonic() < until, "the server is still there"
        time.sleep(0.05)
