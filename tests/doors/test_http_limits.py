"""What an HTTP sender may take of the door: time, memory, connections; and how it learns that it took too much."""

from __future__ import annotations

import asyncio
import http.client
import json

import pytest

from hub.adapter import Answer
from tests.doors.http_hostile import FINE, HEAD, post
from tests.doors.peers import Notes, http_door, peer, wait_for


async def test_reading_stops_while_many_requests_wait() -> None:
    notes = Notes()
    notes.gate = asyncio.Event()
    async with http_door(notes, max_pipelined=2) as door, peer(door) as sender:
        sending = asyncio.create_task(sender.send(post(b"x" * 10_000) * 5000))
        await notes.arrived.wait()
        (connection,) = door.connections
        await wait_for(lambda: not connection._pressure.reading)  # type: ignore[attr-defined]
        assert len(connection._queue) <= 4  # type: ignore[attr-defined]
        assert len(connection._incoming.held) < 2_000_000  # type: ignore[attr-defined]
        assert not sending.done()
        assert len(notes.bodies) == 1
        sending.cancel()
        notes.gate.set()


@pytest.mark.parametrize(
    "half", [b"P", b"POST /in/demo/src HTTP/1.1\r\nHost:", HEAD + b"Content-Length: 5\r\n\r\nhi", HEAD + b"X: y\r\n"]
)
async def test_half_a_request_is_timed_out(half: bytes) -> None:
    async with http_door(Notes(), head_seconds=0.1, body_seconds=0.1, linger_seconds=0.1) as door, peer(door) as sender:
        await sender.send(half)
        assert (await sender.to_end()).startswith(b"HTTP/1.1 408")
        await wait_for(lambda: not door.connections)


async def test_a_trickle_does_not_put_the_time_off() -> None:
    async with http_door(Notes(), head_seconds=0.2, linger_seconds=0.1) as door, peer(door) as sender:
        await sender.send(HEAD)

        async def trickle() -> None:
            while True:
                await sender.send(b"X: y\r\n")
                await asyncio.sleep(0.02)

        task = asyncio.create_task(trickle())
        assert (await sender.to_end()).startswith(b"HTTP/1.1 408")
        task.cancel()


@pytest.mark.parametrize("before", [b"", b"\r\n\r\n", FINE])
async def test_an_idle_connection_is_closed_without_a_word(before: bytes) -> None:
    async with http_door(Notes(), head_seconds=0.1, idle_seconds=0.1) as door, peer(door) as sender:
        await sender.send(before)
        if before == FINE:
            await sender.response()
        assert await sender.to_end() == b""


async def test_a_peer_that_reads_nothing_is_cut() -> None:
    notes = Notes(lambda _: Answer(b"x" * 1_000_000))
    async with http_door(notes, write_seconds=0.1) as door, peer(door) as sender:
        sender.reader._transport.pause_reading()  # type: ignore[attr-defined]
        await sender.send(FINE * 64)
        await wait_for(lambda: notes.bodies and not door.connections)
    assert len(notes.bodies) < 64


async def test_bodies_on_the_way_are_bounded_altogether() -> None:
    """Three senders, of which two fit: the third is told to come again, the first two are served."""
    half = HEAD + b"Content-Length: 400000\r\n\r\n" + b"x" * 300_000
    notes = Notes(lambda _: Answer(b"ok"))
    async with http_door(notes, max_buffered=700_000) as door:
        async with peer(door) as one, peer(door) as two, peer(door) as three:
            for sender, size in ((one, 300_000), (two, 600_000)):
                await sender.send(half)
                await wait_for(lambda size=size: door.budget.held == size)
            await three.send(half)
            status, headers, _ = await three.response()
            assert (status, headers["retry-after"]) == (503, "2")
            for sender in (one, two):
                await sender.send(b"x" * 100_000)
                assert (await sender.response())[0] == 200
            async with peer(door) as again:
                await again.send(half + b"x" * 100_000)
                assert (await again.response())[0] == 200
            async with peer(door) as gone:
                await gone.send(half)
                await wait_for(lambda: door.budget.held == 300_000)
        await wait_for(lambda: not door.connections)
        assert door.budget.held == 0
    assert [len(body) for body in notes.bodies] == [400_000] * 3


async def test_large_bodies_are_not_read_far_ahead_of_their_turn() -> None:
    notes = Notes(lambda _: Answer(b"ok"))
    notes.gate = asyncio.Event()
    async with http_door(notes) as door, peer(door) as sender:
        sending = asyncio.create_task(sender.send(post(b"x" * 1_000_000) * 12))
        await notes.arrived.wait()
        (connection,) = door.connections
        await wait_for(lambda: not connection._pressure.reading)  # type: ignore[attr-defined]
        assert sum(request.size for request in connection._queue) < 3_000_000  # type: ignore[attr-defined]
        notes.gate.set()
        assert [(await sender.response())[0] for _ in range(12)] == [200] * 12
        await sending
    assert door.budget.held == 0


async def test_one_connection_too_many_is_told_so() -> None:
    async with http_door(Notes(), max_connections=2, linger_seconds=0.1) as door:
        async with peer(door) as one, peer(door) as two, peer(door) as three:
            status, headers, _ = await three.response()
            assert status == 503
            assert headers["retry-after"]
            assert await three.to_end() == b""
            for sender in (one, two):
                await sender.send(FINE)
                assert (await sender.response())[0] == 200
        await wait_for(lambda: not door.connections)
        async with peer(door) as again:
            await again.send(FINE)
            assert (await again.response())[0] == 200


async def test_a_large_body_is_sent_to_its_end_and_reads_why_it_was_refused() -> None:
    async with http_door(Notes(), max_body=1_000_000) as door:

        def run() -> tuple[int, bytes]:
            client = http.client.HTTPConnection(*door.address, timeout=30)
            client.request("POST", "/in/demo/src", b"x" * 3_500_000)
            answer = client.getresponse()
            return answer.status, answer.read()

        status, body = await asyncio.to_thread(run)
    assert status == 413
    assert json.loads(body)["code"] == "BH-DOR-016"
