"""Every hostile request is answered as the table says, and the door is at least as strict as uvicorn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from hub.adapter import Answer, Delivery
from hub.doors.faults import NO_SUCH_SOURCE
from hub.doors.handler import now
from hub.doors.http_connection import HttpConnection
from hub.doors.http_limits import HttpLimits
from hub.doors.http_server import HttpServer
from tests.doors.http_hostile import ADDRESSES, CHUNKED, FINE, HEAD, LIMITS, SMUGGLING, TOO_LARGE
from tests.doors.peers import Notes, Wire, http_door, peer

TABLE = SMUGGLING | ADDRESSES


class Known(Notes):
    async def __call__(self, source: str, delivery: Delivery) -> Answer:
        if source != "demo/src":
            raise NO_SUCH_SOURCE(source)
        return await super().__call__(source, delivery)


async def _judge(raw: bytes, status: int, goes_on: bool, limits: dict[str, int], app: Any = None) -> None:
    notes = Known()
    async with http_door(notes, app, **limits) as door, peer(door) as sender:
        await sender.send(raw)
        got, headers, body = await sender.response()
        assert got == status
        assert b"Traceback" not in body
        if goes_on:
            assert "connection" not in headers
            await sender.send(FINE)
            assert (await sender.response())[0] == 200
        else:
            assert headers["connection"] == "close"
            assert await sender.to_end() == b""
        assert len(notes.bodies) == (status == 200) + goes_on


@pytest.mark.parametrize("name", TABLE)
async def test_request(name: str) -> None:
    await _judge(*TABLE[name], {})


@pytest.mark.parametrize("name", TOO_LARGE)
async def test_request_over_a_limit(name: str) -> None:
    await _judge(*TOO_LARGE[name], LIMITS)


@pytest.mark.parametrize("name", TABLE)
async def test_one_byte_at_a_time_is_judged_the_same(name: str) -> None:
    raw, status, _ = TABLE[name]
    wire, connection, _ = _ours(Known())
    for position in range(len(raw)):
        connection.data_received(raw[position : position + 1])
    await _settle()
    assert int(wire.written[0].split()[1]) == status


async def test_what_follows_a_refused_request_is_never_read() -> None:
    notes = Known()
    async with http_door(notes) as door, peer(door) as sender:
        await sender.send(FINE + SMUGGLING["length and chunked"][0] + FINE)
        answers = await sender.to_end()
    assert answers.count(b"HTTP/1.1 ") == 2
    assert answers.index(b" 200 ") < answers.index(b" 400 ")
    assert notes.bodies == [b"hi"]


async def test_what_follows_connection_close_is_never_read() -> None:
    notes = Known()
    async with http_door(notes) as door, peer(door) as sender:
        await sender.send(HEAD + b"Connection: close\r\n\r\n" + FINE)
        assert (await sender.to_end()).count(b"HTTP/1.1 ") == 1
    assert len(notes.bodies) == 1


# What this uvicorn takes and the door refuses.
LAXER = {
    "coding gzip, chunked", "coding on 1.0", "no host", "two hosts", "request line without version", "version 2.0",
    "another protocol", "trace", "host with a space", "host with a path", "host with a user",
    "host on 1.0 with a space",
}  # fmt: skip

# uvicorn as the judge, both fed the same bytes without a socket.


class Oracle(HttpToolsProtocol):
    """uvicorn, noting every message it read to its end."""

    def __init__(self) -> None:
        config = uvicorn.Config(_nothing, interface="asgi3", http="httptools", log_level="critical", access_log=False)
        config.load()
        super().__init__(config, ServerState(), {}, asyncio.get_running_loop())
        self.bodies: list[bytes] = []
        self._body = b""
        self.wire = Wire()
        self.connection_made(self.wire)

    def on_message_begin(self) -> None:
        self._body = b""
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._body += body
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.bodies.append(self._body)
        super().on_message_complete()


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _ours(notes: Notes) -> tuple[Wire, HttpConnection, HttpServer]:
    server = HttpServer(notes, None, HttpLimits(), now)
    wire = Wire()
    connection = HttpConnection(server)
    connection.connection_made(wire)
    return wire, connection, server


async def _settle() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


async def _compare(pieces: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    notes = Notes()
    _, connection, _ = _ours(notes)
    oracle = Oracle()
    for piece in pieces:
        connection.data_received(piece)
        if not oracle.wire.closed:
            oracle.data_received(piece)
        await _settle()
    return notes.bodies, oracle.bodies


async def test_the_judge_takes_what_is_fine() -> None:
    ours, theirs = await _compare([FINE + FINE])
    assert ours == theirs == [b"hi", b"hi"]


@pytest.mark.parametrize("name", SMUGGLING)
async def test_nothing_hostile_is_handed_over_whatever_uvicorn_does(name: str) -> None:
    ours, theirs = await _compare([SMUGGLING[name][0] + FINE])
    assert ours == []
    assert (name in LAXER) == bool(theirs)


_SEEDS = [FINE + FINE, CHUNKED + b"2\r\nhi\r\n3;x=y\r\nyou\r\n0\r\nT: 1\r\n\r\n" + FINE, HEAD + b"A: b\r\n\r\n" + FINE]
_PARTS = [b"\r\n", b"\n", b"\r", b"\x00", b" ", b"\t", b":", b",", b"Content-Length: 3\r\n", b"0", b"1", b"-", b"\x0b"]
_PARTS += [b"Transfer-Encoding: chunked\r\n", b"\r\n\r\n", b"POST ", b"chunked", b"identity", b"\xff", b"HTTP/1.0"]


@st.composite
def _mutated(draw: st.DrawFn) -> list[bytes]:
    raw = draw(st.sampled_from(_SEEDS))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(raw)))
        gone = draw(st.integers(0, 3))
        raw = raw[:at] + draw(st.sampled_from(_PARTS)) + raw[at + gone :]
    cut = draw(st.integers(0, len(raw)))
    return [piece for piece in (raw[:cut], raw[cut:]) if piece]


@settings(max_examples=300, deadline=None)
@given(_mutated())
def test_no_mutation_gets_past_that_uvicorn_stops(pieces: list[bytes]) -> None:
    ours, theirs = asyncio.run(_compare(pieces))
    rest = iter(theirs)
    assert all(body in rest for body in ours)  # the same messages in the same order; some are refused for their address


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 60), max_size=12))
def test_any_pieces_give_the_same_messages(sizes: list[int]) -> None:
    raw = b"".join(_SEEDS)

    async def run() -> list[bytes]:
        notes = Notes()
        _, connection, _ = _ours(notes)
        position = 0
        for size in [*sizes, len(raw)]:
            connection.data_received(raw[position : position + size])
            position += size
            await asyncio.sleep(0)
        await _settle()
        return notes.bodies

    assert asyncio.run(run()) == [b"hi", b"hi", b"hiyou", b"hi", b"", b"hi"]
