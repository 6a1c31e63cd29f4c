"""Rotel, a collector of another make: takes traces here, and tells what it understood to the next collector."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from hub.processes.lifeline import die_with_parent
from tests.hubprocess import until

AGENT: Final = Path(__file__).resolve().parents[2] / ".jars" / "rotel" / "rotel" / "rotel-agent"


@contextlib.asynccontextmanager
async def rotel(folder: Path, onward: str) -> AsyncIterator[str]:
    """Its endpoint; `onward` is the next one's, which asks for `Bearer let me in`."""
    with socket.create_server(("127.0.0.1", 0)) as http, socket.create_server(("127.0.0.1", 0)) as grpc:
        here, other = (f"127.0.0.1:{one.getsockname()[1]}" for one in (http, grpc))
    words = {
        "otlp-http-endpoint": here,
        "otlp-grpc-endpoint": other,
        "exporter": "otlp",
        "otlp-exporter-protocol": "http",
        "otlp-exporter-endpoint": onward.removesuffix("/v1/traces"),
        "otlp-exporter-custom-headers": "Authorization=Bearer let me in",
        "batch-timeout": "100ms",
    }
    log = folder / "rotel.log"
    with log.open("wb") as out:
        agent = await asyncio.create_subprocess_exec(
            *(str(AGENT), "start", *(f"--{name}={value}" for name, value in words.items())),
            env={},
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent(),
        )

    def listens() -> bool:
        assert agent.returncode is None, log.read_text("utf-8")
        host, _, port = here.partition(":")
        with socket.socket() as knock:
            return knock.connect_ex((host, int(port))) == 0

    try:
        await until(listens, "Rotel listens")
        yield f"http://{here}/v1/traces"
    finally:
        with contextlib.suppress(ProcessLookupError):
            agent.terminate()
        await agent.wait()
