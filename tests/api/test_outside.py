"""Judged from outside: schemathesis asks whatever the published schema allows, and much that it does not."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.api.conftest import issue
from tests.badinput.hub import Hub


async def test_the_interface_is_what_its_schema_says(hub: Hub, tmp_path: Path) -> None:
    await issue(hub, 7, 3)
    judge = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"http://{hub.ready['http']}/api/openapi.json"),
        *("--header", f"Authorization: Bearer {hub.world.insurer_key}"),
        *("--checks", "all", "--max-examples", "40", "--seed", "20261128", "--no-color"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await judge.communicate()
    assert judge.returncode == 0, said.decode()[-4000:]
    assert "Tested: 2" in said.decode()
