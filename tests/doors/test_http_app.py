"""Every path outside /in/ is a FastAPI application's, run in the same connection."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from hub.doors.faults import APP_FAILED
from hub.errors import Config
from tests.doors.http_hostile import FINE
from tests.doors.peers import Notes, http_door, peer, wait_for


class Site:
    """An application with every kind of response, and what it noticed."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.app = app = FastAPI(lifespan=self._lifespan)

        @app.post("/echo/{name}")
        async def echo(name: str, request: Request) -> dict[str, Any]:
            body = await request.body()
            return {
                "name": name,
                "size": len(body),
                "query": request.query_params.get("q"),
                "state": request.state.mark,
            }

        @app.post("/early")
        async def early() -> dict[str, str]:
            return {"read": "nothing"}

        @app.api_route("/page", methods=["GET", "HEAD"])
        async def page() -> Response:
            return Response(b"hello")

        @app.get("/none")
        async def none() -> Response:
            return Response(status_code=204)

        @app.get("/parts")
        async def parts() -> Response:
            async def make() -> AsyncIterator[bytes]:
                for number in range(100):
                    yield b"%d," % number

            return StreamingResponse(make())

        @app.get("/stream")
        async def stream() -> Response:
            async def make() -> AsyncIterator[bytes]:
                try:
                    yield b"data: 1\n\n"
                    await asyncio.Event().wait()
                finally:
                    self.events.append("stream over")

            return StreamingResponse(make(), media_type="text/event-stream")

        @app.get("/broken")
        async def broken() -> Response:
            raise ValueError("张三")

        @app.get("/broken-late")
        async def broken_late() -> Response:
            async def make() -> AsyncIterator[bytes]:
                yield b"begin"
                raise ValueError("张三")

            return StreamingResponse(make())

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[dict[str, str]]:
        self.events.append("up")
        yield {"mark": "kept"}
        self.events.append("down")


async def test_an_ordinary_client_sees_an_ordinary_site() -> None:
    site = Site()
    async with http_door(Notes(), site.app) as door:
        async with httpx.AsyncClient(base_url="http://{}:{}".format(*door.address)) as client:
            large = await client.post("/echo/%E4%BD%A0?q=1", content=b"x" * 3_000_000)
            assert large.json() == {"name": "你", "size": 3_000_000, "query": "1", "state": "kept"}
            chunked = await client.post("/echo/a", content=_pieces())
            assert chunked.json()["size"] == 300
            assert (await client.get("/page")).content == b"hello"
            head = await client.head("/page")
            assert (head.content, head.headers["content-length"]) == (b"", "5")
            none = await client.get("/none")
            assert (none.status_code, none.content) == (204, b"")
            assert "content-length" not in none.headers
            parts = await client.get("/parts")
            assert parts.headers["transfer-encoding"] == "chunked"
            assert parts.text == "".join(f"{number}," for number in range(100))
            assert (await client.get("/nowhere")).status_code == 404
            assert (await client.post("/in/demo/src", content=b"hi")).content == b"ok:hi"
        await wait_for(lambda: not door.connections)
    assert site.events == ["up", "down"]


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield b"x" * 100


async def test_messages_and_pages_keep_their_order_on_one_connection() -> None:
    page = b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n"
    async with http_door(Notes(), Site().app) as door, peer(door) as sender:
        await sender.send(page + FINE + page + FINE)
        got = [(await sender.response())[2] for _ in range(4)]
    assert got == [b"hello", b"ok:hi", b"hello", b"ok:hi"]


async def test_an_old_client_gets_a_stream_without_chunks() -> None:
    async with http_door(Notes(), Site().app) as door, peer(door) as sender:
        await sender.send(b"GET /parts HTTP/1.0\r\n\r\n")
        head, _, body = (await sender.to_end()).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert body.endswith(b"98,99,")


async def test_a_broken_application_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with http_door(Notes(), Site().app) as door, peer(door) as sender:
        await sender.send(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
        status, _, body = await sender.response()
    assert status == 500
    assert b"Traceback" not in body
    assert "张三" not in body.decode()
    assert not [
        record for record in caplog.records if record.name.startswith("billhub") and "张三" in record.getMessage()
    ]


async def test_a_response_broken_off_is_seen_to_be_broken() -> None:
    async with http_door(Notes(), Site().app) as door:

        def run() -> None:
            client = http.client.HTTPConnection(*door.address, timeout=30)
            client.request("GET", "/broken-late")
            client.getresponse().read()

        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            await asyncio.to_thread(run)


async def test_a_stream_ends_when_its_reader_leaves() -> None:
    site = Site()
    async with http_door(Notes(), site.app) as door:
        async with peer(door) as reader:
            await reader.send(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.until(b"data: 1")
        await wait_for(lambda: "stream over" in site.events)


async def test_a_stream_does_not_hold_up_the_close() -> None:
    site = Site()
    async with http_door(Notes(), site.app) as door, peer(door) as reader:
        await reader.send(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.until(b"data: 1")
        await asyncio.wait_for(door.close(60), 30)
    assert site.events == ["up", "stream over", "down"]


async def test_expect_is_answered_when_the_application_reads() -> None:
    async with http_door(Notes(), Site().app) as door, peer(door) as sender:
        await sender.send(b"POST /echo/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert await sender.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await sender.send(b"hi")
        assert b'"size":2' in (await sender.response())[2]


async def test_an_answer_before_the_body_closes() -> None:
    async with http_door(Notes(), Site().app, linger_seconds=0.1) as door, peer(door) as sender:
        await sender.send(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        _, headers, body = await sender.response()
        assert headers["connection"] == "close"
        assert body == b'{"read":"nothing"}'
        assert await sender.to_end() == b""


@pytest.mark.parametrize(("more", "status"), [(b"zz\r\n", 400), (b"3e9\r\n" + b"x" * 1001 + b"\r\n", 413), (b"", 408)])
async def test_a_body_that_turns_bad_while_it_is_read(more: bytes, status: int) -> None:
    door_of = http_door(Notes(), Site().app, max_body=1000, body_seconds=0.2, linger_seconds=0.1)
    async with door_of as door, peer(door) as sender:
        await sender.send(b"POST /echo/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
        await sender.send(more)
        assert (await sender.to_end()).startswith(b"HTTP/1.1 %d" % status)


async def test_a_start_up_that_fails_stops_the_door() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with pytest.raises(Config) as raised:
        async with http_door(Notes(), app):
            pass
    assert raised.value.code == APP_FAILED


async def test_an_application_without_lifespan_is_served() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"plain"})

    async with http_door(Notes(), app) as door, peer(door) as sender:
        await sender.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await sender.response())[2] == b"plain"
