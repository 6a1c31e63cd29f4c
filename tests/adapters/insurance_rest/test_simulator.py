"""The simulated insurer against the adapter, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from adapters.insurance.rest.adapter import Rest, connect
from hub.adapter import Delivery
from hub.simulators.insurer import Insurer, Refused
from tests.adapters.insurance_rest.port import Shelf, bill


@asynccontextmanager
async def served(rest: Rest, shelf: Shelf) -> AsyncIterator[str]:
    """One request a connection; the key is the hub's business and is not looked at."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ", 2)
        path, _, query = target.removeprefix("/api/v1/").partition("?")
        answer = rest.serve(Delivery(b"", datetime.now(UTC), method=method, path=path, query=query), shelf)
        head = f"HTTP/1.1 {answer.status} -\r\ncontent-length: {len(answer.body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + answer.body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"


async def test_an_insurer_pulls_everything_once_and_then_only_what_changed() -> None:
    shelf = Shelf(*(bill(number) for number in range(1, 12)))
    async with served(connect({"cursor_key": "0123456789abcdef"}), shelf) as url:
        insurer = Insurer(url, "key")
        assert await insurer.pull(limit=4) == 11
        assert await insurer.pull(limit=4) == 0
        shelf.put(bill(3, status="reversed"))
        assert await insurer.pull(limit=4) == 1
    assert len(insurer.bills) == 11
    assert insurer.bills["41060126", "0000000003"]["status"] == "reversed"


async def test_a_forged_cursor_is_refused() -> None:
    async with served(connect({"cursor_key": "0123456789abcdef"}), Shelf(bill(1))) as url:
        insurer = Insurer(url, "key", cursor="bm90LW91cnM")
        with pytest.raises(Refused) as refused:
            await insurer.pull()
    assert refused.value.args[0] == 404
