"""`billhub demo` that is killed takes the hub it started along, with all of the hub's children, and frees its ports."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from hub.processes.lifeline import die_with_parent
from tests.hubprocess import processes, session_of, until


@contextlib.asynccontextmanager
async def demonstration(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command as a user starts it, as the head of a session of its own: whoever it starts can be told by that."""
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub.cli", "demo", "--bills", "12", "--port", "0", "--dir", str(folder)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(),
    )
    try:
        yield demo
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(demo.pid, signal.SIGKILL)
        await demo.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
@pytest.mark.parametrize("when", ["while its hub starts", "once its hub is ready"])
async def test_nobody_outlives_a_demonstration_that_is_killed(tmp_path: Path, when: str) -> None:
    async with demonstration(tmp_path) as demo:
        if when == "while its hub starts":
            await until(lambda: len(_session(demo)) > 1, "it starts the hub")
        else:
            await until(lambda: (tmp_path / "ready.json").exists(), "its doors are open")
        living, ports = _session(demo), listening(_session(demo))
        assert len(living) > 1
        assert len(ports) >= 2 if when == "while its hub starts" else len(ports) >= 4  # platform, gateway; HTTP, MLLP
        demo.send_signal(signal.SIGKILL)  # to it alone
        assert await demo.wait() == -signal.SIGKILL
        await until(lambda: not _session(demo), f"nobody is left of {living}")
        for port in ports:
            with socket.socket() as again:
                again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                again.bind(("127.0.0.1", port))
                again.listen()


def _session(demo: asyncio.subprocess.Process) -> list[int]:
    return [pid for pid in processes() if session_of(pid) == demo.pid]


def listening(pids: Iterable[int]) -> set[int]:
    """The TCP ports that these processes listen on."""
    theirs = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    theirs.add(handle.readlink().name)
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and f"socket:[{words[9]}]" in theirs:
            found.add(int(words[1].rpartition(":")[2], 16))
    return found
