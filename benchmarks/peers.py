"""The two flows other engines were measured by: F1, DFT over MLLP → AA; F2, Alipay notify → success; both durable.

`python -m benchmarks.peers [--messages N] [--doors D]`. F1 has 8 connections, F2 has 32, one outstanding message
each; the generator shares the machine. Ratios are to a loop that only answers, measured in the same run with the
same generator.
"""

from __future__ import annotations

import argparse
import asyncio
import time

import uvloop

from benchmarks import load
from benchmarks.machine import describe, percentile, show
from benchmarks.world import charge_frames, charges, hub, payments


class _Echo(asyncio.Protocol):
    """Answers at once, without looking: what the generator and the loopback alone can do."""

    def __init__(self, answer: bytes, end: bytes) -> None:
        self._answer = answer
        self._end = end
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._end and not self._got.endswith(self._end):
            return
        self._got = b""
        self._transport.write(self._answer)  # type: ignore[attr-defined]


async def _alone(requests: list[bytes], connections: int, *, http: bool) -> float:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess" if http else b"\x0bMSA|AA|1\r\x1c\r"
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Echo(answer, b"" if http else b"\x1c\r"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    started = time.perf_counter()
    await load.run("127.0.0.1", port, requests, connections, http=http)
    server.close()
    return len(requests) / (time.perf_counter() - started)


async def _measure(name: str, messages: int, connections: int, options: list[str], *, http: bool) -> None:
    async with hub(*options) as measured:
        made = charges(messages)
        requests = payments(measured.world.alipay, made) if http else charge_frames(made)
        before = measured.processes()
        started = time.perf_counter()
        answers = await load.run(
            measured.host, measured.port if http else measured.mllp, requests, connections, http=http
        )
        seconds = time.perf_counter() - started
        after = measured.processes()
        cpu = sum(after[process][0] - before.get(process, (0.0, 0))[0] for process in after)
        alone = await _alone(requests, connections, http=http)
        show(
            name,
            messages_per_s=messages / seconds,
            p50_ms=percentile(answers, 0.5) * 1000,
            p99_ms=percentile(answers, 0.99) * 1000,
            cpu_s_per_1000=cpu / messages * 1000,
            of_the_generator_alone=f"{messages / seconds / alone:.3f}",
        )


def main() -> None:
    """Both flows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=8000)
    parser.add_argument("--doors", type=int)
    given = parser.parse_args()
    options = [f"--doors={given.doors}"] if given.doors is not None else []
    print(describe())
    uvloop.run(_measure("F1 DFT over MLLP, 8 connections", given.messages, 8, options, http=False))
    uvloop.run(_measure("F2 Alipay notify, 32 connections", given.messages, 32, options, http=True))


if __name__ == "__main__":
    main()
