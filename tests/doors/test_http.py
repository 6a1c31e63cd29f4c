"""The HTTP door as its senders know it: order, answers, busy, broken, draining."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import socket
import struct
from typing import Any

import httpx
import pytest

from hub.adapter import Answer, Delivery
from hub.doors.faults import NO_SUCH_SOURCE
from hub.errors import Park, Reject, Retry, define
from tests.doors.http_hostile import FINE, HEAD, post
from tests.doors.peers import Notes, http_door, peer, wait_for

BUSY = define("BH-TST-941", Retry, zh="忙", en="busy", do_zh="稍后", do_en="later")
BAD = define("BH-TST-942", Reject, zh="不对", en="bad", do_zh="改", do_en="mend")
PARKED = define("BH-TST-943", Park, zh="挂起", en="parked", do_zh="看", do_en="look")


async def test_a_delivery_holds_exactly_what_was_sent() -> None:
    notes = Notes(lambda _: Answer(b"success", headers=(("x-one", "1"),)))
    async with http_door(notes) as door, httpx.AsyncClient() as client:
        url = "http://{}:{}/in/demo/alipay/notify/now?a=%E4%BD%A0&b=1".format(*door.address)
        answer = await client.post(url, content=b"\x00\xff\r\n", headers={"X-Two": "a"})
    assert (answer.status_code, answer.content, answer.headers["x-one"]) == (200, b"success", "1")
    assert "date" in answer.headers
    source, delivery = notes.deliveries[0]
    assert source == "demo/alipay"
    assert (delivery.body, delivery.method, delivery.door) == (b"\x00\xff\r\n", "POST", "http")
    assert (delivery.path, delivery.query) == ("notify/now", "a=%E4%BD%A0&b=1")
    assert delivery.headers["x-two"] == "a"
    assert delivery.received_at.tzinfo is not None


async def test_the_standard_library_is_a_client_too() -> None:
    async with http_door(Notes()) as door:

        def run() -> list[tuple[int, bytes]]:
            client = http.client.HTTPConnection(*door.address, timeout=30)
            got = []
            for body in (b"one", b"x" * 300_000, iter([b"in ", b"chunks"])):
                client.request("POST", "/in/demo/src", body, encode_chunked=not isinstance(body, bytes))
                answer = client.getresponse()
                got.append((answer.status, answer.read()))
            client.close()
            return got

        assert await asyncio.to_thread(run) == [
            (200, b"ok:one"),
            (200, b"ok:" + b"x" * 300_000),
            (200, b"ok:in chunks"),
        ]


async def test_headers_of_one_name_are_joined() -> None:
    notes = Notes()
    async with http_door(notes) as door, peer(door) as sender:
        await sender.send(HEAD + b"A: 1\r\nA: 2\r\n\r\n")
        await sender.response()
    assert notes.deliveries[0][1].headers["a"] == "1, 2"


async def test_pipelined_requests_are_answered_in_order_one_at_a_time() -> None:
    notes = Notes()
    bodies = [b"%d" % number for number in range(3000)]
    async with http_door(notes, max_pipelined=4) as door, peer(door) as sender:
        sending = asyncio.create_task(sender.send(b"".join(post(body) for body in bodies)))
        got = [(await sender.response())[2] for _ in bodies]
        await sending
    assert got == [b"ok:" + body for body in bodies]


async def test_expect_is_answered_before_the_body_and_only_then() -> None:
    notes = Notes()
    async with http_door(notes) as door, peer(door) as sender:
        await sender.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert await sender.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await sender.send(b"hi")
        assert (await sender.response())[2] == b"ok:hi"
        await sender.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
        assert (await sender.response())[0] == 200


async def test_expect_is_not_answered_once_the_body_has_begun() -> None:
    async with http_door(Notes()) as door, peer(door) as sender:
        await sender.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\nhi")
        await wait_for(lambda: door.connections and next(iter(door.connections))._queue)  # type: ignore[attr-defined]
        await sender.send(b"yo")
        status, _, body = await sender.response()
    assert (status, body) == (200, b"ok:hiyo")


async def test_expect_waits_for_its_turn() -> None:
    notes = Notes()
    notes.gate = asyncio.Event()
    async with http_door(notes) as door, peer(door) as sender:
        await sender.send(FINE + HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        await notes.arrived.wait()
        notes.gate.set()
        assert (await sender.response())[2] == b"ok:hi"
        assert await sender.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await sender.send(b"yo")
        assert (await sender.response())[2] == b"ok:yo"


@pytest.mark.parametrize(
    ("fault", "status"),
    [(NO_SUCH_SOURCE(), 404), (BUSY(retry_after=7), 503), (BAD(), 400), (PARKED(), 500), (KeyError("张三"), 500)],
)
async def test_a_fault_is_a_problem_document(fault: Exception, status: int, caplog: pytest.LogCaptureFixture) -> None:
    notes = Notes()
    notes.faults = [fault]
    with caplog.at_level(logging.DEBUG):
        async with http_door(notes) as door, peer(door) as sender:
            await sender.send(FINE)
            got, headers, body = await sender.response()
            assert got == status
            assert headers.get("retry-after") == ("7" if status == 503 else None)
            assert headers["content-type"] == "application/problem+json"
            problem = json.loads(body)
            assert problem["status"] == status
            assert problem["code"].startswith("BH-")
            assert "张三" not in body.decode() + caplog.text
            await sender.send(FINE)
            assert (await sender.response())[0] == 200


@pytest.mark.parametrize(
    "answer",
    [Answer(b"", headers=(("x", "a\r\nset-cookie: b"),)), Answer(b"", headers=(("a b", "c"),)), Answer(b"", 100)],
)
async def test_an_answer_cannot_break_out_of_its_line(answer: Answer) -> None:
    async with http_door(Notes(lambda _: answer)) as door, peer(door) as sender:
        await sender.send(FINE)
        status, headers, _ = await sender.response()
    assert status == 500
    assert "set-cookie" not in headers


async def test_an_answer_may_close() -> None:
    async with http_door(Notes(lambda _: Answer(b"bye", close=True))) as door, peer(door) as sender:
        await sender.send(FINE)
        assert (await sender.to_end()).endswith(b"bye")


async def test_no_body_with_204() -> None:
    async with http_door(Notes(lambda _: Answer(b"x", 204))) as door, peer(door) as sender:
        await sender.send(FINE + FINE)
        first = await sender.until(b"\r\n\r\n")
        assert b"content-length" not in first
        assert (await sender.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")


class Panic(BaseException):
    """As a Rust library's panic, no `Exception`."""


async def test_a_panic_below_is_answered_and_the_connection_goes_on() -> None:
    notes = Notes()
    notes.faults = [Panic()]
    async with http_door(notes) as door, peer(door) as sender:
        await sender.send(FINE + FINE)
        assert [(await sender.response())[0] for _ in range(2)] == [500, 200]


async def test_a_half_closed_sender_still_gets_its_answers() -> None:
    notes = Notes()
    async with http_door(notes) as door, peer(door) as sender:
        await sender.send(FINE + FINE + HEAD + b"Content-Length: 9\r\n\r\nhalf")
        sender.writer.write_eof()
        assert (await sender.to_end()).count(b"ok:hi") == 2
    assert notes.bodies == [b"hi", b"hi"]


async def test_a_half_closed_sender_gets_the_answers_to_what_was_held_back_too() -> None:
    notes = Notes()
    notes.gate = asyncio.Event()
    body = b"x" * 3000
    async with http_door(notes, max_pipelined=2) as door, peer(door) as sender:
        await sender.send(post(body) * 20)
        sender.writer.write_eof()
        await notes.arrived.wait()
        notes.gate.set()
        assert (await sender.to_end()).count(b"HTTP/1.1 200") == 20
    assert notes.bodies == [body] * 20


async def test_a_message_is_finished_though_its_sender_has_gone() -> None:
    done: list[bytes] = []
    gate = asyncio.Event()
    arrived = asyncio.Event()

    async def handler(source: str, delivery: Delivery) -> Answer:
        arrived.set()
        await gate.wait()
        done.append(delivery.body)
        return Answer(b"")

    async with http_door(handler) as door:
        async with peer(door) as sender:
            await sender.send(FINE)
            await arrived.wait()
            # A reset, not an orderly end.
            raw = sender.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sender.writer.transport.abort()
        await wait_for(lambda: not door.connections)
        closing = asyncio.create_task(door.close(5))
        gate.set()
        await closing
    assert done == [b"hi"]


async def test_close_lets_what_is_in_flight_finish_and_takes_no_more() -> None:
    notes = Notes()
    notes.gate = asyncio.Event()
    async with http_door(notes) as door, peer(door) as idle, peer(door) as busy:
        await idle.send(b"\r\n")
        await busy.send(FINE)
        await notes.arrived.wait()
        closing = asyncio.create_task(door.close(5))
        assert await idle.to_end() == b""
        with pytest.raises(ConnectionError):
            await asyncio.open_connection(*door.address)
        notes.gate.set()
        status, headers, body = await busy.response()
        assert (status, headers["connection"], body) == (200, "close", b"ok:hi")
        await closing
        assert not door.connections


async def test_close_does_not_wait_for_ever() -> None:
    notes = Notes()
    notes.gate = asyncio.Event()
    async with http_door(notes) as door, peer(door) as sender:
        await sender.send(FINE)
        await notes.arrived.wait()
        await asyncio.wait_for(door.close(0.05), 30)
        assert await sender.to_end() == b""


async def test_without_an_application_other_paths_are_not_found() -> None:
    async with http_door(Notes()) as door, peer(door) as sender:
        await sender.send(b"HEAD /console/ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 404 " in await sender.until(b"\r\n\r\n")
        await sender.send(FINE)
        assert (await sender.response())[0] == 200


async def test_uvloop_behaves_the_same() -> None:
    def run() -> Any:
        import uvloop

        async def main() -> tuple[int, bytes]:
            async with http_door(Notes(), max_body=100) as door, peer(door) as sender:
                await sender.send(post(b"x" * 50) * 3 + post(b"x" * 5000))
                got = await sender.to_end()
                return got.count(b" 200 "), got

        return uvloop.run(main())

    count, got = await asyncio.to_thread(run)
    assert count == 3
    assert b" 413 " in got
