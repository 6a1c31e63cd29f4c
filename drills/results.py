"""What became of each drill when it was last played, kept in results.json beside this file; README.md is made of it."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from hub.local.jars import VERSION
from hub.local.postgres import installed

FILE: Final = Path(__file__).with_name("results.json")


def kept() -> dict[str, dict[str, Any]]:
    """Drill → its last report, with when and where."""
    try:
        found: dict[str, dict[str, Any]] = orjson.loads(FILE.read_bytes())
    except FileNotFoundError:
        return {}
    return found


def keep(name: str, report: dict[str, Any]) -> None:
    """Adds one."""
    all_ = kept()
    all_[name] = report | {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "machine": machine()}
    FILE.write_bytes(orjson.dumps(all_, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")


def machine() -> str:
    """What it was played on."""
    programs = installed()
    server = programs.parent.name if programs is not None else "?"
    words = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in words if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    kernel = platform.release().partition("-")[0]
    return (
        f"{os.cpu_count()} × {model}, {memory} GiB, Linux {kernel}, Python {platform.python_version()}, "
        f"Kafka {VERSION}, PostgreSQL {server}"
    )
