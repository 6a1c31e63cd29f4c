"""`python -m drills [NAME…]` plays the long form of the named drills, or of all, and writes README.md after each."""

from __future__ import annotations

import os
import sys

os.environ["BILLHUB_LANG"] = "en"  # before anything is worded

import tempfile
from pathlib import Path

from drills.all import catalogue, check, run
from drills.page import page
from drills.results import keep, kept
from hub.errors import Config

JARS = Path(".jars")


def main(names: list[str]) -> int:
    """0 where all passed, 1 where one did not, 2 for a name that is none, 3 where one could not be played here."""
    drills = catalogue()
    if wrong := [name for name in names if name not in drills]:
        print(f"no drill is called {', '.join(wrong)}; there are {', '.join(drills)}", file=sys.stderr)
        return 2
    worst = 0
    for name in names or drills:
        print(f"== {name}", file=sys.stderr, flush=True)
        try:
            check(drills[name].needs, JARS)
        except Config as fault:
            print(f"not run: {fault} -> {fault.do('en')}", file=sys.stderr)
            worst = max(worst, 3)
            continue
        with tempfile.TemporaryDirectory(prefix="billhub-drill-") as folder:
            report = run(drills[name], Path(folder), JARS, short=False, tell=_tell).json()
        keep(name, report)
        Path(__file__).with_name("README.md").write_text(page(drills, kept()), "utf-8")
        worst = max(worst, 0 if report["ok"] else 1)
        for one in report["expectations"]:
            _tell(f"{'ok ' if one['ok'] else 'NO '} {one['what']} {one.get('found', '')}")
    return worst


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
