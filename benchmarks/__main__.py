"""`python -m benchmarks`: every benchmark, one after the other; each is also a command of its own."""

from __future__ import annotations

import subprocess
import sys

ALL = ("messages", "signing", "ledger", "peers", "end_to_end", "disk", "flood", "kafka", "cluster", "relay", "memory")

if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        print(f"\n# python -m benchmarks.{name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
