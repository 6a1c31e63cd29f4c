"""The fiscal side, as a program: checks a unit's signed bill, countersigns its bytes, and knows a number's fate.

    POST /sign             an EInvoice XML with the unit's signature → the same with both (200, application/xml)
    GET  /state?code=&number=   {"state": "countersigned", "time", "xml"} or {"state": "unknown"}; without them, counts
    GET  /numbers?code=&from=&to=   {"numbers": [those countersigned, in order, 500 at most], "more": bool}
    POST /misbehave        {"mode": "down|slow|cut|lost|none", "times": n, "seconds": s}; without times, for good

`down` answers 503, `slow` waits first, `cut` closes the connection before anything is done, `lost` after everything is.
It reads XML by itself and shares nothing with the hub but its crypto. Numbers are remembered while it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import orjson

from hub.simulators.fiscal_books import FiscalPlatform, Mood, Refused

__all__ = ["FiscalPlatform", "main", "serving"]

_MAX_HEAD: Final = 16 * 1024
_MAX_BODY: Final = 16 * 1024 * 1024
_MODES: Final = {"none", "down", "slow", "cut", "lost"}
_REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict"}


@contextlib.asynccontextmanager
async def serving(platform: FiscalPlatform, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serves on a socket; gives host:port. Open connections are closed at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _connection(platform, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the peer left, or the platform stops
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, host, port, limit=_MAX_HEAD)
    bound = server.sockets[0].getsockname()
    try:
        yield f"{bound[0]}:{bound[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _connection(platform: FiscalPlatform, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, _, rest = head[0].partition(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _MAX_BODY or "transfer-encoding" in headers:
            await _send(writer, 400, b"", close=True)
            return
        body = await reader.readexactly(int(length))
        close = headers.get("connection", "").lower() == "close"
        answer = await _answer(platform, method, urlsplit(rest.rpartition(" ")[0]), body)
        if answer is None:
            writer.transport.abort()
            return
        await _send(writer, *answer, close=close)
        if close:
            return


async def _answer(platform: FiscalPlatform, method: str, url: Any, body: bytes) -> tuple[int, bytes] | None:
    """Status and body; None to cut the connection."""
    route = (method, url.path)
    if route == ("POST", "/misbehave"):
        return _misbehave(platform, body)
    if route not in {("POST", "/sign"), ("GET", "/state"), ("GET", "/numbers")}:
        return 404, b""
    mode = platform.mood.take()
    if mode == "down":
        return 503, orjson.dumps({"result": "refused", "code": "DOWN", "reason": "系统维护"})
    if mode == "cut":
        return None
    if mode == "slow":
        await asyncio.sleep(platform.mood.seconds)
    if route == ("GET", "/state"):
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        return 200, orjson.dumps(platform.state(query.get("code", ""), query.get("number", "")))
    if route == ("GET", "/numbers"):
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        return 200, orjson.dumps(platform.numbers(query.get("code", ""), query.get("from", ""), query.get("to", "")))
    try:
        xml = await platform.sign(body)
    except Refused as refused:
        return refused.status, refused.answer
    return None if mode == "lost" else (200, xml)


def _misbehave(platform: FiscalPlatform, body: bytes) -> tuple[int, bytes]:
    try:
        wanted = orjson.loads(body)
        mood = Mood(wanted["mode"], wanted.get("times"), float(wanted.get("seconds", 1.0)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return 400, b""
    if mood.mode not in _MODES:
        return 400, orjson.dumps({"modes": sorted(_MODES)})
    platform.mood = mood
    return 200, orjson.dumps({"mode": mood.mode})


async def _send(writer: asyncio.StreamWriter, status: int, body: bytes, *, close: bool = False) -> None:
    kind = "application/xml" if body.startswith(b"<") else "application/json"
    head = (
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Error')}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {'close' if close else 'keep-alive'}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()


async def _run(options: argparse.Namespace) -> None:
    platform = FiscalPlatform(options.keys, options.trust)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(platform, options.host, options.port) as bound:
        if options.ready:
            ready = {"pid": os.getpid(), "http": bound, "ca": str(options.keys / "ca.cert.pem")}
            aside = options.ready.with_name(options.ready.name + ".new")
            aside.write_bytes(orjson.dumps(ready))
            aside.replace(options.ready)
        await stop.wait()


def main(arguments: list[str] | None = None) -> None:
    """Runs until SIGTERM."""
    parser = argparse.ArgumentParser(description="a simulated fiscal platform")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready", type=Path, help="written when the port is open")
    parser.add_argument("--keys", type=Path, required=True, help="its own keys; made when absent")
    parser.add_argument("--trust", type=Path, help="certificates that units' chains lead to (default: KEYS/units)")
    asyncio.run(_run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
