"""systemd reads the units without a complaint, they are tight, and the embedded one's commands do what they say."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.deploy.units import EMBEDDED, FOLDER, ROLE, service
from tests.docs.blocks import BIN, ROOT
from tests.hubprocess import town, until

ROLES = ("door", "worker", "issuer", "relay", "console")
EXPOSURE = "15"
"""Of 100: the worst that `systemd-analyze security` may find. What is left is the network, which a hub needs."""
SINCE_254 = {"RestartSteps", "RestartMaxDelaySec"}
TIGHT = {
    "User": "billhub",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "CapabilityBoundingSet": "",
    "MemoryMax": "2G",
    "TasksMax": "512",
    "LimitNOFILE": "65536",
    "Restart": "always",
    "KillSignal": "SIGTERM",
    "KillMode": "mixed",
    "StartLimitIntervalSec": "0",
}


@pytest.fixture
def installed(tmp_path: Path) -> list[str]:
    """The units as they would lie on a machine, with the program where it is here; every instance of the template."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    for path in tmp_path.glob("*.service"):
        path.write_text(path.read_text("utf-8").replace("/opt/billhub/.venv/bin", str(BIN)), "utf-8")
    return [str(tmp_path / EMBEDDED.name), *(str(tmp_path / f"billhub@{role}.service") for role in ROLES)]


def analyze(*words: str) -> tuple[int, str]:
    done = subprocess.run(["systemd-analyze", "--no-pager", *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def complaints(said: str) -> list[str]:
    """Lines of `verify`, without those about keys that older releases of systemd do not know."""
    later = re.compile(rf"Unknown key(?: name)? '({'|'.join(SINCE_254)})'")
    return [line for line in said.splitlines() if line.strip() and not later.search(line)]


def test_systemd_has_no_complaint(installed: list[str]) -> None:
    code, said = analyze("verify", "--man=no", *installed)
    assert complaints(said) == []
    assert code == 0


def test_a_mistake_in_a_unit_would_be_found(installed: list[str]) -> None:
    path = Path(installed[0])
    path.write_text(path.read_text("utf-8").replace("ProtectSystem=", "ProtectSystm="), "utf-8")
    assert "ProtectSystm" in "".join(complaints(analyze("verify", "--man=no", str(path))[1]))


def test_the_units_are_tight(installed: list[str]) -> None:
    for unit in (installed[0], installed[1]):
        code, said = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", unit)
        assert code == 0, said[-300:]
    for path in (EMBEDDED, ROLE):
        text = service(path)
        assert {name: text.one(name) for name in TIGHT} == TIGHT
        assert int(text.one("TimeoutStopSec")) > 10  # the hub drains within ten seconds
        assert text.all("SystemCallFilter") == ["@system-service", "~@privileged @resources"]


def test_a_relay_may_write_to_the_archive_that_the_pages_name() -> None:
    named = set(re.findall(r"/srv/[\w-]*archive", (ROOT / "docs/cluster.md").read_text("utf-8")))
    assert {path.removeprefix("-") for path in service(ROLE, "relay").all("ReadWritePaths")} == named
    assert len(named) == 1


def test_both_units_are_alike_but_for_what_they_run() -> None:
    own = {"Description", "ExecStart", "LoadCredential", "Environment", "EnvironmentFile", "TimeoutStartSec"}
    own |= {"StateDirectory", "RuntimeDirectory", "WorkingDirectory"}
    first, second = ([one for one in service(path).settings if one[0] not in own] for path in (EMBEDDED, ROLE))
    assert first == second


def test_the_user_is_made_by_sysusers(tmp_path: Path) -> None:
    made = subprocess.run(
        ["systemd-sysusers", "--dry-run", str(FOLDER / "billhub.sysusers.conf")], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    assert "user 'billhub'" in made.stdout + made.stderr


async def test_the_embedded_unit_starts_reloads_and_ends_as_written(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        state, run = tmp_path / "data", tmp_path / "run"
        run.mkdir()
        unit = service(EMBEDDED, _etc_billhub_units=str(place.world.units))
        given = {"STATE_DIRECTORY": str(state), "RUNTIME_DIRECTORY": str(run)}
        command = [word.replace("127.0.0.1:8080", "127.0.0.1:0") for word in unit.command("ExecStart", **given)]
        with (tmp_path / "log").open("wb") as log:
            hub = await asyncio.create_subprocess_exec(*command, stderr=log)
        try:
            environment = {"RUNTIME_DIRECTORY": str(run), "MAINPID": str(hub.pid), "PATH": "/usr/bin:/bin"}
            waiting = await asyncio.create_subprocess_exec(*unit.command("ExecStartPost"), env=environment)
            async with asyncio.timeout(int(unit.one("TimeoutStartSec"))):
                assert await waiting.wait() == 0
            assert (run / "ready.json").exists()
            reload = await asyncio.create_subprocess_exec(*unit.command("ExecReload", MAINPID=str(hub.pid)))
            assert await reload.wait() == 0
            await until(lambda: "read anew" in (tmp_path / "log").read_text(), "the units are read anew")
            hub.send_signal(signal.Signals[unit.one("KillSignal")])
            async with asyncio.timeout(int(unit.one("TimeoutStopSec"))):
                assert await hub.wait() == 0
        finally:
            if hub.returncode is None:
                hub.kill()
                await hub.wait()


async def test_a_hub_that_cannot_start_is_not_waited_for(tmp_path: Path) -> None:
    unit = service(EMBEDDED)
    ended = await asyncio.create_subprocess_exec("true")
    await ended.wait()
    environment = {"RUNTIME_DIRECTORY": str(tmp_path), "MAINPID": str(ended.pid), "PATH": "/usr/bin:/bin"}
    waiting = await asyncio.create_subprocess_exec(
        *unit.command("ExecStartPost"), env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    assert await waiting.wait() == 1
